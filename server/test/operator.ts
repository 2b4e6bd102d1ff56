// What the tests of tenants and credentials share: the operator's side of a running server, and every operation it has.
import assert from 'node:assert/strict'
import { createKey, type KeyInput } from '../src/core/keys.ts'
import type { OperatorContext } from '../src/core/operator.ts'
import type { ControlStore } from '../src/core/ports.ts'
import { DEFAULT_REGION, DEFAULT_TENANT, openControl, operatorContext } from '../src/main.ts'
import { type Client, createClient, type TestServer } from './support.ts'

export interface Operator extends OperatorContext {
  /** A client with a new key, of the default tenant and region unless the input says otherwise. */
  newClient(input?: Partial<KeyInput>): Promise<Client & { readonly id: string; readonly key: string }>
  close(): Promise<void>
}

/** As a command does that works beside the server. */
export const openOperator = async (server: TestServer): Promise<Operator> => {
  const control: ControlStore = await openControl(server.config)
  const context = operatorContext(server.config, control)
  return {
    ...context,
    async newClient(input) {
      const { id, key } = await createKey(context, { tenantId: DEFAULT_TENANT, regionId: DEFAULT_REGION, ...input })
      return { id, key, ...createClient(server.url, key) }
    },
    close: () => control.close(),
  }
}

export interface Operation {
  readonly id: string
  readonly method: string
  /** With its parameters in braces: "/v1/galleries/{gallery}". */
  readonly path: string
  readonly scope: string
  readonly description: string
}

/** Every operation of the native API, out of the document that the server answers. */
export const listOperations = async ({ url }: TestServer): Promise<Operation[]> => {
  const { paths } = (await (await fetch(`${url}/openapi.json`)).json()) as { paths: Record<string, object> }
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(
      methods as Record<string, { operationId: string; description: string; security: { key: [string] }[] }>,
    )
      .filter(() => path.startsWith('/v1/'))
      .map(([method, { operationId: id, description, security }]) => ({
        id,
        method: method.toUpperCase(),
        path,
        scope: security?.[0]?.key?.[0],
        description,
      })),
  )
  assert.ok(operations.length >= 19, `${operations.length} operations`)
  return operations
}

/** The path with these values for its parameters. */
export const fillPath = (path: string, values: Readonly<Record<string, string>>): string =>
  path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(values[name] ?? 'x'))
