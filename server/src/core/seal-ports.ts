// The ports of sealing: everything biometric and every kept secret lies in the stores as ciphertext. The vault is in seal/,
// the wrapped keys are in store/.

/** Seals data with a key of its tenant's. Synchronous once the keys are loaded, as a search opens hundreds of templates. */
export interface Vault {
  /**
   * Makes the tenant's key on first use, or loads it; needed before the first `seal` for a tenant, and free after. Throws
   * master_key_* when the master key was changed and the new one cannot be found.
   */
  ensureTenant(tenantId: string): Promise<void>
  /** Loads keys that other processes have made since, where one of these was sealed with such a key. */
  ensureKeysOf(sealed: readonly Uint8Array[]): Promise<void>
  /**
   * `context` says what the plaintext is and whose ("face:ID", "picture:KEY", "credential:ID"); only the same context opens
   * it again, so that nobody can exchange rows or files. 33 bytes longer than the plaintext.
   */
  seal(tenantId: string, plaintext: Uint8Array, context: string): Uint8Array
  /** Throws sealed_data_corrupt when the bytes were altered, were sealed for another context, or their key is gone. */
  open(sealed: Uint8Array, context: string): Uint8Array
  /**
   * Deletes the tenant's keys: what they sealed can never be opened again, wherever copies of it may lie. Other processes
   * hold theirs in memory until they end.
   */
  forgetTenant(tenantId: string): Promise<void>
}

/** A tenant's data key, encrypted with the master key. */
export interface WrappedKey {
  /** Counts up and is never used twice; part of everything that the key seals. */
  readonly number: number
  readonly tenantId: string
  readonly wrapped: Uint8Array
  /** Opens what it has sealed, and seals nothing any more. */
  readonly retired: boolean
}

export interface WrappedKeys {
  /** Check value of the master key that all of them are wrapped with; null before the first. */
  readonly check: Uint8Array | null
  readonly keys: readonly WrappedKey[]
}

export interface WrappedKeyChange extends WrappedKeys {
  /** `wrap` gets the number of the new key. */
  add(tenantId: string, check: Uint8Array, at: Date, wrap: (number: number) => Uint8Array): Promise<WrappedKey>
  /** Puts other wrappings in place, all with the master key of this check value. */
  rewrap(check: Uint8Array, keys: readonly WrappedKey[]): Promise<void>
  remove(tenantId: string): Promise<void>
}

export interface WrappedKeyStore {
  /** Runs `work` on the keys, alone among all processes, in a transaction that is on disk when the promise resolves. */
  change<T>(work: (keys: WrappedKeyChange) => Promise<T>): Promise<T>
}
