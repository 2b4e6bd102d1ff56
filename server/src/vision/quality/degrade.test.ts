// Sharp pictures are made worse step by step: the component that is meant falls with each step, the others stay nearly
// still. What moves along with a degradation, and how far anything else may move, is written down here.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import sharp from 'sharp'
import { QUALITY_COMPONENTS, type QualityComponentName } from '../../core/face-quality.ts'
import { cutPerson, PEOPLE_NAMES, type Person } from '../pictures.fixture.ts'
import { openPipeline } from '../pipeline.fixture.ts'

interface Degradation {
  readonly name: string
  /** From none to the strongest. */
  readonly steps: readonly number[]
  readonly apply: (picture: Buffer, step: number) => Promise<Buffer>
  /** Falls with each step, by at least `fall` points in all. */
  readonly component: QualityComponentName
  readonly fall: number
  /** Too much of it is as bad as too little: a picture on the other side of the best comes nearer to it first. */
  readonly isTwoSided?: boolean
  /** What the degradation changes too, by its nature. */
  readonly along: readonly QualityComponentName[]
}

const toPng = (picture: Buffer): Promise<Buffer> => sharp(picture).png().toBuffer()

/** value → value^gamma on the encoded channels, above 1 darker. */
const applyGamma = async (picture: Buffer, gamma: number): Promise<Buffer> => {
  const { data, info } = await sharp(picture).removeAlpha().raw().toBuffer({ resolveWithObject: true })
  const changed = data.map(value => Math.round(255 * (value / 255) ** gamma))
  return sharp(changed, { raw: info }).png().toBuffer()
}

const DEGRADATIONS: readonly Degradation[] = [
  {
    name: 'Gaussian blur',
    steps: [0, 0.7, 1.2, 1.8, 2.6, 4],
    apply: (picture, sigma) => (sigma > 0 ? sharp(picture).blur(sigma).png().toBuffer() : toPng(picture)),
    component: 'sharpness',
    fall: 60,
    along: ['compression', 'backgroundUniformity'],
  },
  {
    name: 'gamma, darker',
    steps: [1, 1.4, 1.9, 2.6, 3.5],
    apply: applyGamma,
    component: 'luminance',
    fall: 20,
    isTwoSided: true,
    // Channel by channel, gamma makes colours stronger; shadows of the eyes grow.
    along: [
      'naturalColour',
      'faceOcclusion',
      'backgroundUniformity',
      'underExposure',
      'dynamicRange',
      'illuminationUniformity',
    ],
  },
  {
    name: 'gamma, brighter',
    steps: [1, 0.75, 0.55, 0.4, 0.28, 0.2],
    apply: applyGamma,
    component: 'luminance',
    fall: 15,
    isTwoSided: true,
    along: ['naturalColour', 'dynamicRange', 'backgroundUniformity', 'overExposure', 'illuminationUniformity'],
  },
  {
    name: 'desaturation',
    steps: [1, 0.7, 0.4, 0.2, 0],
    apply: (picture, saturation) =>
      sharp(picture)
        .modulate({ saturation: Math.max(saturation, 1e-4) })
        .png()
        .toBuffer(),
    component: 'naturalColour',
    fall: 40,
    isTwoSided: true,
    along: [],
  },
  {
    name: 'JPEG quality',
    steps: [95, 80, 60, 40, 25, 15],
    apply: (picture, quality) => sharp(picture).jpeg({ quality }).toBuffer(),
    component: 'compression',
    fall: 60,
    along: [],
  },
  {
    name: 'downscaling',
    steps: [1, 0.8, 0.6, 0.45, 0.35],
    apply: async (picture, scale) => {
      const { width } = await sharp(picture).metadata()
      return sharp(picture)
        .resize(Math.round(width * scale))
        .png()
        .toBuffer()
    },
    component: 'interEyeDistance',
    fall: 20,
    along: ['sharpness'],
  },
]

/** How many points a component may move that is not meant. */
const STILL: Readonly<Partial<Record<QualityComponentName, number>>> = {
  // Shares of levels in two pieces of some 150 pixels.
  illuminationUniformity: 25,
  // The whites of the eyes and the lids come near to each other where detail is lost.
  eyesOpen: 20,
  expressionNeutral: 20,
  // Gamma bends edges, strong compression makes some of its own.
  sharpness: 25,
  // Colour is the first that compression gives up.
  naturalColour: 30,
  compression: 20,
}
const STILL_OTHERWISE = 12
/** Points by which a score near its end may rise for no reason. */
const SLACK = 0.5

const look = await openPipeline()

const scoresOf = async (picture: Buffer): Promise<Record<QualityComponentName, number>> => {
  const { faces } = await look(picture, { templates: 'largest', assess: ['quality'] })
  const { components } = faces[0].quality!
  return Object.fromEntries(QUALITY_COMPONENTS.map(name => [name, components[name].score ?? Number.NaN])) as Record<
    QualityComponentName,
    number
  >
}

/** At 0.7 of their size: the photographs' own blocks of JPEG are gone then. */
const cleanPictureOf = async (person: Person): Promise<Buffer> => {
  const picture = await cutPerson(person).png().toBuffer()
  const { width } = await sharp(picture).metadata()
  return sharp(picture)
    .resize(Math.round(0.7 * width))
    .png()
    .toBuffer()
}

for (const { name, steps, apply, component, fall, isTwoSided, along } of DEGRADATIONS)
  describe(name, () => {
    for (const person of PEOPLE_NAMES)
      test(`${person}: ${component} falls, the rest stays`, async () => {
        const picture = await cleanPictureOf(person)
        const series = []
        for (const step of steps) series.push(await scoresOf(await apply(picture, step)))
        const meant = series.map(scores => scores[component])
        const best = isTwoSided ? meant.indexOf(Math.max(...meant)) : 0
        for (let i = best + 1; i < meant.length; i++)
          assert.ok(meant[i] <= meant[i - 1] + SLACK, `${component} rises: ${meant.map(Math.round)}`)
        assert.ok(meant[best] - meant.at(-1)! >= fall, `${component} falls too little: ${meant.map(Math.round)}`)
        for (const other of QUALITY_COMPONENTS) {
          if (other === component || along.includes(other)) continue
          const scores = series.map(each => each[other]).filter(score => !Number.isNaN(score))
          const moved = Math.max(...scores) - Math.min(...scores)
          assert.ok(moved <= (STILL[other] ?? STILL_OTHERWISE), `${other} moves: ${scores.map(Math.round)}`)
        }
      })
  })
