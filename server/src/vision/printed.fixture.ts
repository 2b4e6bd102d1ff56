// Printed photographs of the people in the npm packages' pictures, held before a camera: what a server that judges liveness
// has to refuse. For tests; drawn, and the same each time.
import sharp from 'sharp'
import { cutPerson, PEOPLE_NAMES, type Person } from './pictures.fixture.ts'
import { drawAttack } from './presentation-attack.fixture.ts'
import type { Raster } from './tensor.ts'

/** Where the face lies in a person's cut, shares of its side: nearly the same for all. */
const FACE = { x: 0.28, y: 0.2, width: 0.44, height: 0.55 }
const [WIDTH, HEIGHT] = [640, 640]

/** A JPEG of a sheet of paper with the person on it. */
export const printOf = async (person: Person): Promise<Buffer> => {
  const picture = await readRaster(person)
  const background = await readRaster(PEOPLE_NAMES[(PEOPLE_NAMES.indexOf(person) + 1) % PEOPLE_NAMES.length])
  const corner = { ...background, height: Math.floor(background.height / 6) }
  const face = {
    x: FACE.x * picture.width,
    y: FACE.y * picture.height,
    width: FACE.width * picture.width,
    height: FACE.height * picture.height,
  }
  const { data } = drawAttack(
    { picture, face, background: corner, species: 'print', width: WIDTH, height: HEIGHT, faceWidth: 180 },
    numbers(SEEDS[person]),
  )
  return sharp(data, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } })
    .jpeg({ quality: 90 })
    .toBuffer()
}

/** Of drawings that are clearly prints, to both packs; what is drawn is by lot. */
const SEEDS: Readonly<Record<Person, number>> = {
  ada: 6,
  bea: 7,
  cleo: 11,
  dora: 15,
  eve: 17,
  fay: 19,
  gia: 30,
  ida: 14,
}

/** A fixed sequence from 0 up to 1. */
const numbers = (seed: number) => {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

const readRaster = async (person: Person): Promise<Raster> => {
  const { data, info } = await cutPerson(person).removeAlpha().raw().toBuffer({ resolveWithObject: true })
  return { width: info.width, height: info.height, data }
}
