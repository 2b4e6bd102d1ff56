// What the operator's use cases work with, at the command line beside the server or inside it.
import { AppError } from '../errors.ts'
import type { Limits } from '../limits.ts'
import type { AuditContext } from './audit.ts'
import type { Vault } from './ports.ts'

export interface OperatorContext extends AuditContext {
  /** The regions that the server holds. */
  readonly regionIds: readonly string[]
  readonly limits: Limits
  /** Opened when a secret is to be sealed or a person to be hashed: the other commands need no master key. */
  readonly vault: () => Promise<Vault>
}

/** @throws AppError region_not_found */
export const checkRegion = ({ regionIds }: OperatorContext, id: string): void => {
  if (!regionIds.includes(id))
    throw new AppError('region_not_found', `There is no region "${id}"; the server holds ${regionIds.join(', ')}.`, {
      details: { region: id, regions: regionIds },
    })
}
