// Puts together what serves capture sessions: the page's files, the judging, and the notices of ends.
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Config } from '../config.ts'
import { type Capture, createCapture } from '../core/capture.ts'
import type { Context } from '../core/context.ts'
import { createDeliveries } from '../core/deliveries.ts'
import { AppError } from '../errors.ts'
import { type CaptureFiles, openCaptureFiles } from '../http/capture/files.ts'
import { createDeliverySender } from '../http/deliver.ts'
import { parseAllowList } from '../http/outgoing/allow-list.ts'
import type { Telemetry } from '../http/telemetry.ts'

export interface CaptureParts {
  readonly capture: Capture
  readonly captureFiles: CaptureFiles
}

export interface CaptureOpening {
  /** Null until packs and index are loaded. */
  readonly context: () => Context | null
  /** What closes them, before the stores. */
  readonly opened: AsyncDisposableStack
  readonly onTrouble: (error: unknown, what: string) => void
  readonly telemetry: Telemetry | null
}

/** The build of web/, beside the sources and beside what is built from them. */
const PAGE_FOLDER = fileURLToPath(new URL('../../web/capture', import.meta.url))

/** What was left unjudged by a failure that lasted is tried again so often. */
const RESUME_INTERVAL_MS = 60_000
export const WAITING_UNREAD = 'capture sessions that wait to be judged could not be read'

/** @throws AppError config_invalid */
export const openCapture = async (
  config: Config,
  { context, opened, onTrouble, telemetry }: CaptureOpening,
): Promise<CaptureParts> => {
  const allow = parseAllowList(config.callbackAllow ?? '', 'LIKENESS_CALLBACK_ALLOW')
  const models = join(dirname(fileURLToPath(import.meta.resolve('@vladmandic/human'))), '..', 'models')
  const captureFiles = await openCaptureFiles({ page: PAGE_FOLDER, models })
  const requireReady = (): Context => {
    const ready = context()
    if (!ready) throw new AppError('not_ready')
    return ready
  }
  const capture = createCapture({
    context: requireReady,
    onTrouble: error => onTrouble(error, 'a capture session could not be judged yet'),
    onVerdict: telemetry?.countVerdict,
  })
  opened.defer(() => capture.close())
  const resuming = setInterval(() => {
    if (context()) capture.resume().catch(error => onTrouble(error, WAITING_UNREAD))
  }, RESUME_INTERVAL_MS).unref()
  opened.defer(() => clearInterval(resuming))
  const deliveries = createDeliveries({
    context: requireReady,
    send: createDeliverySender({ limits: config.limits, allow }),
    onTrouble: error => onTrouble(error, 'the end of a capture session could not be told'),
  })
  opened.defer(() => deliveries.close())
  return { capture, captureFiles }
}
