// Native API, resource "credentials": the pairs of the other protocols, of the key's tenant and region. Secrets are in the
// answer that makes them and nowhere else.
import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { Context } from '../../core/context.ts'
import { createCredential, type Pair, type PairProtocol, revokeCredential } from '../../core/credentials.ts'
import type { OperatorContext } from '../../core/operator.ts'
import { CREDENTIAL_MODES, type Credential, PROTOCOLS, type Principal } from '../../core/types.ts'
import { AppError } from '../../errors.ts'
import { DEFAULT_LIMITS } from '../../limits.ts'
import { describe, type NativeDeps } from './native.ts'
import { Id, Instant, PageQuery, pageOf, toPageRequest } from './schemas.ts'

const PAIR_PROTOCOLS = PROTOCOLS.filter((name): name is PairProtocol => name !== 'native')

const CredentialRequest = z
  .strictObject({
    protocol: z.enum(PAIR_PROTOCOLS),
    galleryId: Id.optional().meta({
      description: 'Gallery that its calls go to; as the protocol decides when absent.',
    }),
    name: z.string().min(1).max(DEFAULT_LIMITS.maxNameCharacters).optional(),
    mode: z.enum(CREDENTIAL_MODES).optional().meta({ description: 'Of protocol verihubs; live when absent.' }),
    testingQuota: z
      .int()
      .min(0)
      .max(DEFAULT_LIMITS.maxAllowedCalls)
      .optional()
      .meta({
        description: `In testing mode: uses of each product; ${DEFAULT_LIMITS.testingQuota} when absent.`,
      }),
  })
  .meta({ id: 'CredentialRequest' })

const fields = {
  id: Id,
  protocol: z.enum(PROTOCOLS),
  publicId: z.string().nullable().meta({ description: 'The half that calls show; null for native keys.' }),
  regionId: z.string(),
  galleryId: z.string().nullable(),
  name: z.string().nullable(),
  mode: z.enum(CREDENTIAL_MODES).nullable(),
  testingQuota: z.int().nullable(),
  parentId: z.string().nullable(),
  createdAt: Instant,
  expiresAt: Instant.nullable(),
  revokedAt: Instant.nullable(),
}
const CredentialBody = z.object(fields).meta({ id: 'Credential' })
const NewCredentialBody = z
  .object({ ...fields, secret: z.string().meta({ description: 'Shown this once.' }) })
  .meta({ id: 'NewCredential' })
const CredentialPath = z.object({ credential: Id })

const toBody = (credential: Credential): z.infer<typeof CredentialBody> => {
  const { id, protocol, publicId, regionId, galleryId, name, mode, testingQuota, parentId } = credential
  return {
    ...{ id, protocol, publicId, regionId, galleryId, name, mode, testingQuota, parentId },
    createdAt: credential.createdAt.toISOString(),
    expiresAt: credential.expiresAt?.toISOString() ?? null,
    revokedAt: credential.revokedAt?.toISOString() ?? null,
  }
}

const toNewBody = (credential: Credential, { secret }: Pair): z.infer<typeof NewCredentialBody> => ({
  ...toBody(credential),
  secret,
})

/** The operator's use cases in the name of the caller. */
const operatorOf = ({ control, clock, ids, vault, regions, limits }: Context, actor: Principal): OperatorContext => ({
  ...{ control, clock, ids, limits, actor },
  vault: async () => vault,
  regionIds: [...regions.keys()],
})

/** Another tenant's or region's is not found, like one that never was. @throws AppError credential_not_found */
const findOwn = async ({ control }: Context, { tenantId, regionId }: Principal, id: string): Promise<Credential> => {
  const found = await control.readCredential(id)
  if (found?.tenantId === tenantId && found.regionId === regionId) return found
  throw new AppError('credential_not_found', `There is no credential "${id}".`, { details: { credential: id } })
}

export const credentialsApi: FastifyPluginCallbackZod<NativeDeps> = (app, { context }, done) => {
  app.post(
    '/credentials',
    {
      schema: describe(
        'createCredential',
        'admin',
        'Credentials',
        "Create a pair of another protocol, of the key's tenant and region",
        { body: CredentialRequest, response: { 201: NewCredentialBody } },
        'request_invalid',
        'body_malformed',
      ),
    },
    async (request, reply) => {
      const { tenantId, regionId } = request.principal
      const operator = operatorOf(context(), request.principal)
      const { credential, pair } = await createCredential(operator, { ...request.body, tenantId, regionId })
      return reply.code(201).send(toNewBody(credential, pair))
    },
  )
  app.get(
    '/credentials',
    {
      schema: describe(
        'listCredentials',
        'admin',
        'Credentials',
        "List the keys and pairs of the key's tenant and region",
        { querystring: PageQuery, response: { 200: pageOf(CredentialBody) } },
        'request_invalid',
      ),
    },
    async request => {
      const { tenantId, regionId } = request.principal
      const page = await context().control.listCredentials({ tenantId, regionId }, toPageRequest(request.query))
      return { items: page.items.map(toBody), nextCursor: page.nextCursor }
    },
  )
  app.get(
    '/credentials/:credential',
    {
      schema: describe(
        'readCredential',
        'admin',
        'Credentials',
        'Read a key or pair',
        { params: CredentialPath, response: { 200: CredentialBody } },
        'credential_not_found',
      ),
    },
    async request => toBody(await findOwn(context(), request.principal, request.params.credential)),
  )
  app.delete(
    '/credentials/:credential',
    {
      schema: describe(
        'revokeCredential',
        'admin',
        'Credentials',
        'Revoke a key or pair from the next call on; it stays in the list',
        { params: CredentialPath, response: { 204: z.void() } },
        'credential_not_found',
      ),
    },
    async (request, reply) => {
      const core = context()
      const { id } = await findOwn(core, request.principal, request.params.credential)
      await revokeCredential(operatorOf(core, request.principal), id)
      return reply.code(204).send()
    },
  )
  done()
}
