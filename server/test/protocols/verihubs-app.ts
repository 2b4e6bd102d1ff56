// The Verihubs API over the made-up engine: an application with a pair of its own, and calls in the vendor's form.
import assert from 'node:assert/strict'
import { type CredentialInput, createCredential } from '../../src/core/credentials.ts'
import type { OperatorContext } from '../../src/core/operator.ts'
import type { Assessment, Credential } from '../../src/core/types.ts'
import { type FakeApp, type FakeAppOptions, openFakeApp } from '../fake-app.ts'
import type { Answer } from '../support.ts'
import { createJudgingEngine } from './judging-engine.ts'

export interface VerihubsBody {
  readonly message: string
  readonly error_code?: string
  readonly status_code?: string
  readonly session_id?: string
  readonly timestamp?: number
  readonly subject_id?: string
  readonly nface?: number
  readonly similarity_status?: boolean
  readonly matches?: { subject_id: string; similarity_status: boolean; image?: string | null }[]
  readonly image_quality?: object
  readonly attributes?: object
  readonly liveness?: { status: boolean; probability: number }
  readonly [name: string]: unknown
}

export interface Application {
  readonly credential: Credential
  readonly headers: Readonly<Record<string, string>>
  /** POST of JSON, or DELETE where `method` says so; under "/verihubs/v1/face". */
  call(path: string, body?: unknown, rest?: CallOptions): Promise<Answer<VerihubsBody>>
}

export interface CallOptions {
  readonly method?: string
  /** In the place of the application's own; null leaves one out. */
  readonly headers?: Readonly<Record<string, string>>
  readonly prefix?: string
}

export interface VerihubsServer {
  readonly app: FakeApp
  readonly operator: OperatorContext
  analysed(): number
  newApplication(input?: Partial<CredentialInput>): Promise<Application>
  close(): Promise<void>
}

export const openVerihubs = async (
  options: FakeAppOptions & { readonly assessments?: readonly Assessment[] } = {},
): Promise<VerihubsServer> => {
  let engine: ReturnType<typeof createJudgingEngine> | undefined
  const app = await openFakeApp({
    ...options,
    adapt(ports) {
      const adapted = options.adapt?.(ports) ?? ports
      engine = createJudgingEngine(adapted.engine, options.assessments)
      return { ...adapted, engine }
    },
  })
  const { control, clock, ids, vault, limits } = app.core.context
  const regionIds = ['default', ...(options.regions ?? []).map(({ id }) => id)]
  const operator: OperatorContext = { control, clock, ids, limits, regionIds, vault: async () => vault }
  return {
    app,
    operator,
    analysed: () => engine?.analysed() ?? 0,
    async newApplication(input) {
      const created = await createCredential(operator, {
        protocol: 'verihubs',
        tenantId: 'default',
        regionId: 'default',
        ...input,
      })
      const headers = { 'App-ID': created.pair.publicId, 'API-Key': created.pair.secret }
      return {
        credential: created.credential,
        headers,
        call: (path, body, rest = {}) =>
          app.call<VerihubsBody>(rest.method ?? 'POST', (rest.prefix ?? '/verihubs/v1/face') + path, body, {
            ...headers,
            ...rest.headers,
          }),
      }
    },
    close: () => app.close(),
  }
}

/** An error in the vendor's form, and nothing else in it. */
export const assertRefused = (answer: Answer<VerihubsBody>, status: number, code: string, message?: string): void => {
  assert.equal(`${answer.status} ${answer.body.error_code}`, `${status} ${code}`, JSON.stringify(answer.body))
  assert.deepEqual(Object.keys(answer.body), ['message', 'error_code'])
  assert.match(answer.headers.get('content-type') ?? '', /^application\/json/)
  if (message !== undefined) assert.equal(answer.body.message, message)
}

export const assertSuccess = (answer: Answer<VerihubsBody>): VerihubsBody => {
  assert.equal(`${answer.status} ${answer.body.status_code}`, '200 200', JSON.stringify(answer.body))
  assert.equal(answer.body.error_code, undefined)
  return answer.body
}

/** A validation failed: status 200, the code in both fields, the vendor's description. */
export const assertFailOn = (answer: Answer<VerihubsBody>, number: number, message?: string): VerihubsBody => {
  const { body } = answer
  const code = `FAIL_ON_${number}`
  assert.deepEqual([answer.status, body.error_code, body.status_code], [200, code, code], JSON.stringify(body))
  if (message !== undefined) assert.equal(body.message, message)
  return body
}
