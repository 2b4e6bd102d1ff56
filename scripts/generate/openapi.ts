// The OpenAPI document of an app that is built and never started.
import type { ControlStore } from '../../server/src/core/ports.ts'
import { type AppDeps, createApp } from '../../server/src/http/app.ts'
import { protocolDocumentOf } from '../../server/src/http/openapi.ts'
import { DOCUMENT as ADVANCE } from '../../server/src/http/protocols/advance/document.ts'
import { makeDocument as makeAlibabaDocument } from '../../server/src/http/protocols/alibaba/document.ts'
import { DOCUMENT as VERIHUBS } from '../../server/src/http/protocols/verihubs/document.ts'
import { DEFAULT_LIMITS } from '../../server/src/limits.ts'
import { VERSION } from '../../server/src/version.ts'

export interface OpenApiDocument {
  readonly info: { readonly title: string; readonly version: string }
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> }
}

export interface Operation {
  readonly operationId?: string
  readonly summary: string
  readonly tags: readonly string[]
  readonly parameters?: readonly {
    readonly name: string
    readonly in: string
    readonly required?: boolean
    readonly schema: Schema
  }[]
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> }
  readonly responses: Readonly<
    Record<
      string,
      { readonly description: string; readonly content?: Readonly<Record<string, { readonly schema: Schema }>> }
    >
  >
}

export interface Schema {
  readonly $ref?: string
  readonly type?: string | readonly string[]
  readonly description?: string
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly items?: Schema
  readonly anyOf?: readonly Schema[]
  readonly enum?: readonly unknown[]
  readonly default?: unknown
  readonly format?: string
  readonly prefixItems?: readonly Schema[]
}

/** The native document and, by name, those of the protocols. */
export const makeOpenApiDocuments = async (): Promise<{
  readonly native: OpenApiDocument
  readonly protocols: Readonly<Record<string, object>>
}> => {
  const ids = { next: () => '' }
  const log = { level: 'silent' }
  const app = await createApp({
    control: {} as ControlStore,
    context: () => null,
    readiness: async () => ({ ready: false, state: '' }),
    limits: DEFAULT_LIMITS,
    pictureUrls: {} as AppDeps['pictureUrls'],
    batchConcurrency: 1,
    calls: {} as AppDeps['calls'],
    allowances: {} as AppDeps['allowances'],
    capture: {} as AppDeps['capture'],
    captureFiles: { page: null, assets: new Map(), models: new Map() },
    clock: { now: () => new Date(0) },
    ids,
    regions: [],
    version: VERSION,
    transport: { limits: DEFAULT_LIMITS, ids, log, certificate: null, trustProxy: false, telemetry: null },
    metrics: 'off',
  })
  const native = app.swagger() as unknown as OpenApiDocument
  const protocols = Object.fromEntries([ADVANCE, VERIHUBS].map(({ name }) => [name, protocolDocumentOf(app, name)]))
  await app.close()
  return { native, protocols: { ...protocols, alibaba: makeAlibabaDocument(VERSION) } }
}
