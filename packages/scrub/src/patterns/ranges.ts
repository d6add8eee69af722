/** Sets of code points as sorted, disjoint, inclusive ranges: `[lo, hi, lo, hi, ...]`. */
export type Ranges = readonly number[]

export const DIGIT: Ranges = [0x30, 0x39]
export const WORD: Ranges = [0x30, 0x39, 0x41, 0x5a, 0x5f, 0x5f, 0x61, 0x7a]
/** The white space of ECMA-262 that fits one byte, and what lies beyond it. */
export const SPACE: Ranges = [
  0x09, 0x0d, 0x20, 0x20, 0xa0, 0xa0, 0x1680, 0x1680, 0x2000, 0x200a, 0x2028, 0x2029, 0x202f, 0x202f, 0x205f, 0x205f,
  0x3000, 0x3000, 0xfeff, 0xfeff,
]
export const LINE_END: Ranges = [0x0a, 0x0a, 0x0d, 0x0d, 0x2028, 0x2029]

/** Sorts and joins ranges given in any order. */
export function normalise(pairs: readonly number[]): Ranges {
  const list: [number, number][] = []
  for (let i = 0; i < pairs.length; i += 2) list.push([pairs[i], pairs[i + 1]])
  list.sort((a, b) => a[0] - b[0])
  const out: number[] = []
  for (const [lo, hi] of list) {
    const last = out.length - 1
    if (last > 0 && lo <= out[last] + 1) out[last] = Math.max(out[last], hi)
    else out.push(lo, hi)
  }
  return out
}

/** What is not in the set, up to and including `max`. */
export function complement(ranges: Ranges, max: number): Ranges {
  const out: number[] = []
  let from = 0
  for (let i = 0; i < ranges.length && ranges[i] <= max; i += 2) {
    if (ranges[i] > from) out.push(from, ranges[i] - 1)
    from = ranges[i + 1] + 1
  }
  if (from <= max) out.push(from, max)
  return out
}

/** Adds the other case of ASCII letters. Letters beyond ASCII keep their case: bytes of UTF-8 have none. */
export function foldCase(ranges: Ranges): Ranges {
  const out = [...ranges]
  for (let i = 0; i < ranges.length; i += 2) {
    const upperLo = Math.max(ranges[i], 0x41)
    const upperHi = Math.min(ranges[i + 1], 0x5a)
    if (upperLo <= upperHi) out.push(upperLo + 32, upperHi + 32)
    const lowerLo = Math.max(ranges[i], 0x61)
    const lowerHi = Math.min(ranges[i + 1], 0x7a)
    if (lowerLo <= lowerHi) out.push(lowerLo - 32, lowerHi - 32)
  }
  return normalise(out)
}

/** The set as a table over bytes: 1 where a byte belongs to it. */
export function toByteTable(ranges: Ranges): Uint8Array {
  const table = new Uint8Array(256)
  for (let i = 0; i < ranges.length; i += 2) {
    for (let byte = ranges[i]; byte <= Math.min(ranges[i + 1], 255); byte++) table[byte] = 1
  }
  return table
}

/**
 * Byte sequences (each a list of `[lo, hi]` per position) whose union is the UTF-8 form of the set.
 * The usual splitting at encoding-length and continuation-byte borders; surrogates are left out.
 */
export function toUtf8Sequences(ranges: Ranges): [number, number][][] {
  const out: [number, number][][] = []
  for (let i = 0; i < ranges.length; i += 2) splitLengths(ranges[i], ranges[i + 1], out)
  return out
}

const LENGTH_LIMITS = [0x7f, 0x7ff, 0xffff, 0x10ffff]

function splitLengths(lo: number, hi: number, out: [number, number][][]): void {
  if (lo <= 0xdfff && hi >= 0xd800) {
    if (lo < 0xd800) splitLengths(lo, 0xd7ff, out)
    if (hi > 0xdfff) splitLengths(0xe000, hi, out)
    return
  }
  for (const limit of LENGTH_LIMITS) {
    if (lo > limit) continue
    const top = Math.min(hi, limit)
    splitContinuations(lo, top, out)
    if (top === hi) return
    lo = top + 1
  }
}

function splitContinuations(lo: number, hi: number, out: [number, number][][]): void {
  for (let shift = 6; shift <= 18 && hi > 0x7f; shift += 6) {
    const mask = (1 << shift) - 1
    if ((lo & ~mask) === (hi & ~mask)) continue
    if ((lo & mask) !== 0) {
      splitContinuations(lo, lo | mask, out)
      splitContinuations((lo | mask) + 1, hi, out)
      return
    }
    if ((hi & mask) !== mask) {
      splitContinuations(lo, (hi & ~mask) - 1, out)
      splitContinuations(hi & ~mask, hi, out)
      return
    }
  }
  const a = encode(lo)
  const b = encode(hi)
  out.push(a.map((byte, index): [number, number] => [byte, b[index]]))
}

/** UTF-8 of one code point (RFC 3629 clause 3). */
function encode(point: number): number[] {
  if (point < 0x80) return [point]
  if (point < 0x800) return [0xc0 | (point >> 6), 0x80 | (point & 63)]
  if (point < 0x10000) return [0xe0 | (point >> 12), 0x80 | ((point >> 6) & 63), 0x80 | (point & 63)]
  return [0xf0 | (point >> 18), 0x80 | ((point >> 12) & 63), 0x80 | ((point >> 6) & 63), 0x80 | (point & 63)]
}
