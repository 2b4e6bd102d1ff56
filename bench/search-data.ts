// Made-up face templates for the search benchmark, the same in every run, and a SQLite file that holds them, sealed, as a
// store would. Measures nothing.
import Database from 'better-sqlite3'
import type { FaceTemplate, TemplateDistribution, TemplateSource, Vault } from '../server/src/core/ports.ts'
import { bytesToTemplate } from '../server/src/store/codec.ts'
import { findDistribution } from './template-distribution.ts'

/** Where a network puts faces: shares of the squared length that are everybody's, a person's and a picture's. */
interface NetworkSpace {
  /** A power of two. */
  readonly dimensions: number
  readonly meanShare: number
  readonly identityShare: number
  readonly captureShare: number
  /** Variances fall off as exp(-axis / decayAxes), which amounts to 2 · decayAxes effective dimensions. */
  readonly decayAxes: number
}

/**
 * The shape of dlib's space, measured on 536 people of LFW: two strangers have a cosine of 0.88 on average, with a standard
 * deviation of 0.03. Hence a common mean of squared length 0.88, and the rest in few effective dimensions ((0.12 / 0.03)² = 16).
 */
const DLIB: NetworkSpace = {
  dimensions: 128,
  meanShare: 0.88,
  identityShare: 0.09,
  captureShare: 0.03,
  decayAxes: 8,
}
/** The same of retail-0095, on all of LFW's 7,701: strangers 0.005 with a deviation of 0.096, one person 0.69 on average. */
const RETAIL: NetworkSpace = {
  dimensions: 256,
  meanShare: 0.005,
  identityShare: 0.685,
  captureShare: 0.31,
  decayAxes: 54,
}
const FACES_PER_IDENTITY = 4
/** Whose key seals the templates. */
export const TENANT = 'default'
/** About as many as a pack is calibrated on. */
const SAMPLE_FACES = 8000

export interface FaceMaker {
  /** A person nobody has seen. */
  makeIdentity(): Float32Array
  /** A picture of the person: a unit vector. */
  makeTemplate(identity: Float32Array): Float32Array
}

/** A recognition pack's space: how long its templates are, and where they lie. */
export interface FaceSpace {
  readonly dimensions: number
  createMaker(seed: number): FaceMaker
}

/** Weights as in server/packs/open-retail/pack.json. */
const SPACES: Readonly<Record<string, FaceSpace>> = {
  open: spaceOf(DLIB),
  'retail-0095': spaceOf(RETAIL),
  'open+retail': joinSpaces([spaceOf(DLIB), Math.sqrt(0.6)], [spaceOf(RETAIL), Math.sqrt(0.4)]),
}

/** Throws an Error for a pack whose space is not known. */
export function findSpace(pack: string): FaceSpace {
  const space = SPACES[pack]
  if (space) return space
  throw new Error(`The templates of "${pack}" cannot be imitated; those of ${Object.keys(SPACES).join(', ')} can.`)
}

function spaceOf(network: NetworkSpace): FaceSpace {
  return { dimensions: network.dimensions, createMaker: seed => createFaceMaker(seed, network) }
}

function joinSpaces(...parts: readonly (readonly [FaceSpace, number])[]): FaceSpace {
  const dimensions = parts.reduce((sum, [space]) => sum + space.dimensions, 0)
  const join = (made: readonly Float32Array[]): Float32Array => Float32Array.from(made.flatMap(each => [...each]))
  return {
    dimensions,
    createMaker(seed) {
      const makers = parts.map(([space]) => space.createMaker(seed))
      return {
        makeIdentity: () => join(makers.map(maker => maker.makeIdentity())),
        makeTemplate(identity) {
          let at = 0
          return join(
            parts.map(([space, weight], part) => {
              const own = identity.subarray(at, at + space.dimensions)
              at += space.dimensions
              return makers[part]!.makeTemplate(own).map(value => value * weight)
            }),
          )
        },
      }
    },
  }
}

export function createFaceMaker(seed: number, network = DLIB): FaceMaker {
  const { dimensions, meanShare, identityShare, captureShare, decayAxes } = network
  const random = createGaussian(seed)
  // The same for every seed: all makers draw from one space.
  const fixed = createGaussian(1)
  const mean = scaleTo(Float32Array.from({ length: dimensions }, fixed), Math.sqrt(meanShare))
  const signs = Float32Array.from({ length: dimensions }, () => Math.sign(fixed()) || 1)
  const weights = Float32Array.from({ length: dimensions }, (_, axis) => Math.exp(-axis / decayAxes / 2))
  const total = weights.reduce((sum, weight) => sum + weight * weight, 0)
  const draw = (share: number): Float32Array => {
    const factor = Math.sqrt(share / total)
    return weights.map(weight => weight * factor * random())
  }

  return {
    makeIdentity: () => draw(identityShare),
    makeTemplate(identity) {
      const vector = draw(captureShare)
      for (let i = 0; i < dimensions; i += 1) vector[i] = (vector[i]! + identity[i]!) * signs[i]!
      rotate(vector)
      for (let i = 0; i < dimensions; i += 1) vector[i]! += mean[i]!
      return scaleTo(vector, 1)
    },
  }
}

/** What a pack would say of these faces, from people who are in no gallery. */
export function measureDistribution({ dimensions, createMaker }: FaceSpace): TemplateDistribution {
  const maker = createMaker(5)
  const rows = new Float32Array(SAMPLE_FACES * dimensions)
  for (let face = 0; face < SAMPLE_FACES; face += 1) {
    rows.set(maker.makeTemplate(maker.makeIdentity()), face * dimensions)
  }
  const { centre, largest } = findDistribution(rows, dimensions)
  return { centre: Float32Array.from(centre), largest }
}

/** Walsh-Hadamard transform, a rotation: the few strong axes are spread over all components, as a network spreads them. */
function rotate(vector: Float32Array): void {
  for (let half = 1; half < vector.length; half *= 2) {
    for (let i = 0; i < vector.length; i += 1) {
      if (i & half) continue
      const a = vector[i]!
      const b = vector[i + half]!
      vector[i] = (a + b) * Math.SQRT1_2
      vector[i + half] = (a - b) * Math.SQRT1_2
    }
  }
}

function scaleTo(vector: Float32Array, length: number): Float32Array {
  const factor = length / Math.hypot(...vector)
  return vector.map(value => value * factor)
}

/** Normal numbers by the Box-Muller transform over a 32-bit xorshift generator. */
function createGaussian(seed: number): () => number {
  let state = Math.imul(seed, 0x9e3779b1) | 1
  const uniform = (): number => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return ((state >>> 0) + 0.5) / 2 ** 32
  }
  return () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform())
}

export interface FaceTable {
  /** Row by row as they were enrolled. */
  readonly templates: TemplateSource
  stream(batchSize: number): Iterable<FaceTemplate[]>
  close(): void
}

/**
 * Makes `faces` templates of people with four pictures each, hands each to `onFace`, and writes them to a SQLite file, sealed
 * for the tenant TENANT, whose key the vault must have.
 */
export function writeFaces(
  { createMaker }: FaceSpace,
  file: string,
  faces: number,
  vault: Vault,
  onFace: (template: Float32Array, face: number) => void,
): FaceTable {
  const database = new Database(file)
  database.pragma('journal_mode = WAL')
  database.pragma('synchronous = OFF')
  database.exec('create table faces (id blob primary key, template blob not null) strict')
  const insert = database.prepare('insert into faces values (?, ?)')
  const maker = createMaker(2)
  database.transaction(() => {
    let identity = maker.makeIdentity()
    for (let face = 0; face < faces; face += 1) {
      if (face % FACES_PER_IDENTITY === 0) identity = maker.makeIdentity()
      const template = maker.makeTemplate(identity)
      onFace(template, face)
      const faceId = faceIdOf(face)
      const sealed = vault.seal(TENANT, Buffer.from(template.buffer), contextOf(faceId))
      insert.run(Buffer.from(faceId.replaceAll('-', ''), 'hex'), sealed)
    }
  })()
  database.pragma('wal_checkpoint(TRUNCATE)')
  const find = database.prepare('select template from faces where id = ?').pluck()
  const next = database.prepare('select id, template from faces where id > ? order by id limit ?').raw()
  const open = (faceId: string, sealed: Buffer): FaceTemplate => ({
    faceId,
    template: bytesToTemplate(vault.open(sealed, contextOf(faceId))),
  })

  return {
    templates: async faceIds =>
      faceIds.flatMap(faceId => {
        const bytes = find.get(Buffer.from(faceId.replaceAll('-', ''), 'hex')) as Buffer | undefined
        return bytes ? [open(faceId, bytes)] : []
      }),
    // Batch after batch by id, as the store does it.
    *stream(batchSize) {
      let after: Buffer = Buffer.alloc(0)
      while (true) {
        const rows = next.all(after, batchSize) as [Buffer, Buffer][]
        if (rows.length === 0) return
        yield rows.map(([id, bytes]) => open(toUuid(id), bytes))
        after = rows.at(-1)![0]
      }
    },
    close: () => {
      database.close()
    },
  }
}

const contextOf = (faceId: string): string => `face:${faceId}`

/** A UUIDv7 of the face's number: a millisecond per face, then bits that look random. */
export function faceIdOf(face: number): string {
  const time = (0x0190a1b20000 + face).toString(16).padStart(12, '0')
  const tail = (Math.imul(face + 1, 0x9e3779b1) >>> 0).toString(16).padStart(8, '0')
  return `${time.slice(0, 8)}-${time.slice(8)}-7${tail.slice(0, 3)}-8${tail.slice(3, 6)}-${tail}${tail.slice(0, 4)}`
}

function toUuid(id: Buffer): string {
  const text = id.toString('hex')
  return `${text.slice(0, 8)}-${text.slice(8, 12)}-${text.slice(12, 16)}-${text.slice(16, 20)}-${text.slice(20)}`
}
