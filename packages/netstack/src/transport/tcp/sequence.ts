/** Arithmetic on sequence numbers modulo 2^32, held as int32 (RFC 9293 3.4). Also right for timestamps (RFC 7323 5.2). */

/** a < b */
export function seqBefore(a: number, b: number): boolean {
  return ((a - b) | 0) < 0
}

/** a <= b */
export function seqAtMost(a: number, b: number): boolean {
  return ((a - b) | 0) <= 0
}

/** a > b */
export function seqAfter(a: number, b: number): boolean {
  return ((a - b) | 0) > 0
}

/** The later of two. */
export function seqMax(a: number, b: number): number {
  return ((a - b) | 0) >= 0 ? a : b
}
