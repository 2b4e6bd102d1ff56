// Every port fails at every call of every use case: the answer is a clear 5xx, what is stored is all of it or nothing, and
// the same call succeeds afterwards.
import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { type FakeApp, openFakeApp } from './fake-app.ts'
import { type FakePorts, fakePicture } from './fake-core.ts'
import { createFaults, FAULT_KINDS, type FaultKind } from './faults.ts'
import { assertSound, type Snapshot, takeSnapshot } from './soundness.ts'
import type { Answer } from './support.ts'
import { assertProblem, base64 } from './support.ts'

const PORTS = ['store', 'blobs', 'index', 'engine', 'control', 'vault', 'erasures'] as const
type PortName = (typeof PORTS)[number]

/** A fresh gallery with ann (two faces) and bob (one). */
interface Scene {
  readonly id: string
  readonly path: string
  readonly annsFace: string
}

interface UseCase {
  readonly name: string
  readonly policy?: object
  readonly call: (app: FakeApp, scene: Scene) => Promise<Answer<unknown>>
  /** The answer is on its way before all of it is read: a failure then breaks it off. */
  readonly isStreamed?: boolean
  /** Ports that it has nothing to do with. */
  readonly without?: readonly PortName[]
}

const image = (person: string): string => base64(fakePicture({ person }))
let keys = 0

const USE_CASES: readonly UseCase[] = [
  {
    name: 'enrol a new subject',
    call: (app, { path }) =>
      app.call('POST', `${path}/faces`, { image: image('carl'), subjectId: 'carl', metadata: { floor: 3 } }),
  },
  {
    name: 'enrol one face more, with a check for duplicates',
    policy: { duplicates: 'warn' },
    call: (app, { path }) => app.call('POST', `${path}/faces`, { image: image('ann'), subjectId: 'ann' }),
  },
  {
    name: 'enrol in place of the faces before',
    policy: { existingSubject: 'replace' },
    call: (app, { path }) => app.call('POST', `${path}/faces`, { image: image('anna'), subjectId: 'ann' }),
  },
  {
    name: 'enrol in place of the oldest face',
    policy: { maxFacesPerSubject: 2, whenFull: 'replace_oldest' },
    call: (app, { path }) => app.call('POST', `${path}/faces`, { image: image('annabella'), subjectId: 'ann' }),
  },
  {
    name: 'enrol with an idempotency key',
    call: (app, { path }) =>
      app.call(
        'POST',
        `${path}/faces`,
        { image: image('carl'), subjectId: 'carl' },
        { 'idempotency-key': `${++keys}` },
      ),
  },
  {
    name: 'delete a face',
    call: (app, { path, annsFace }) => app.call('DELETE', `${path}/faces/${annsFace}`),
    without: ['engine'],
  },
  {
    name: 'delete a subject',
    call: (app, { path }) => app.call('DELETE', `${path}/subjects/ann`),
    without: ['engine'],
  },
  {
    name: 'delete a subject with a receipt',
    call: (app, { path }) => app.call('DELETE', `${path}/subjects/ann?receipt=true`),
    without: ['engine'],
  },
  { name: 'delete a gallery', call: (app, { path }) => app.call('DELETE', path), without: ['engine'] },
  {
    name: 'change metadata',
    call: (app, { path }) => app.call('PATCH', `${path}/subjects/ann`, { metadata: { floor: 4 } }),
    without: ['engine', 'blobs', 'index'],
  },
  {
    name: 'change a gallery',
    call: (app, { path }) => app.call('PATCH', path, { name: 'another' }),
    without: ['engine', 'blobs', 'index'],
  },
  { name: 'search', call: (app, { path }) => app.call('POST', `${path}/search`, { image: image('ann') }) },
  {
    name: 'verify',
    call: (app, { path }) => app.call('POST', `${path}/subjects/ann/verify`, { image: image('ann') }),
  },
  {
    name: 'export a subject',
    call: (app, { path }) => app.call('GET', `${path}/subjects/ann/export?pictures=true`),
    isStreamed: true,
    without: ['engine', 'index'],
  },
  {
    name: 'read a picture',
    call: (app, { path, annsFace }) => app.call('GET', `${path}/faces/${annsFace}/picture`),
    without: ['engine', 'index'],
  },
]

const open = new Set<FakeApp>()
after(async () => {
  for (const app of open) await app.close()
})

/** An application of which this port can be made to fail. */
const openWith = async (port: PortName) => {
  const faults = createFaults()
  const adapt = (ports: FakePorts): FakePorts => ({ ...ports, [port]: faults.wrap(ports[port]) })
  const app = await openFakeApp({ adapt, limits: { callLogDelayMs: 60_000 } })
  open.add(app)
  return { app, faults }
}

let scenes = 0
const setScene = async (app: FakeApp, policy: object = {}): Promise<Scene> => {
  const id = `g${++scenes}`
  const path = `/v1/galleries/${id}`
  assert.equal((await app.call('POST', '/v1/galleries', { id, policy: {} })).status, 201)
  let annsFace = ''
  for (const [subjectId, person] of [
    ['ann', 'ann'],
    ['ann', 'ann-marie'],
    ['bob', 'bob'],
  ] as const) {
    const { status, body } = await app.call<{ face: { id: string } }>('POST', `${path}/faces`, {
      image: image(person),
      subjectId,
    })
    assert.equal(status, 201)
    annsFace ||= body.face.id
  }
  assert.equal((await app.call('PATCH', path, { policy })).status, 200)
  return { id, path, annsFace }
}

const snapshotOf = ({ core }: FakeApp, { id }: Scene): Promise<Snapshot | null> =>
  takeSnapshot(core.region, core.principal.tenantId, id)

/** What the use case makes of a scene when nothing fails. */
const learn = async (
  app: FakeApp,
  { policy, call }: UseCase,
): Promise<{ before: Snapshot; after: Snapshot | null }> => {
  const scene = await setScene(app, policy)
  const before = await snapshotOf(app, scene)
  const { status, body } = await call(app, scene)
  assert.ok(status >= 200 && status < 300, JSON.stringify(body))
  return { before: before!, after: await snapshotOf(app, scene) }
}

const isOk = ({ status }: Answer<unknown>): boolean => status >= 200 && status < 300

const BROKEN_OFF: Answer<unknown> = { status: 0, headers: new Headers(), body: null }

const assertClear = (answer: Answer<unknown>, kind: FaultKind): void => {
  if (answer === BROKEN_OFF) return
  const { code } = answer.body as { code?: string }
  if (code === 'erasure_unfinished') assertProblem(answer, 500, 'erasure_unfinished')
  else if (kind === 'full') assertProblem(answer, 507, 'storage_full')
  else assertProblem(answer, 500, 'internal')
}

/** One call with one fault; returns the name of the call that failed, null when the use case has no such call any more. */
const tryOnce = async (
  { app, faults }: Awaited<ReturnType<typeof openWith>>,
  useCase: UseCase,
  states: Awaited<ReturnType<typeof learn>>,
  at: number,
  kind: FaultKind,
): Promise<string | null> => {
  const scene = await setScene(app, useCase.policy)
  faults.arm(at, kind)
  const answer = await useCase.call(app, scene).catch(error => {
    if (!useCase.isStreamed) throw error
    return BROKEN_OFF
  })
  const failed = faults.disarm()
  const found = await snapshotOf(app, scene)
  if (isOk(answer)) {
    assert.deepEqual(found, states.after)
    return failed
  }
  assertClear(answer, kind)
  const isDone = JSON.stringify(found) === JSON.stringify(states.after)
  if (!isDone) assert.deepEqual(found, states.before, 'all of it is stored, or nothing')
  await assertSound(app.core.region)
  const again = await useCase.call(app, scene)
  if (!isDone || JSON.stringify(states.before) === JSON.stringify(states.after)) {
    assert.ok(isOk(again), `the same call succeeds: ${JSON.stringify(again.body)}`)
    assert.deepEqual(await snapshotOf(app, scene), states.after)
  }
  return failed
}

for (const port of PORTS) {
  describe(`while the port "${port}" fails`, async () => {
    const world = await openWith(port)
    for (const useCase of USE_CASES.filter(({ without = [] }) => !without.includes(port)))
      test(useCase.name, async () => {
        const states = await learn(world.app, useCase)
        for (const kind of FAULT_KINDS) {
          let at = 1
          while (true) {
            const where = `${kind}, call ${at}`
            const failed = await tryOnce(world, useCase, states, at, kind).catch(error => {
              error.message = `${where}: ${error.message}`
              throw error
            })
            if (failed === null) break
            at += 1
          }
        }
        await assertSound(world.app.core.region)
      })
    test('slow, everything takes longer and nothing else', async () => {
      for (const useCase of USE_CASES) {
        const scene = await setScene(world.app, useCase.policy)
        const states = await learn(world.app, useCase)
        world.faults.slowDown(5)
        const answer = await useCase.call(world.app, scene)
        world.faults.disarm()
        assert.ok(isOk(answer), JSON.stringify(answer.body))
        assert.deepEqual(await snapshotOf(world.app, scene), states.after)
      }
      await assertSound(world.app.core.region)
    })
  })
}
