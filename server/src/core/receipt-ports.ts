// The port of the keys that sign receipts.

export interface ReceiptKey {
  readonly id: string
  /** Ed25519, 32 bytes. */
  readonly publicKey: Uint8Array
  /** PKCS #8, sealed by the vault under "receipt-key:<id>". */
  readonly sealedPrivateKey: Uint8Array
  readonly createdAt: Date
}

export interface ReceiptKeyStore {
  insert(key: ReceiptKey): Promise<void>
  /** Newest first: the first signs, all verify. */
  list(): Promise<readonly ReceiptKey[]>
}
