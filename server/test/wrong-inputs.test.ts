// Every parameter and every field of every operation, wrong in every way that the OpenAPI document rules out: refused with a
// problem document that names it, and nothing is stored.
import assert from 'node:assert/strict'
import { after, afterEach, describe, test } from 'node:test'
import type { EnrolAnswer, Problem } from './answers.ts'
import { openFakeApp } from './fake-app.ts'
import { countBlobs, fakePicture } from './fake-core.ts'
import { type Answer, assertProblem, base64, createGallery, enrol } from './support.ts'
import { type OpenApi, type WrongInput, wrongInputs } from './wrong-inputs.ts'

const app = await openFakeApp({ change: { calls: { flush: async () => {} } as never } })
after(() => app.close())
await createGallery(app, 'people')
const { face } = await enrol(app, 'people', fakePicture({ person: 'ada' }), { subjectId: 'ada' })

const image = JSON.stringify(base64(fakePicture({ person: 'ada' })))
const samples = {
  gallery: '"people"',
  subject: '"ada"',
  face: JSON.stringify(face.id),
  transaction: JSON.stringify(face.id),
  galleries: '["people"]',
  metadata: '{"a":1}',
  protocol: '"advance"',
  purpose: '"liveness"',
  url: '"https://shop.example/notices"',
  image,
  image1: image,
  image2: image,
}
const { body: document } = await app.call<OpenApi>('GET', '/openapi.json')
const operations = wrongInputs(document, samples)

const countAll = async (): Promise<unknown> => {
  const [galleries, faces, subjects] = await Promise.all(
    ['', '/people/faces', '/people/subjects'].map(path =>
      app.call<{ items: EnrolAnswer[] }>('GET', `/v1/galleries${path}?limit=1000`),
    ),
  )
  return [galleries?.body, faces?.body, subjects?.body, await countBlobs(app.core.region)]
}

/** The outcome of a batch's only line is a problem like that of a single call. */
const problemOf = (answer: Answer<unknown>): Problem => {
  if (answer.status !== 200) return assertProblem(answer, answer.status, (answer.body as Problem).code as never)
  const [line, last] = String(answer.body).trim().split('\n')
  assert.equal(JSON.parse(last ?? '{}').summary?.enrolled, 0, String(answer.body))
  return JSON.parse(line ?? '').problem
}

const assertRefused = async ({ what, method, path, headers, body, field }: WrongInput): Promise<void> => {
  const answer = await app.call(method, path, body, { ...headers })
  const isBatch = path.endsWith(':batch')
  assert.ok(answer.status >= 400 || (isBatch && answer.status === 200), `${what} was taken: ${answer.status}`)
  const problem = problemOf(answer)
  assert.ok(problem.status >= 400 && problem.status < 500, `${what}: ${JSON.stringify(problem)}`)
  if (field !== null && problem.code !== 'body_malformed')
    assert.ok(
      JSON.stringify(problem).toLowerCase().includes(field.toLowerCase().trim()),
      `${what}: does not name it: ${JSON.stringify(problem)}`,
    )
}

const stored = await countAll()
afterEach(async () => assert.deepEqual(await countAll(), stored))

for (const [operation, inputs] of operations)
  describe(operation, () => {
    test(`${inputs.length} wrong inputs are refused`, async () => {
      const failures: string[] = []
      for (const input of inputs)
        await assertRefused(input).catch(error => failures.push(error instanceof Error ? error.message : String(error)))
      assert.deepEqual(failures, [])
    })
  })

test('every operation that takes anything was tried', () => {
  const count = [...operations.values()].reduce((sum, inputs) => sum + inputs.length, 0)
  assert.ok(count > 1000, `${count} inputs`)
  const untried = [...operations].filter(([, inputs]) => inputs.length === 0).map(([operation]) => operation)
  assert.deepEqual(untried, ['listReceiptKeys', 'readWebhook'])
})
