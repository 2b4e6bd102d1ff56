// The port of the counters of applications in testing mode: how often each has used a product of its protocol.

export interface ProductCount {
  readonly product: string
  readonly used: number
}

export interface TestingStore {
  /**
   * Counts one use of each product, or none at all where one of them was used `quota` times: the answer is that product,
   * else null. Exact however many ask at once.
   */
  take(credentialId: string, products: readonly string[], quota: number): Promise<string | null>
  /** Takes one use of each back; a counter never falls below 0. */
  giveBack(credentialId: string, products: readonly string[]): Promise<void>
  /** Sorted by product; those that were never used are left out. */
  list(credentialId: string): Promise<readonly ProductCount[]>
  reset(credentialId: string): Promise<void>
}
