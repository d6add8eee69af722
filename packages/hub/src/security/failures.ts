/** Failed attempts to authenticate, by address. */

/** Addresses that are remembered; beyond it those that failed longest ago are forgotten. */
const ADDRESSES = 10_000

/** Counts. */
export class AuthenticationFailures {
  readonly #byAddress = new Map<string, number>()
  /** Since the start. */
  total = 0

  /** Counts a failure; returns how many that address has had. */
  note(address: string): number {
    this.total++
    const count = (this.#byAddress.get(address) ?? 0) + 1
    this.#byAddress.delete(address)
    if (this.#byAddress.size >= ADDRESSES) {
      for (const oldest of this.#byAddress.keys()) {
        this.#byAddress.delete(oldest)
        break
      }
    }
    this.#byAddress.set(address, count)
    return count
  }

  /** Failures of each address, the latest last. */
  get byAddress(): ReadonlyMap<string, number> {
    return this.#byAddress
  }
}
