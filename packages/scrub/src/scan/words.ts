/** Context words: how they are looked for, and when they count. */

const LETTERS = /^[a-z]+$/

/**
 * Trigger expressions for a context word: blanks are optional separators; words beyond ASCII in their UTF-8 form, lower case,
 * capitalised and upper case (ASCII is compared without case anyway).
 */
export function wordTriggers(word: string): string[] {
  if (mustStandAlone(word)) return aloneTriggers(word)
  const forms = isAscii(word) ? [word] : [...new Set([word, word[0].toUpperCase() + word.slice(1), word.toUpperCase()])]
  return forms.map((form) =>
    Buffer.from(form, 'utf8')
      .toString('latin1')
      .replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
      .replace(/[ ']/g, "[ _.'-]?"),
  )
}

/**
 * A word that must stand alone is looked for with what stands around it (the end of the input counts as a line end): no letter
 * or digit before it, or a change of case, and no small letter after it.
 */
function aloneTriggers(word: string): string[] {
  const anyCase = [...word].map((char) => `[${char}${char.toUpperCase()}]`).join('')
  const capital = word[0].toUpperCase() + word.slice(1)
  const after = word.length <= 2 ? '[^a-z0-9]' : '[^a-z]'
  return [`(?<![A-Za-z0-9])${anyCase}${after}`, `[a-z]${capital}${after}`]
}

function isAscii(word: string): boolean {
  return Buffer.byteLength(word, 'utf8') === word.length
}

/** Short words mean something only when they stand alone: `tel` is none in `hotel`. */
export function mustStandAlone(word: string): boolean {
  return word.length <= 4 && LETTERS.test(word)
}

function isUpper(byte: number): boolean {
  return byte >= 0x41 && byte <= 0x5a
}

function isLower(byte: number): boolean {
  return byte >= 0x61 && byte <= 0x7a
}

/** Whether `bytes[from, to)` is a word of its own within `[start, end)`; a change of case is a boundary, as in `homeTel`. */
export function standsAlone(bytes: Uint8Array, start: number, end: number, from: number, to: number): boolean {
  if (from > start) {
    const before = bytes[from - 1]
    if (isUpper(before)) return false
    if (isLower(before) && !isUpper(bytes[from])) return false
  }
  if (to < end) {
    const after = bytes[to]
    if (isLower(after)) return false
    if (isUpper(after) && !isLower(bytes[to - 1])) return false
  }
  return true
}

/** The longest name of a detector. */
const LABEL_LENGTH = 48

function isOfLabel(byte: number): boolean {
  return isLower(byte) || (byte >= 0x30 && byte <= 0x39) || byte === 0x2d
}

/**
 * Whether the word that ends before `at` stands in a label such as `[phone]`: that is what a redaction left, and it must not vouch
 * for what stands beside it.
 */
export function isInLabel(bytes: Uint8Array, start: number, end: number, at: number): boolean {
  let to = at
  while (to < end && to - at < LABEL_LENGTH && isOfLabel(bytes[to])) to++
  if (to >= end || bytes[to] !== 0x5d) return false
  let from = at
  while (from > start && at - from < LABEL_LENGTH && isOfLabel(bytes[from - 1])) from--
  return from > start && bytes[from - 1] === 0x5b
}
