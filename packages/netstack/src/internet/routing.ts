import type { AddressFamily, IpAddress } from './address.ts'
import { maskAddress, type Prefix } from './prefix.ts'

/** How packets to a block of addresses leave. */
export interface Route<Interface> {
  readonly prefix: Prefix
  /** The router on the link, or null when the destination itself is on the link. */
  readonly gateway: IpAddress | null
  readonly interface: Interface
  /** Among routes of equal prefix the lowest metric whose interface is up is taken. */
  readonly metric: number
  /** Preferred source address. */
  readonly source: IpAddress | null
  /** Who put it there: routes of `dhcp`, `ra` and `redirect` come and go with leases, advertisements and redirects. */
  readonly origin: 'static' | 'connected' | 'dhcp' | 'ra' | 'redirect'
}

export interface RoutingTableOptions {
  /** Routes at most. */
  maxRoutes?: number
}

/**
 * Longest prefix first, then lowest metric, then the gateway that answers best, then the route added first. A route whose interface is down is passed over
 * without being removed: it serves again when the interface is up.
 */
export class RoutingTable<Interface> {
  readonly #usable: (route: Route<Interface>) => boolean
  readonly #doubt: (route: Route<Interface>) => number
  readonly #maxRoutes: number
  readonly #families: Record<AddressFamily, FamilyTable<Interface>> = { 4: new FamilyTable(), 6: new FamilyTable() }
  #size = 0

  /** Grows with every change of the table: whoever caches an answer keeps the number beside it. */
  generation = 0

  /** @param doubt 0 for a gateway that is known to answer; among equal routes the one of least doubt is taken (RFC 4861 6.3.6) */
  constructor(
    usable: (route: Route<Interface>) => boolean,
    options: RoutingTableOptions = {},
    doubt: (route: Route<Interface>) => number = () => 0,
  ) {
    this.#usable = usable
    this.#doubt = doubt
    this.#maxRoutes = options.maxRoutes ?? 4096
  }

  get size(): number {
    return this.#size
  }

  /** @throws {RangeError} when the table is full */
  add(route: Route<Interface>): void {
    if (this.#size >= this.#maxRoutes) throw new RangeError(`the routing table holds ${this.#maxRoutes} routes at most`)
    this.#families[route.prefix.family].add(route)
    this.#size++
    this.generation++
  }

  /** Removes every route that the test accepts; returns how many. */
  remove(test: (route: Route<Interface>) => boolean): number {
    const removed = this.#families[4].remove(test) + this.#families[6].remove(test)
    this.#size -= removed
    if (removed > 0) this.generation++
    return removed
  }

  /** To be called when an interface went up or down: cached answers are void. */
  changed(): void {
    this.generation++
  }

  /** The route to an address, or null. `only` restricts the answer to one interface. */
  lookup(destination: IpAddress, only: Interface | null = null): Route<Interface> | null {
    return this.#families[destination.family].lookup(destination, this.#usable, this.#doubt, only)
  }

  *[Symbol.iterator](): Generator<Route<Interface>> {
    yield* this.#families[4].routes()
    yield* this.#families[6].routes()
  }
}

/** Per prefix length a hash of the blocks; lengths in use are kept longest first. */
class FamilyTable<Interface> {
  readonly #byLength: Map<number, Map<number, Route<Interface>[]>> = new Map()
  #lengths: number[] = []

  add(route: Route<Interface>): void {
    const length = route.prefix.length
    let blocks = this.#byLength.get(length)
    if (blocks === undefined) {
      blocks = new Map()
      this.#byLength.set(length, blocks)
      this.#lengths = [...this.#byLength.keys()].sort((a, b) => b - a)
    }
    const hash = route.prefix.address.hash
    const bucket = blocks.get(hash)
    if (bucket === undefined) {
      blocks.set(hash, [route])
      return
    }
    const place = bucket.findIndex((other) => other.metric > route.metric)
    bucket.splice(place < 0 ? bucket.length : place, 0, route)
  }

  remove(test: (route: Route<Interface>) => boolean): number {
    let removed = 0
    for (const [length, blocks] of this.#byLength) {
      for (const [hash, bucket] of blocks) {
        const kept = bucket.filter((route) => !test(route))
        removed += bucket.length - kept.length
        if (kept.length === 0) blocks.delete(hash)
        else if (kept.length < bucket.length) blocks.set(hash, kept)
      }
      if (blocks.size === 0) this.#byLength.delete(length)
    }
    this.#lengths = [...this.#byLength.keys()].sort((a, b) => b - a)
    return removed
  }

  lookup(
    destination: IpAddress,
    usable: (route: Route<Interface>) => boolean,
    doubt: (route: Route<Interface>) => number,
    only: Interface | null,
  ): Route<Interface> | null {
    for (const length of this.#lengths) {
      const masked = maskAddress(destination, length)
      const bucket = this.#byLength.get(length)!.get(masked.hash)
      if (bucket === undefined) continue
      let best: Route<Interface> | null = null
      let leastDoubt = Number.POSITIVE_INFINITY
      for (const route of bucket) {
        if (!route.prefix.address.equals(masked) || !usable(route)) continue
        if (only !== null && route.interface !== only) continue
        if (best !== null && route.metric > best.metric) break
        const doubted = bucket.length === 1 ? 0 : doubt(route)
        if (doubted === 0) return route
        if (doubted < leastDoubt) {
          best = route
          leastDoubt = doubted
        }
      }
      if (best !== null) return best
    }
    return null
  }

  *routes(): Generator<Route<Interface>> {
    for (const length of this.#lengths) {
      for (const bucket of this.#byLength.get(length)!.values()) yield* bucket
    }
  }
}
