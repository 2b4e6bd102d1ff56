// The state of a key or pair as lists show it. Pure but for the clock.
import type { Credential } from '../core/types.ts'

export const stateOf = ({ revokedAt, expiresAt }: Pick<Credential, 'revokedAt' | 'expiresAt'>): string => {
  if (revokedAt) return `revoked ${revokedAt.toISOString()}`
  if (!expiresAt) return 'valid'
  return `${expiresAt <= new Date() ? 'expired' : 'valid until'} ${expiresAt.toISOString()}`
}
