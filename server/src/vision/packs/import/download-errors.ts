// The refusals of importers whose sources are downloaded: what is wrong with the file, and how to get the right one.
import { AppError } from '../../../errors.ts'

/** The error for a downloaded file that cannot be what was published. */
export function corruptDownload(path: string, problem: string, cause?: unknown): AppError {
  const message = `The file ${path} ${problem}; fetch it again from where the pack says it was published.`
  return new AppError('pack_source_corrupt', message, { details: { file: path }, cause })
}

/** The refusal of something in a downloaded network that the importer cannot translate. `what` names it. */
export function unknownInDownload(path: string, what: string): AppError {
  const message = `${path} uses ${what}, which the importer does not know; use the file that the pack names, or teach the importer this.`
  return new AppError('pack_operation_unknown', message, { details: { file: path, operation: what } })
}
