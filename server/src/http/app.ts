// The HTTP application: plugins, native API, errors. Builds and never listens.
import multipart from '@fastify/multipart'
import type { FastifyInstance } from 'fastify'
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod'
import type { Allowances } from '../core/allowances.ts'
import type { CallLog } from '../core/call-log.ts'
import type { Capture } from '../core/capture.ts'
import type { Context } from '../core/context.ts'
import { createIdempotency } from '../core/idempotency.ts'
import type { Clock, ControlStore, IdSource } from '../core/ports.ts'
import { AppError } from '../errors.ts'
import type { Limits } from '../limits.ts'
import { type Admission, createAdmission } from './admission.ts'
import { auditApi } from './api/audit.ts'
import { credentialsApi } from './api/credentials.ts'
import { detectApi } from './api/detect.ts'
import { exportsApi } from './api/exports.ts'
import { faceListsApi } from './api/face-lists.ts'
import { facesApi } from './api/faces.ts'
import { facesBatchApi } from './api/faces-batch.ts'
import { galleriesApi } from './api/galleries.ts'
import { receiptsApi } from './api/receipts.ts'
import { recognitionApi } from './api/recognition.ts'
import { searchApi } from './api/search.ts'
import { sessionsApi } from './api/sessions.ts'
import { subjectsApi } from './api/subjects.ts'
import { transactionsApi } from './api/transactions.ts'
import { usageApi } from './api/usage.ts'
import { webhookApi } from './api/webhook.ts'
import { refuseWithoutScope, requireKey } from './auth.ts'
import { limitBodies } from './body-budget.ts'
import { limitCalls } from './call-limits.ts'
import { watchCallers } from './caller-signal.ts'
import { recordCalls } from './calls.ts'
import { type AddressOf, createCaptureAddresses } from './capture/addresses.ts'
import type { CaptureFiles } from './capture/files.ts'
import { capturePage } from './capture/index.ts'
import type { EndCodeOf } from './capture/view.ts'
import { boundCalls } from './deadline.ts'
import { healthRoutes, type Readiness } from './health.ts'
import { answerOnce } from './idempotency.ts'
import type { PictureUrls } from './images.ts'
import { takeUtf8Json } from './json.ts'
import { type MetricsAccess, metricsRoute } from './metrics-route.ts'
import { openApiRoute, registerOpenApi, registerProtocolDocument } from './openapi.ts'
import { addPictureLinks } from './picture-links.ts'
import { DOCUMENT as ADVANCE_DOCUMENT } from './protocols/advance/document.ts'
import { toErrorCode } from './protocols/advance/h5-map.ts'
import { advance } from './protocols/advance/index.ts'
import { transactionIdFor } from './protocols/advance/transaction-ids.ts'
import { alibaba } from './protocols/alibaba/index.ts'
import { addReferencePage } from './protocols/alibaba/reference-page.ts'
import type { UnknownHosts } from './protocols/host-regions.ts'
import type { RegionHosts } from './protocols/mount.ts'
import { DOCUMENT as VERIHUBS_DOCUMENT } from './protocols/verihubs/document.ts'
import { verihubs } from './protocols/verihubs/index.ts'
import { createTransport, type TransportDeps } from './transport.ts'

export interface AppDeps {
  readonly control: ControlStore
  /** Null until packs and index are loaded. */
  readonly context: () => Context | null
  readonly readiness: () => Promise<Readiness>
  readonly limits: Limits
  readonly pictureUrls: PictureUrls
  /** Pictures of one bulk enrolment that are worked on at once. */
  readonly batchConcurrency: number
  readonly calls: CallLog
  readonly allowances: Allowances
  /** What the capture page's calls do, and its files. */
  readonly capture: Capture
  readonly captureFiles: CaptureFiles
  readonly clock: Clock
  readonly ids: IdSource
  /** Host names by which the protocols other than the native one choose a region. */
  readonly regions: readonly RegionHosts[]
  readonly unknownHosts?: UnknownHosts
  /** Base of the links in answers; as the request was addressed unless given. */
  readonly publicUrl?: string
  readonly version: string
  readonly transport: TransportDeps
  /** Who may read the metrics, where the transport has telemetry. */
  readonly metrics: MetricsAccess | 'off'
}

export const createApp = async (deps: AppDeps): Promise<FastifyInstance> => {
  const app = createTransport({ ...deps.transport, requestIdFor: transactionIdFor })
  watchCallers(app)
  boundCalls(app, deps.limits)
  limitBodies(app, deps.limits)
  // A plain text would be taken for a body; only JSON and multipart are.
  app.removeContentTypeParser('text/plain')
  takeUtf8Json(app)
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(serializerCompiler)
  await registerOpenApi(app, deps.version)
  await registerProtocolDocument(app, deps.version, VERIHUBS_DOCUMENT)
  await registerProtocolDocument(app, deps.version, ADVANCE_DOCUMENT)
  await app.register(multipart)
  await app.register(healthRoutes, { readiness: deps.readiness })
  const context = (): Context => requireReady(deps)
  const admission = createAdmission({ context, limits: deps.limits })
  await app.register(nativeApi(deps, context, admission), { prefix: '/v1' })
  await app.register(capturePage, { ...deps, context, endCodeOf, prefix: '/capture' })
  await verihubs(app, { ...deps, context, admission })
  const pictureLinks = addPictureLinks(app, { context, clock: deps.clock, publicUrl: deps.publicUrl })
  await advance(app, { ...deps, context, admission, pictureLinks, captureAddressOf: captureAddressesOf(deps) })
  await alibaba(app, { ...deps, context, admission, links: pictureLinks })
  addReferencePage(app, deps.version)
  openApiRoute(app)
  const { telemetry } = deps.transport
  if (telemetry && deps.metrics !== 'off') metricsRoute(app, { telemetry, access: deps.metrics, keys: deps })
  await app.ready()
  return app
}

/** A page around the capture page hears the words that its own calls know. */
const endCodeOf: EndCodeOf = session => (session.protocol === 'advance' ? toErrorCode(session) : null)

const RESOURCES = [
  galleriesApi,
  facesApi,
  faceListsApi,
  facesBatchApi,
  subjectsApi,
  recognitionApi,
  searchApi,
  detectApi,
  transactionsApi,
  usageApi,
  auditApi,
  credentialsApi,
  exportsApi,
  receiptsApi,
  sessionsApi,
  webhookApi,
]

const nativeApi = (deps: AppDeps, context: () => Context, admission: Admission) => async (app: FastifyInstance) => {
  const idempotency = createIdempotency(deps.ids.next())
  const { limits, pictureUrls, batchConcurrency, allowances } = deps
  const captureAddressOf = captureAddressesOf(deps)
  const native = {
    context,
    limits,
    pictureUrls,
    idempotency,
    batchConcurrency,
    allowances,
    admission,
    captureAddressOf,
  }
  app.addHook('onRoute', refuseWithoutScope)
  recordCalls(app, deps)
  app.addHook('onRequest', async request => admission.refuseEarly(request))
  app.addHook('onRequest', requireKey(deps))
  app.addHook('onRequest', limitCalls(allowances))
  answerOnce(app, native)
  for (const resource of RESOURCES) await app.register(resource, native)
}

/** How answers name the capture page of a session. */
const captureAddressesOf = ({ publicUrl, transport }: AppDeps): AddressOf =>
  createCaptureAddresses({ publicUrl, hasTls: transport.certificate !== null })

const requireReady = ({ context }: AppDeps): Context => {
  const ready = context()
  if (!ready) throw new AppError('not_ready', 'The server is still loading its models and index; ask /health/ready.')
  return ready
}
