/** Admission: how many connections there may be, in all and from one address, and how many of those that have not said who they are. */
import type { CloseReason, Connection } from '../core/connection.ts'
import type { HubLimits } from '../core/limits.ts'

/** Counts connections and refuses those that are too many. */
export class Admission {
  limits: HubLimits
  readonly #open = new Map<string, number>()
  readonly #halfOpen = new Map<string, number>()
  #total = 0

  constructor(limits: HubLimits) {
    this.limits = limits
  }

  /** Connections counted now. */
  get total(): number {
    return this.#total
  }

  /** Counts a connection; returns false (and does not count) when there is no room for it. */
  admit(connection: Connection): boolean {
    const { maxConnections, maxConnectionsPerAddress, maxHalfOpenPerAddress } = this.limits
    const address = connection.remoteAddress
    if (maxConnections > 0 && this.#total >= maxConnections) return false
    if (address !== '') {
      if (maxConnectionsPerAddress > 0 && (this.#open.get(address) ?? 0) >= maxConnectionsPerAddress) return false
      if (maxHalfOpenPerAddress > 0 && (this.#halfOpen.get(address) ?? 0) >= maxHalfOpenPerAddress) return false
    }
    this.#total++
    if (address !== '') {
      raise(this.#open, address)
      raise(this.#halfOpen, address)
    }
    return true
  }

  /** It has authenticated. */
  ready(connection: Connection): void {
    lower(this.#halfOpen, connection.remoteAddress)
  }

  /** It is gone. */
  release(connection: Connection, wasReady: boolean): void {
    this.#total--
    lower(this.#open, connection.remoteAddress)
    if (!wasReady) lower(this.#halfOpen, connection.remoteAddress)
  }
}

/** The reason given to those who are too many. */
export const TOO_MANY: CloseReason = 'limit-reached'

function raise(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}

function lower(counts: Map<string, number>, key: string): void {
  const count = counts.get(key)
  if (count === undefined) return
  if (count === 1) counts.delete(key)
  else counts.set(key, count - 1)
}
