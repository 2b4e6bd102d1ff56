// The vendor's calls on the core, for applications in live and testing mode.
import { compare } from '../../../core/compare.ts'
import type { Context } from '../../../core/context.ts'
import { enrol } from '../../../core/enrol.ts'
import { readFacePicture } from '../../../core/exports.ts'
import { ensureGallery } from '../../../core/galleries.ts'
import { judge } from '../../../core/judge.ts'
import { DEFAULT_POLICY } from '../../../core/policy.ts'
import type { Probe } from '../../../core/probe.ts'
import { search } from '../../../core/search.ts'
import { deleteSubject, requireSubject } from '../../../core/subjects.ts'
import type { Assessment, EnrolmentPolicy } from '../../../core/types.ts'
import { verify } from '../../../core/verify.ts'
import { AppError } from '../../../errors.ts'
import { FailOn } from './errors.ts'
import { failOn } from './fail-on.ts'
import { toResults, toSeen } from './map.ts'
import type { Caller, Operations, PictureCall } from './operations.ts'
import type { Flags } from './wire.ts'

/** The vendor's, whatever the gallery's own is: an update replaces the photo, and a face may be several people's. */
const POLICY: EnrolmentPolicy = { ...DEFAULT_POLICY, existingSubject: 'replace' }

/** What the core is told to judge, and the protocol's own acceptance of it. */
const judging = ({ core, flags, signal }: PictureCall) => ({
  assess: toAssess(core, flags),
  accept(probe: Probe): void {
    const seen = toSeen(probe)
    const number = failOn([seen], flags.validate)
    if (number) throw new FailOn(number, toResults(seen))
  },
  signal,
})

/** What the server does not judge is left out of the answer, but never out of a validation. */
const toAssess = ({ engine }: Context, { quality, attribute, liveness, validate }: Flags): Assessment[] => {
  const isWanted = (name: Assessment, isComputed: boolean, isValidated: boolean): boolean =>
    isValidated || (isComputed && engine.assessments.includes(name))
  return [
    ...(isWanted('quality', quality, validate.quality) ? (['quality'] as const) : []),
    ...(isWanted('attributes', attribute, validate.attribute) ? (['attributes'] as const) : []),
    ...(isWanted('liveness', liveness, validate.liveness) ? (['liveness'] as const) : []),
  ]
}

/** An application's gallery is made with its first call. */
const openGallery = ({ core, principal, galleryId }: Caller): Promise<unknown> =>
  ensureGallery(core, principal, { id: galleryId })

export const LIVE: Operations = {
  async enroll(call, subjectId) {
    await openGallery(call)
    const { core, principal, galleryId, images } = call
    const input = { galleryId, subjectId, image: images.image, policy: POLICY, ...judging(call) }
    const { analysis, detected } = await enrol(core, principal, input)
    return toSeen({ analysis: analysis!, face: detected! })
  },

  async verify(call, wanted) {
    const { core, principal, galleryId, images } = call
    const { match, analysis, face } = await verify(core, principal, {
      galleryId,
      image: images.image,
      ...wanted,
      ...judging(call),
    })
    return { seen: toSeen({ analysis, face }), match }
  },

  async search(call, { limit, threshold, returnImage }) {
    await openGallery(call)
    const { core, principal, galleryId, images } = call
    const { candidates, analysis, face } = await search(core, principal, {
      galleryIds: [galleryId],
      image: images.image,
      limit,
      threshold,
      ...judging(call),
    })
    const matches = candidates.map(async ({ subjectId, faceId }) => ({
      subjectId,
      ...(returnImage && { image: await readPicture(call, faceId) }),
    }))
    return { seen: toSeen({ analysis, face }), matches: await Promise.all(matches) }
  },

  async compare(call, { threshold }) {
    const { core, flags, images, signal } = call
    const { match, probes } = await compare(core, {
      image1: images.image_1,
      image2: images.image_2,
      names: ['image_1', 'image_2'],
      threshold,
      assess: toAssess(core, flags),
      accept([one, other]) {
        const seen = [toSeen(one), toSeen(other)] as const
        const number = failOn(seen, flags.validate)
        if (number) throw new FailOn(number, { image_1: toResults(seen[0]), image_2: toResults(seen[1]) })
      },
      signal,
    })
    return { seen: [toSeen(probes[0]), toSeen(probes[1])], match }
  },

  async liveness(call) {
    // Spoof or not is the answer itself: a server that cannot say so has none.
    const { assess, ...rest } = judging(call)
    const wanted = [...new Set<Assessment>([...assess, 'liveness'])]
    return toSeen(await judge(call.core, { image: call.images.image, assess: wanted, ...rest }))
  },

  async requireSubject(caller, subjectId) {
    await openGallery(caller)
    await requireSubject(caller.core, caller.principal, caller.galleryId, subjectId)
  },

  async remove(caller, subjectId) {
    await openGallery(caller)
    await deleteSubject(caller.core, caller.principal, caller.galleryId, subjectId)
  },
}

/** Null where it was not kept, or is being erased. */
const readPicture = async ({ core, principal, galleryId }: Caller, faceId: string): Promise<Uint8Array | null> => {
  try {
    return (await readFacePicture(core, principal, galleryId, faceId)).bytes
  } catch (error) {
    if (error instanceof AppError && error.kind === 'not-found') return null
    throw error
  }
}
