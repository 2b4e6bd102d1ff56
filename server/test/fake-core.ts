// A core for tests of use cases: real store, index, blobs and vault in memory, under an engine that reads its faces out of
// the picture's bytes instead of looking for them.
import { randomUUIDv7 } from 'node:crypto'
import { createMemoryBlobStore } from '../src/blobs/memory.ts'
import { openAuditLog } from '../src/core/audit.ts'
import { type Context, findPack, type Region } from '../src/core/context.ts'
import type { ErasureRecorder } from '../src/core/erasure-log.ts'
import { createLocks } from '../src/core/locks.ts'
import { createMendedIndex } from '../src/core/mended-index.ts'
import { createPackIndexes } from '../src/core/pack-indexes.ts'
import type {
  BlobStore,
  Clock,
  ControlStore,
  EnginePack,
  FaceEngine,
  FaceIndex,
  IdSource,
  Store,
  Vault,
} from '../src/core/ports.ts'
import type { Principal } from '../src/core/types.ts'
import { createUpkeep } from '../src/core/upkeep.ts'
import { AppError } from '../src/errors.ts'
import { createExactIndex } from '../src/index/exact.ts'
import { DEFAULT_LIMITS } from '../src/limits.ts'
import { createTestVault } from '../src/seal/vault.fixture.ts'
import { openControlStore } from '../src/store/control-store.ts'
import { openRegionStore } from '../src/store/region-store.ts'
import type { ControlTables, RegionTables } from '../src/store/schema.ts'
import { openSqlite } from '../src/store/sqlite.ts'

const DIMENSIONS = 128

/** A face of the fake picture: whose it is, and how wide in pixels. */
export interface FakeFace {
  readonly person: string
  readonly width?: number
}

/** A picture of these people, for `createFakeEngine`; the widest face first. */
export const fakePicture = (...faces: readonly FakeFace[]): Uint8Array =>
  new TextEncoder().encode(JSON.stringify(faces))

/** A unit vector that is the same for a person each time; those of two people are almost at right angles. */
export const templateOf = (person: string): Float32Array => {
  let state = 2166136261
  for (const character of person) state = Math.imul(state ^ character.charCodeAt(0), 16777619)
  const values = Float32Array.from({ length: DIMENSIONS }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0
    return state / 2 ** 31
  })
  const length = Math.hypot(...values)
  return values.map(value => value / length)
}

const readFakePicture = (image: Uint8Array): FakeFace[] => {
  try {
    return JSON.parse(new TextDecoder().decode(image))
  } catch (cause) {
    throw new AppError('image_corrupt', 'This is no picture of the fake engine.', { cause })
  }
}

export const FAKE_PACK: EnginePack = {
  id: 'fake',
  version: '1',
  dimensions: DIMENSIONS,
  calibration: {
    comparison: {
      points: [
        [0.5, 0],
        [1, -10],
      ],
      supportedLog10Fmr: -10,
    },
    best: [],
    fused: [],
  },
}

export const createFakeEngine = (): FaceEngine => ({
  assessments: [],
  pack: FAKE_PACK,
  packs: [FAKE_PACK],
  async analyse(image, { onlyLargest }) {
    const people = readFakePicture(image)
    const at = { x: 0, y: 0 }
    const faces = people.map(({ person, width = 100 }) => ({
      box: { ...at, width, height: width },
      confidence: 1,
      landmarks: { leftEye: at, rightEye: at, nose: at, mouthLeft: at, mouthRight: at },
      pose: { yaw: 0, pitch: 0, roll: 0 },
      template: templateOf(person),
    }))
    // As an engine that works for a while.
    await new Promise(resolve => setImmediate(resolve))
    return {
      image: { width: 1000, height: 1000, mediaType: 'image/jpeg' },
      faces: onlyLargest ? faces.slice(0, 1) : faces,
    }
  },
  stats: () => ({ waiting: 0, working: 0, places: 1000, framesWaiting: 0, framePlaces: 500, pictureMs: 1 }),
  close: async () => {},
})

export interface FakeCore {
  readonly context: Context
  readonly region: Region
  readonly principal: Principal
  close(): Promise<void>
}

/** What the core is made of, before it is put together. */
export interface FakePorts {
  readonly control: ControlStore
  readonly store: Store
  readonly index: FaceIndex
  readonly blobs: BlobStore
  readonly erasures: ErasureRecorder
  readonly vault: Vault
  readonly engine: FaceEngine
}

const openPorts = async (): Promise<FakePorts> => {
  const vault = await createTestVault()
  const store = await openRegionStore(openSqlite<RegionTables>(':memory:'), vault)
  return {
    control: await openControlStore(openSqlite<ControlTables>(':memory:')),
    store,
    index: createExactIndex({ dimensions: DIMENSIONS, templates: ids => store.faces.templatesOf(ids) }),
    blobs: createMemoryBlobStore(),
    erasures: { record: async () => {}, close: async () => {} },
    vault,
    engine: createFakeEngine(),
  }
}

/** `adapt` may put others in the place of the ports: some that fail. */
export const openFakeCore = async (
  change: Partial<Context> = {},
  adapt: (ports: FakePorts) => FakePorts = ports => ports,
): Promise<FakeCore> => {
  const { control, store, blobs, erasures, vault, engine, ...raw } = adapt(await openPorts())
  const clock: Clock = { now: () => new Date() }
  const ids: IdSource = { next: () => randomUUIDv7() }
  const onTrouble = () => {}
  const indexOf = (name: string): FaceIndex => {
    const { dimensions = DIMENSIONS } = findPack(engine, name) ?? {}
    if (dimensions === DIMENSIONS) return raw.index
    return createExactIndex({ dimensions, templates: faceIds => store.faces.templatesOf(faceIds) })
  }
  const index = createMendedIndex({ index: createPackIndexes(indexOf), store, onTrouble })
  const upkeep = createUpkeep({ store, blobs, index, erasures, clock, onTrouble, firstWaitMs: 10 })
  const region: Region = { id: 'default', store, index, blobs, erasures, upkeep, enrolments: createLocks() }
  const context: Context = {
    control,
    calls: {} as never,
    audit: await openAuditLog({ control, vault, clock, ids }),
    vault,
    regions: new Map([[region.id, region]]),
    engine,
    clock,
    ids,
    limits: DEFAULT_LIMITS,
    keepPictures: true,
    ...change,
  }
  const principal: Principal = {
    credentialId: 'credential',
    tenantId: 'default',
    regionId: region.id,
    scopes: ['admin'],
    imageUrls: null,
    transactionId: 'transaction',
  }
  return {
    context,
    region,
    principal,
    async close() {
      await upkeep.close()
      await index.close()
      await store.close()
      await control.close()
    },
  }
}

export const countBlobs = async ({ blobs }: Region): Promise<number> => {
  let count = 0
  for await (const _ of blobs.keys()) count += 1
  return count
}
