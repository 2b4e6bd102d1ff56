// Which pictures liveness is trained on and what is known of each: real or printed, which pictures may share a person, how
// many samples are made of it. Reads folders only.
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { createRandom } from '../../bench/random.ts'
import { resolveInstalled } from '../../server/src/vision/packs/sources.ts'

export interface Source {
  readonly path: string
  /** The collection, for tables. */
  readonly set: string
  /** Pictures of one group never lie in two folds. */
  readonly group: string
  readonly isLive: boolean
  /** Samples of each kind: as it is, as another camera may have it, printed, shown on a screen. A part is a probability. */
  readonly make: { readonly plain: number; readonly captured: number; readonly print: number; readonly screen: number }
  /** People beside the largest face are wanted too. */
  readonly hasMore?: boolean
  /** Judged only, never trained on. */
  readonly isOutside?: boolean
}

const PICTURE = /\.(jpe?g|png|webp)$/i
const ONCE = { plain: 1, captured: 0, print: 0, screen: 0 }
/** Of the 2,397 faces of 89x109 pixels; more would only teach what small pictures look like. */
const SMALL_FACES = 600
/** Of the ordinary photographs: 5 % of them are told to half a per cent. */
const ORDINARY = 2000
/** Without a single real face: drawings, masks of carnival, attacks, and what is damaged on purpose. */
const NOT_LIVE = /(cgi-|\/ai-|background|cartoon|no_face|view|rgb_fake|mask\.png|kun_crop_r|corrupt|truncat|empty|jntm)/

/** `data` is the folder that holds liveness/, attributes/ and fixtures/; `live` one of ordinary photographs, judged only. */
export const listSources = async (data: string, live?: string): Promise<Source[]> => {
  const nuaa = await Promise.all(
    ['live', 'print'].map(async kind =>
      (await list(join(data, 'liveness/nuaa-train', kind))).map(
        (path): Source => ({
          path,
          set: 'nuaa',
          group: `nuaa-${nameOf(path).slice(0, 4)}`,
          isLive: kind === 'live',
          make:
            kind === 'live'
              ? { plain: 1, captured: 1, print: 2, screen: 1 }
              : { plain: 1, captured: 1, print: 0, screen: 0 },
        }),
      ),
    ),
  )
  const masks = (await list(join(data, 'attributes/mask'))).map(path => ({
    ...real(path, 'mask', { plain: 0.7, captured: 0.4, print: 0.7, screen: 0.6 }),
    set: path.includes('/with_mask/') ? 'with mask' : 'without mask',
  }))
  const small = thin(await list(join(data, 'attributes/celeba/images')), SMALL_FACES).map(path =>
    real(path, 'celeba', { plain: 1, captured: 0, print: 0.5, screen: 0.5 }),
  )
  const photographs = (await list(join(data, 'fixtures')))
    .filter(path => !/\/(formats|silent-face|bulk)\//.test(path) && !NOT_LIVE.test(path))
    .map(path => real(path, 'photographs', { plain: 1, captured: 4, print: 4, screen: 4 }))
  const outside = [
    ...['image_T1', 'image_F1', 'image_F2'].map(name => ({
      ...real(join(data, `fixtures/silent-face/${name}.jpg`), 'silent-face', ONCE),
      isLive: name === 'image_T1',
      isOutside: true,
    })),
    {
      ...real(join(data, 'fixtures/inspireface/bulk/rgb_fake.jpg'), 'inspireface', ONCE),
      isLive: false,
      isOutside: true,
    },
    ...npmSamples().map(path => ({
      ...real(path, 'npm samples', { plain: 1, captured: 0, print: 3, screen: 3 }),
      isOutside: true,
      hasMore: true,
    })),
    ...thin(live ? await list(live) : [], ORDINARY).map(path => ({
      ...real(path, 'live', ONCE),
      isOutside: true,
    })),
  ]
  return [...nuaa.flat(), ...masks, ...small, ...photographs, ...outside]
}

const real = (path: string, set: string, make: Source['make']): Source => ({
  path,
  set,
  group: `${set}-${personOf(path)}`,
  isLive: true,
  make,
})

/** Names that only count up are of one person, or of people who may be; those that are a number are of one each. */
const personOf = (path: string): string => {
  if (path.includes('/compreface/')) return 'compreface'
  const name = nameOf(path)
  return name.replace(/[-_]?\d+$/, '') || name
}

/** Photographs of groups that every checkout has. */
const npmSamples = (): string[] =>
  Array.from({ length: 6 }, (_, at) => resolveInstalled('@vladmandic/face-api', `demo/sample${at + 1}.jpg`)).filter(
    path => path !== undefined,
  )

const nameOf = (path: string): string => path.split('/').at(-1)!.replace(PICTURE, '')

const list = async (folder: string): Promise<string[]> => {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])
  return entries
    .filter(entry => entry.isFile() && PICTURE.test(entry.name))
    .map(entry => join(entry.parentPath, entry.name))
    .sort()
}

/** `count` of the items, drawn by lot, always the same. */
const thin = (items: readonly string[], count: number): string[] => {
  const random = createRandom(7)
  return items
    .map(item => ({ item, order: random.next() }))
    .sort((one, other) => one.order - other.order)
    .slice(0, count)
    .map(({ item }) => item)
    .sort()
}
