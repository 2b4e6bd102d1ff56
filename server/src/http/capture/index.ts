// The hosted capture page under /capture: its files, and the calls that it makes. No part of the native API, and of no use
// without the address of a session.
import type { FastifyInstance } from 'fastify'
import type { Capture } from '../../core/capture.ts'
import type { Context } from '../../core/context.ts'
import type { Clock } from '../../core/ports.ts'
import type { Limits } from '../../limits.ts'
import { captureApi } from './api.ts'
import type { CaptureFiles } from './files.ts'
import { addPage } from './page.ts'
import type { EndCodeOf } from './view.ts'

export interface CapturePageDeps {
  /** @throws AppError not_ready */
  readonly context: () => Context
  readonly capture: Capture
  readonly captureFiles: CaptureFiles
  readonly clock: Clock
  readonly limits: Limits
  readonly endCodeOf: EndCodeOf
}

export const capturePage = async (app: FastifyInstance, deps: CapturePageDeps): Promise<void> => {
  const { context, capture, captureFiles: files, clock, limits, endCodeOf } = deps
  addPage(app, { context, files })
  await app.register(captureApi, { prefix: '/api', capture, clock, limits, endCodeOf })
}
