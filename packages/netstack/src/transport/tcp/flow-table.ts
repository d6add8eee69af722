import type { AddressWords } from './types.ts'

/** What the table needs of an entry. `flowNext` belongs to the table. */
export interface FlowEntry {
  readonly flow: {
    readonly local: AddressWords
    readonly localPort: number
    readonly remote: AddressWords
    readonly remotePort: number
  }
  /** Hash of the four-tuple, int32; see {@link flowHash}. */
  readonly flowHash: number
  flowNext: FlowEntry | undefined
}

const INITIAL_BUCKETS = 64

/**
 * Mixes a four-tuple to 32 bits with a key of this layer, so that an outsider cannot choose ports that fall into one bucket. Given the local side first.
 */
export function flowHash(
  key: number,
  l3: number,
  r0: number,
  r1: number,
  r2: number,
  r3: number,
  ports: number,
): number {
  let hash = Math.imul(key ^ ports, 0x9e37_79b1)
  hash = Math.imul(hash ^ (hash >>> 15) ^ r3, 0x85eb_ca6b)
  hash = Math.imul(
    hash ^ (hash >>> 13) ^ l3 ^ Math.imul(r2 ^ Math.imul(r1 ^ Math.imul(r0, 0x27d4_eb2f), 0x1656_67b1), 0xc2b2_ae35),
    0xc2b2_ae35,
  )
  return hash ^ (hash >>> 16)
}

/** Connections by four-tuple: chained buckets, doubled as they fill; no text, no allocation to look one up. */
export class FlowTable<T extends FlowEntry> {
  #buckets: (FlowEntry | undefined)[] = new Array<FlowEntry | undefined>(INITIAL_BUCKETS).fill(undefined)
  #mask = INITIAL_BUCKETS - 1
  size = 0

  /** The entry of this four-tuple. Words in either signedness. */
  find(
    hash: number,
    localPort: number,
    remotePort: number,
    l0: number,
    l1: number,
    l2: number,
    l3: number,
    r0: number,
    r1: number,
    r2: number,
    r3: number,
  ): T | undefined {
    let entry = this.#buckets[hash & this.#mask]
    for (; entry !== undefined; entry = entry.flowNext) {
      if (entry.flowHash !== hash) continue
      const flow = entry.flow
      if (flow.localPort !== localPort || flow.remotePort !== remotePort) continue
      const local = flow.local
      const remote = flow.remote
      if (
        ((local.w3 ^ l3) | (local.w2 ^ l2) | (local.w1 ^ l1) | (local.w0 ^ l0)) === 0 &&
        ((remote.w3 ^ r3) | (remote.w2 ^ r2) | (remote.w1 ^ r1) | (remote.w0 ^ r0)) === 0
      ) {
        return entry as T
      }
    }
    return undefined
  }

  add(entry: T): void {
    if (this.size > this.#buckets.length) this.#grow()
    const at = entry.flowHash & this.#mask
    entry.flowNext = this.#buckets[at]
    this.#buckets[at] = entry
    this.size++
  }

  delete(entry: T): void {
    const at = entry.flowHash & this.#mask
    let other = this.#buckets[at]
    if (other === entry) this.#buckets[at] = entry.flowNext
    else {
      while (other !== undefined && other.flowNext !== entry) other = other.flowNext
      if (other === undefined) return
      other.flowNext = entry.flowNext
    }
    entry.flowNext = undefined
    this.size--
  }

  /** All entries; the table may be changed while they are visited, as they are collected first. */
  values(): T[] {
    const all: T[] = []
    for (let entry of this.#buckets) {
      for (; entry !== undefined; entry = entry.flowNext) all.push(entry as T)
    }
    return all
  }

  #grow(): void {
    const entries = this.values()
    const count = this.#buckets.length * 2
    this.#buckets = new Array<FlowEntry | undefined>(count).fill(undefined)
    this.#mask = count - 1
    for (const entry of entries) {
      const at = entry.flowHash & this.#mask
      entry.flowNext = this.#buckets[at]
      this.#buckets[at] = entry
    }
  }
}
