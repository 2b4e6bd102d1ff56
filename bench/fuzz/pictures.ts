// Good pictures of every format, small enough that many can be tried, and mutations of them.
import sharp from 'sharp'
import { cutPerson } from '../../server/src/vision/pictures.fixture.ts'
import type { Random } from '../random.ts'
import { mutateBytes, splice } from './bytes.ts'
import { FIELD_MUTATIONS, type Format } from './picture-fields.ts'

export interface SeedPicture {
  readonly format: Format
  readonly bytes: Buffer
}

const SIDE = 160

export const makeSeedPictures = async (): Promise<readonly SeedPicture[]> => {
  const person = () => cutPerson('ada').resize(SIDE)
  const frames = await Promise.all((['ada', 'bea'] as const).map(name => cutPerson(name).resize(SIDE).png().toBuffer()))
  const animated = () => sharp(frames, { join: { animated: true } })
  const make: readonly (readonly [Format, Promise<Buffer>])[] = [
    ['jpeg', person().jpeg().toBuffer()],
    ['jpeg', person().jpeg({ progressive: true, chromaSubsampling: '4:4:4' }).toBuffer()],
    ['jpeg', person().jpeg().withMetadata({ orientation: 6 }).toBuffer()],
    ['jpeg', person().toColourspace('cmyk').jpeg().toBuffer()],
    ['jpeg', person().withIccProfile('p3').jpeg().toBuffer()],
    ['png', person().png().toBuffer()],
    ['png', person().png({ progressive: true }).toBuffer()],
    ['png', person().png({ palette: true, colours: 32 }).toBuffer()],
    ['png', person().toColourspace('rgb16').ensureAlpha(0.8).withIccProfile('p3').png().toBuffer()],
    ['webp', person().webp().toBuffer()],
    ['webp', person().ensureAlpha(0.8).webp({ lossless: true }).toBuffer()],
    ['webp', animated().webp().toBuffer()],
    ['gif', person().gif().toBuffer()],
    ['gif', animated().gif().toBuffer()],
    ['avif', person().avif({ effort: 0 }).toBuffer()],
    ['avif', person().ensureAlpha(0.8).avif({ effort: 0, bitdepth: 10 }).toBuffer()],
  ]
  return Promise.all(make.map(async ([format, bytes]) => ({ format, bytes: await bytes })))
}

export const mutatePicture = (seeds: readonly SeedPicture[], random: Random): Buffer => {
  const { format, bytes } = random.pick(seeds)
  const choice = random.next()
  if (choice < 0.45) return FIELD_MUTATIONS[format](bytes, random)
  if (choice < 0.55) return splice(bytes, random.pick(seeds).bytes, random)
  const mutated = mutateBytes(bytes, random)
  return random.isLikely(0.2) ? FIELD_MUTATIONS[format](mutated, random) : mutated
}
