import type { Ranges } from '../patterns/ranges.ts'

/** What the automaton looks for: sequences of byte sets; `boundary` sequences may begin before the input. */
export interface AutomatonSequence {
  readonly sets: readonly Ranges[]
  readonly boundary: boolean
  /** What is told when the sequence was seen. */
  readonly id: number
}

/** Transition not computed yet. Values below it are `-2 - row`: a row at whose entry something was seen. */
const UNKNOWN = -1
const MAX_STATES = 16_384

/**
 * Finds all sequences in one pass: a deterministic automaton over byte classes, whose rows are computed when they are first
 * needed. One load per byte for its class, one for its row; nothing else happens until a sequence was seen.
 */
export class Automaton {
  /** Byte to class. */
  readonly classOf: Uint8Array = new Uint8Array(256)
  readonly #stride: number
  /** For each position (one set of one sequence) the classes it takes, as a bit table of `stride` bytes. */
  readonly #takes: Uint8Array[] = []
  readonly #isLast: boolean[] = []
  readonly #idOf: number[] = []
  /** For each class, the positions that are reached from nothing. */
  readonly #starts: number[][] = []
  readonly #atStart: number[] = []

  /** Row-major transitions; a row is named by its offset. Replaced when it grows: read it again after `advance`. */
  table: Int32Array
  #rows: number[][] = []
  #outputs: (Int32Array | undefined)[] = []
  #rowOf = new Map<string, number>()

  constructor(sequences: readonly AutomatonSequence[]) {
    this.#stride = this.#classify(sequences)
    for (let index = 0; index < this.#stride; index++) this.#starts.push([])
    for (const sequence of sequences) this.#add(sequence)
    this.table = new Int32Array(64 * this.#stride)
    this.#reset()
  }

  /** The row to begin with. */
  get initial(): number {
    return 0
  }

  get states(): number {
    return this.#rows.length
  }

  /** Identifiers of what was seen on entering a row (given as the table's value, -2 or less). */
  seen(value: number): Int32Array {
    return this.#outputs[(-2 - value) / this.#stride] as Int32Array
  }

  /** The row that a value of the table leads to. */
  row(value: number): number {
    return value < UNKNOWN ? -2 - value : value
  }

  /** The transition from a row on a byte, computed if it is not known. */
  advance(row: number, byte: number): number {
    const cell = row + this.classOf[byte]
    if (this.table[cell] !== UNKNOWN) return this.table[cell]
    if (this.#rows.length >= MAX_STATES) {
      const positions = this.#rows[row / this.#stride]
      this.#reset()
      return this.#compute(positions, this.classOf[byte])
    }
    const value = this.#compute(this.#rows[row / this.#stride], this.classOf[byte])
    this.table[cell] = value
    return value
  }

  #reset(): void {
    this.table.fill(UNKNOWN)
    this.#rows = []
    this.#outputs = []
    this.#rowOf = new Map()
    this.#intern(this.#atStart, [])
  }

  #compute(positions: readonly number[], byteClass: number): number {
    const next = [...this.#starts[byteClass]]
    const seen: number[] = []
    for (const position of positions) if (this.#takes[position][byteClass] === 1) next.push(position + 1)
    const live: number[] = []
    for (const position of next) {
      if (this.#isLast[position - 1]) seen.push(this.#idOf[position - 1])
      else live.push(position)
    }
    live.sort((a, b) => a - b)
    return this.#intern(live, seen)
  }

  #intern(positions: readonly number[], seen: readonly number[]): number {
    const key = seen.length === 0 ? positions.join() : `${positions.join()};${seen.join()}`
    const known = this.#rowOf.get(key)
    if (known !== undefined) return known
    const index = this.#rows.length
    const row = index * this.#stride
    if (row + this.#stride > this.table.length) this.#grow()
    this.#rows.push([...positions])
    this.#outputs.push(seen.length === 0 ? undefined : Int32Array.from(seen))
    const value = seen.length === 0 ? row : -2 - row
    this.#rowOf.set(key, value)
    return value
  }

  #grow(): void {
    const larger = new Int32Array(this.table.length * 2).fill(UNKNOWN)
    larger.set(this.table)
    this.table = larger
  }

  #add(sequence: AutomatonSequence): void {
    const first = this.#takes.length
    for (const set of sequence.sets) {
      const takes = new Uint8Array(this.#stride)
      for (let i = 0; i < set.length; i += 2) {
        for (let byte = set[i]; byte <= Math.min(set[i + 1], 255); byte++) takes[this.classOf[byte]] = 1
      }
      this.#takes.push(takes)
      this.#isLast.push(false)
      this.#idOf.push(sequence.id)
    }
    this.#isLast[this.#takes.length - 1] = true
    for (let byteClass = 0; byteClass < this.#stride; byteClass++) {
      if (this.#takes[first][byteClass] === 1) this.#starts[byteClass].push(first + 1)
    }
    if (sequence.boundary) this.#atStart.push(first + 1)
  }

  /** Bytes that no set tells apart share a class. */
  #classify(sequences: readonly AutomatonSequence[]): number {
    const distinct = new Map<string, Ranges>()
    for (const sequence of sequences) for (const set of sequence.sets) distinct.set(set.join(), set)
    let count = 1
    for (const set of distinct.values()) {
      const split = new Map<number, number>()
      for (let i = 0; i < set.length; i += 2) {
        for (let byte = set[i]; byte <= Math.min(set[i + 1], 255); byte++) {
          const old = this.classOf[byte]
          if (!split.has(old)) split.set(old, count++)
          this.classOf[byte] = split.get(old) as number
        }
      }
      count = this.#renumber()
    }
    return count
  }

  #renumber(): number {
    const names = new Map<number, number>()
    for (let byte = 0; byte < 256; byte++) {
      const old = this.classOf[byte]
      if (!names.has(old)) names.set(old, names.size)
      this.classOf[byte] = names.get(old) as number
    }
    return names.size
  }
}
