/**
 * A view is text with one level of escaping undone, together with the way back: every offset in it has an offset in
 * the bytes it was made from. Views stack: JSON in a string of JSON, percent-encoding within that.
 */

import { escapeLength, hex4, hexDigit } from '../json/tape.ts'

export type ViewKind = 'json' | 'percent' | 'form'

const BACKSLASH = 0x5c
const PERCENT = 0x25

export class View {
  /** The decoded bytes; only `length` of them count. */
  bytes: Buffer = Buffer.allocUnsafeSlow(1024)
  length = 0
  kind: ViewKind = 'json'
  /** Pairs (view offset, source offset): from there on one byte is one byte, until the next pair. */
  #pairs = new Int32Array(128)
  #pairCount = 0

  /** Undoes JSON escapes in `source[start, end)`; what is not an escape stays as it is. */
  unescapeJson(source: Uint8Array, start: number, end: number): void {
    this.#begin('json', start, end)
    let position = start
    while (position < end) {
      const found = indexOfByte(source, BACKSLASH, position, end)
      this.#copy(source, position, found)
      if (found >= end) break
      const length = escapeLength(source, found, end)
      if (length === 0) {
        this.#copy(source, found, found + 1)
        position = found + 1
        continue
      }
      position = found + this.#escape(source, found, end, length)
      this.#mark(position)
    }
  }

  /** Undoes percent-encoding (RFC 3986 section 2.1); with `form` a `+` is a space (WHATWG URL section 5.1). */
  unescapePercent(source: Uint8Array, start: number, end: number, form: boolean): void {
    this.#begin(form ? 'form' : 'percent', start, end)
    for (let position = start; position < end; ) {
      const byte = source[position]
      if (byte === PERCENT && position + 2 < end) {
        const high = hexDigit(source[position + 1])
        const low = hexDigit(source[position + 2])
        if (high >= 0 && low >= 0) {
          this.#unit(position)
          this.bytes[this.length++] = high * 16 + low
          position += 3
          this.#mark(position)
          continue
        }
      }
      this.bytes[this.length++] = form && byte === 0x2b ? 0x20 : byte
      position++
    }
  }

  /** Source offset of what begins at a view offset; within an escape, where that begins. */
  sourceStart(offset: number): number {
    const at = this.#pairAt(offset)
    const source = this.#pairs[at + 1]
    return source < 0 ? -source - 1 : source + (offset - this.#pairs[at])
  }

  /** Source offset behind what ends (exclusive) at a view offset; within an escape, where that ends. */
  sourceEnd(offset: number): number {
    if (offset === 0) return this.sourceStart(0)
    const pairs = this.#pairs
    const at = this.#pairAt(offset - 1)
    if (pairs[at + 1] >= 0) return pairs[at + 1] + (offset - pairs[at])
    const next = pairs[at + 3]
    return next < 0 ? -next - 1 : next
  }

  /** What `text` must look like in the source. */
  encode(text: string): string {
    if (this.kind === 'json') return escapeJson(text)
    const encoded = encodeURIComponent(text.toWellFormed())
    return this.kind === 'form' ? encoded.replaceAll('%20', '+') : encoded
  }

  #pairAt(offset: number): number {
    const pairs = this.#pairs
    let low = 0
    let high = this.#pairCount / 2 - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (pairs[middle * 2] <= offset) low = middle
      else high = middle - 1
    }
    return low * 2
  }

  #begin(kind: ViewKind, start: number, end: number): void {
    this.kind = kind
    this.length = 0
    this.#pairCount = 0
    const needed = end - start
    if (this.bytes.length < needed || this.bytes.length > needed + keptBytes) {
      this.bytes = Buffer.allocUnsafeSlow(Math.max(1024, needed + (needed >> 2)))
    }
    if (this.#pairs.length > keptPairs) this.#pairs = new Int32Array(128)
    this.#mark(start)
  }

  #copy(source: Uint8Array, from: number, to: number): void {
    const length = to - from
    if (length > 32) this.bytes.set(source.subarray(from, to), this.length)
    else for (let index = 0; index < length; index++) this.bytes[this.length + index] = source[from + index]
    this.length += length
  }

  #escape(source: Uint8Array, position: number, end: number, length: number): number {
    this.#unit(position)
    if (length === 2) {
      this.bytes[this.length++] = shortEscape(source[position + 1])
      return 2
    }
    const first = hex4(source, position + 2, end)
    if (first >= 0xd800 && first <= 0xdbff && source[position + 6] === BACKSLASH && source[position + 7] === 0x75) {
      const second = hex4(source, position + 8, end)
      if (second >= 0xdc00 && second <= 0xdfff) {
        this.#code(0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00))
        return 12
      }
    }
    this.#code(first >= 0xd800 && first <= 0xdfff ? 0xfffd : first)
    return 6
  }

  #code(code: number): void {
    const bytes = this.bytes
    if (code < 0x80) bytes[this.length++] = code
    else if (code < 0x800) {
      bytes[this.length++] = 0xc0 | (code >> 6)
      bytes[this.length++] = 0x80 | (code & 63)
    } else {
      if (code < 0x10000) bytes[this.length++] = 0xe0 | (code >> 12)
      else {
        bytes[this.length++] = 0xf0 | (code >> 18)
        bytes[this.length++] = 0x80 | ((code >> 12) & 63)
      }
      bytes[this.length++] = 0x80 | ((code >> 6) & 63)
      bytes[this.length++] = 0x80 | (code & 63)
    }
  }

  /** The source offset at which the next run of equal bytes starts. */
  #mark(source: number): void {
    this.#pair(source)
  }

  /** One escape starts here: however many bytes it becomes, they belong together. */
  #unit(source: number): void {
    this.#pair(-source - 1)
  }

  #pair(source: number): void {
    const last = this.#pairCount - 2
    if (last >= 0 && this.#pairs[last] === this.length && this.#pairs[last + 1] >= 0) this.#pairCount -= 2
    if (this.#pairCount + 2 > this.#pairs.length) {
      const wider = new Int32Array(this.#pairs.length * 2)
      wider.set(this.#pairs)
      this.#pairs = wider
    }
    this.#pairs[this.#pairCount] = this.length
    this.#pairs[this.#pairCount + 1] = source
    this.#pairCount += 2
  }
}

const keptBytes = 1024 * 1024
const keptPairs = 262_144

function shortEscape(byte: number): number {
  switch (byte) {
    case 0x62:
      return 8
    case 0x66:
      return 12
    case 0x6e:
      return 10
    case 0x72:
      return 13
    case 0x74:
      return 9
    default:
      return byte
  }
}

/** Nothing that JSON escapes. */
const plainJson = /^[ !#-[\]-~]*$/

/** A string's characters as they stand between the quotes of a JSON string. */
export function escapeJson(text: string): string {
  if (plainJson.test(text)) return text
  return JSON.stringify(text).slice(1, -1)
}

/** Offset of a byte within `[start, end)`, else `end`. Never looks behind `end`: a value costs what it is long. */
export function indexOfByte(bytes: Uint8Array, byte: number, start: number, end: number): number {
  if (end - start < 64) {
    for (let position = start; position < end; position++) if (bytes[position] === byte) return position
    return end
  }
  const found = end === bytes.length ? bytes.indexOf(byte, start) : bytes.subarray(start, end).indexOf(byte)
  if (found < 0) return end
  return end === bytes.length ? found : found + start
}

/** Whether `%` and two hexadecimal digits stand somewhere in the range. */
export function hasPercentEscape(bytes: Uint8Array, start: number, end: number): boolean {
  for (let position = indexOfByte(bytes, PERCENT, start, end); position < end; ) {
    if (position + 2 < end && hexDigit(bytes[position + 1]) >= 0 && hexDigit(bytes[position + 2]) >= 0) return true
    position = indexOfByte(bytes, PERCENT, position + 1, end)
  }
  return false
}
