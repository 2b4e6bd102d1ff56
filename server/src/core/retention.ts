// How long capture sessions are kept where a tenant has no times of its own, and the rule for those times. Deletes nothing.
import { AppError } from '../errors.ts'
import type { Limits } from '../limits.ts'
import type { Tenant } from './types.ts'

export const DEFAULT_FRAME_HOURS = 24
export const DEFAULT_RESULT_DAYS = 60

export interface Retention {
  /** From the end of a session to the deletion of its frames and its template. */
  readonly frameHours: number
  /** From the end of a session to the deletion of all that is left. */
  readonly resultDays: number
}

/** Null: a tenant that is not there any more. */
export const retentionOf = (tenant: Pick<Tenant, keyof Retention> | null): Retention => ({
  frameHours: tenant?.frameHours ?? DEFAULT_FRAME_HOURS,
  resultDays: tenant?.resultDays ?? DEFAULT_RESULT_DAYS,
})

/** What is null or undefined is fine. @throws AppError request_invalid, which names the field */
export const checkRetention = (
  { frameHours, resultDays }: Partial<Pick<Tenant, keyof Retention>>,
  { maxFrameHours, maxResultDays }: Limits,
): void => {
  checkTime('frameHours', frameHours, maxFrameHours)
  checkTime('resultDays', resultDays, maxResultDays)
}

const checkTime = (field: keyof Retention, value: number | null | undefined, most: number): void => {
  if (value === undefined || value === null) return
  if (Number.isInteger(value) && value >= 1 && value <= most) return
  throw new AppError('request_invalid', `"${field}" must be a whole number from 1 to ${most}; found ${value}.`, {
    details: { field, least: 1, most },
  })
}
