/** Copying bytes on the hot path: a native call costs more than a loop for what is short. */

const LOOP_LIMIT_BYTES = 48

/** Copies source[start, end) to target at `at`; returns the position after it. The caller has made sure that it fits. */
export function copyBytes(target: Buffer, at: number, source: Buffer, start: number, end: number): number {
  const length = end - start
  if (length > LOOP_LIMIT_BYTES) {
    source.copy(target, at, start, end)
    return at + length
  }
  for (let i = start; i < end; i++) target[at++] = source[i]
  return at
}

/** Writes a non-negative integer in decimal; returns the position after it. */
export function writeDecimal(target: Buffer, at: number, value: number): number {
  if (value < 10) {
    target[at] = 48 + value
    return at + 1
  }
  let digits = 1
  for (let power = 10; power <= value; power *= 10) digits++
  let rest = value
  for (let i = at + digits - 1; i >= at; i--) {
    const next = Math.floor(rest / 10)
    target[i] = 48 + (rest - next * 10)
    rest = next
  }
  return at + digits
}
