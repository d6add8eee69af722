/** Whether a sequence number comes after another (RFC 9293 3.4: modulo 2^32). */
export function later(a: number, b: number): boolean {
  return ((a - b) | 0) > 0
}
