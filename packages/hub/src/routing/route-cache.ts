/**
 * Exact answers per literal subject, found by the subject's bytes: no string is made for a subject that was seen before. Set-associative, so its size is
 * bounded and there is nothing to sweep.
 */
const WAYS = 4

/** What the cache needs to know of an answer. */
export interface Cacheable {
  readonly subject: string
  readonly subjectBytes: Buffer
  /** Set to -1 by the cache once the answer is out of date or no longer watched. */
  generation: number
}

/** FNV-1a over source[start, end), as a 32-bit integer. */
function hashBytes(source: Buffer, start: number, end: number): number {
  let hash = 0x811c9dc5
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ source[i], 0x01000193)
  return hash ^ (hash >>> 15)
}

/** Whether source[start, end) are these bytes. */
export function equalBytes(source: Buffer, start: number, end: number, bytes: Buffer): boolean {
  const length = end - start
  if (bytes.length !== length) return false
  for (let i = length - 1; i >= 0; i--) if (source[start + i] !== bytes[i]) return false
  return true
}

/** A bounded map from subject bytes to answers. */
export class RouteCache<R extends Cacheable> {
  readonly #mask: number
  readonly #hashes: Int32Array
  readonly #routes: (R | undefined)[]
  /** Hashes of subjects that were asked for once. */
  readonly #seen: Int32Array
  #victim = 0
  /** Hash of the subject that was asked for last. */
  asked = 0

  /** @param entries about how many routes to keep; rounded up to a power of two */
  constructor(entries: number) {
    let sets = 16
    while (sets * WAYS < entries) sets *= 2
    this.#mask = sets - 1
    this.#hashes = new Int32Array(sets * WAYS)
    this.#routes = new Array(sets * WAYS).fill(undefined)
    this.#seen = new Int32Array(sets * WAYS)
  }

  find(source: Buffer, start: number, end: number): R | undefined {
    const hash = hashBytes(source, start, end)
    this.asked = hash
    const base = (hash & this.#mask) * WAYS
    const hashes = this.#hashes
    for (let i = base; i < base + WAYS; i++) {
      if (hashes[i] !== hash) continue
      const route = this.#routes[i]
      if (route !== undefined && equalBytes(source, start, end, route.subjectBytes)) return route
    }
    return undefined
  }

  /**
   * Whether the subject with this hash is worth keeping: not when it is asked for the first time. Inboxes and the like never come back; their answers would
   * only drive out others, and grow old before they are collected.
   */
  isWorthKeeping(hash: number): boolean {
    const place = hash & (this.#seen.length - 1)
    if (this.#seen[place] === hash) return true
    this.#seen[place] = hash
    return false
  }

  put(route: R): void {
    const bytes = route.subjectBytes
    const hash = hashBytes(bytes, 0, bytes.length)
    const base = (hash & this.#mask) * WAYS
    let place = -1
    for (let i = base; i < base + WAYS && place < 0; i++) {
      const known = this.#routes[i]
      if (known === undefined || known.subject === route.subject) place = i
    }
    if (place < 0) {
      this.#victim = (this.#victim + 1) % WAYS
      place = base + this.#victim
      // A connection may still remember it as its last route: it must not believe that the index keeps it right.
      this.#routes[place]!.generation = -1
    }
    this.#hashes[place] = hash
    this.#routes[place] = route
  }

  /** The answers kept, whether they still hold or not. For monitoring. */
  *kept(): Generator<R> {
    for (const route of this.#routes) if (route !== undefined) yield route
  }

  /** Declares the route of a literal subject out of date, if there is one. It is not kept: it would keep subscriptions that have ended. */
  invalidate(subject: string): void {
    const bytes = Buffer.from(subject)
    const route = this.find(bytes, 0, bytes.length)
    if (route === undefined) return
    route.generation = -1
    this.#routes[this.#routes.indexOf(route, (hashBytes(bytes, 0, bytes.length) & this.#mask) * WAYS)] = undefined
  }
}
