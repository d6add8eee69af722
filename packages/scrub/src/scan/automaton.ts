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
/** Cells of a row: more than there are bytes, since rows at a power of two from each other would share few lines of a cache. */
const STRIDE = 272
const MAX_STATES = 16_384

/**
 * Finds all sequences in one pass: a deterministic automaton over bytes, whose rows are computed when they are first needed. One load
 * per byte; nothing else happens until a sequence was seen.
 */
export class Automaton {
  /** Byte to class. */
  readonly #classOf: Uint8Array = new Uint8Array(256)
  readonly #classes: number
  /** The bytes of each class. */
  readonly #bytesOf: number[][] = []
  /** Bytes of the longest sequence. */
  readonly #longest: number
  /** For each position (one set of one sequence) the classes it takes, as a table of one byte for each. */
  readonly #takes: Uint8Array[] = []
  readonly #isLast: boolean[] = []
  readonly #idOf: number[] = []
  /** For each class, the positions that are reached from nothing. */
  readonly #starts: number[][] = []
  readonly #atStart: number[] = []

  /** Row-major transitions by byte; a row is named by its offset. Replaced when it grows: read it again after `advance`. */
  table: Int32Array
  #rows: number[][] = []
  #outputs: (Int32Array | undefined)[] = []
  #rowOf = new Map<string, number>()

  /** How often all rows were forgotten. */
  #resets = 0
  #neutral = 0

  constructor(sequences: readonly AutomatonSequence[]) {
    this.#classes = this.#classify(sequences)
    for (let index = 0; index < this.#classes; index++) {
      this.#starts.push([])
      this.#bytesOf.push([])
    }
    for (let byte = 0; byte < 256; byte++) this.#bytesOf[this.#classOf[byte]].push(byte)
    for (const sequence of sequences) this.#add(sequence)
    this.#longest = Math.max(1, ...sequences.map(({ sets }) => sets.length))
    this.table = new Int32Array(64 * STRIDE)
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
    return this.#outputs[(-2 - value) / STRIDE] as Int32Array
  }

  /** The row that a value of the table leads to. */
  row(value: number): number {
    return value < UNKNOWN ? -2 - value : value
  }

  /** The transition from a row on a byte, computed if it is not known. */
  advance(row: number, byte: number): number {
    const known = this.table[row + byte]
    if (known !== UNKNOWN) return known
    const byteClass = this.#classOf[byte]
    const positions = this.#rows[row / STRIDE]
    if (this.#rows.length >= MAX_STATES) {
      this.#reset()
      return this.#compute(positions, byteClass)
    }
    const value = this.#compute(positions, byteClass)
    for (const each of this.#bytesOf[byteClass]) this.table[row + each] = value
    return value
  }

  /**
   * How far from `start` on certainly nothing is seen: a place in the bytes, `end` or three before it for all of them. Four parts of
   * the bytes are walked side by side, since a load has to wait for the one before it and not for those of the other parts.
   */
  quietUntil(bytes: Uint8Array, start: number, end: number): number {
    const part = (end - start) >> 2
    // What ends in a part may begin in the one before.
    const overlap = this.#longest - 1
    if (part < overlap) return start
    const rows = this.#walkers
    rows.fill(this.#neutral)
    rows[0] = this.initial
    const resets = this.#resets
    const steps = part + overlap
    for (let done = 0; ; done++) {
      done += this.#walk(bytes, start + done, part, overlap, steps - done)
      if (done === steps) return start + 4 * part
      for (let walker = 0; walker < rows.length; walker++) {
        const at = start + done + (walker === 0 ? 0 : walker * part - overlap)
        const next = this.advance(rows[walker], bytes[at])
        if (next < 0 || this.#resets !== resets) return start + done
        rows[walker] = next
      }
    }
  }

  /** Walks on, two steps a turn, until something may be seen or a transition is not known, or one step is left. Returns the number of steps. */
  #walk(bytes: Uint8Array, at: number, part: number, overlap: number, steps: number): number {
    const { table } = this
    const rows = this.#walkers
    const to1 = part - overlap
    const to2 = to1 + part
    const to3 = to2 + part
    let row0 = rows[0]
    let row1 = rows[1]
    let row2 = rows[2]
    let row3 = rows[3]
    const last = at + steps
    let i = at
    for (; i + 1 < last; i += 2) {
      const next0 = table[row0 + bytes[i]]
      const next1 = table[row1 + bytes[i + to1]]
      const next2 = table[row2 + bytes[i + to2]]
      const next3 = table[row3 + bytes[i + to3]]
      if ((next0 | next1 | next2 | next3) < 0) break
      const after0 = table[next0 + bytes[i + 1]]
      const after1 = table[next1 + bytes[i + to1 + 1]]
      const after2 = table[next2 + bytes[i + to2 + 1]]
      const after3 = table[next3 + bytes[i + to3 + 1]]
      if ((after0 | after1 | after2 | after3) < 0) break
      row0 = after0
      row1 = after1
      row2 = after2
      row3 = after3
    }
    rows[0] = row0
    rows[1] = row1
    rows[2] = row2
    rows[3] = row3
    return i - at
  }
  /** The rows that `#walk` is in. */
  readonly #walkers: Int32Array = new Int32Array(4)

  /** Where to go on, and in which row, when nothing is seen before `at`: as far back as a sequence may reach. */
  resume(start: number, at: number): number {
    const from = Math.max(start, at - this.#longest + 1)
    this.resumeRow = from === start ? this.initial : this.#neutral
    return from
  }
  resumeRow = 0

  #reset(): void {
    this.#resets++
    this.table.fill(UNKNOWN)
    this.#rows = []
    this.#outputs = []
    this.#rowOf = new Map()
    this.#intern(this.#atStart, [])
    this.#neutral = this.#intern([], [])
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
    const row = index * STRIDE
    if (row + STRIDE > this.table.length) this.#grow()
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
      const takes = new Uint8Array(this.#classes)
      for (let i = 0; i < set.length; i += 2) {
        for (let byte = set[i]; byte <= Math.min(set[i + 1], 255); byte++) takes[this.#classOf[byte]] = 1
      }
      this.#takes.push(takes)
      this.#isLast.push(false)
      this.#idOf.push(sequence.id)
    }
    this.#isLast[this.#takes.length - 1] = true
    for (let byteClass = 0; byteClass < this.#classes; byteClass++) {
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
          const old = this.#classOf[byte]
          if (!split.has(old)) split.set(old, count++)
          this.#classOf[byte] = split.get(old) as number
        }
      }
      count = this.#renumber()
    }
    return count
  }

  #renumber(): number {
    const names = new Map<number, number>()
    for (let byte = 0; byte < 256; byte++) {
      const old = this.#classOf[byte]
      if (!names.has(old)) names.set(old, names.size)
      this.#classOf[byte] = names.get(old) as number
    }
    return names.size
  }
}
