/**
 * One pass over JSON bytes (RFC 8259) that writes a flat list of tokens: where each value, key and container starts
 * and ends. Nothing is decoded and nothing is allocated per token; a tape is reused from message to message.
 * Several documents behind one another (NDJSON) are one tape with several roots.
 */

export const OBJECT = 1
export const ARRAY = 2
export const KEY = 3
export const STRING = 4
export const NUMBER = 5
export const TRUE = 6
export const FALSE = 7
export const NULL = 8

/** Set on a STRING or KEY in which a backslash stands. */
export const ESCAPED = 16
export const KIND_MASK = 15

/** Integers per token: kind and flags, start, end (exclusive, quotes and brackets included), index of the next token after it. */
export const STRIDE = 4

export type JsonFault = '' | 'syntax' | 'depth' | 'tokens'

const QUOTE = 0x22
const BACKSLASH = 0x5c

const enough = 256
const keptTokens = 65_536

// States of the parser: what may come next.
const VALUE = 0
const VALUE_OR_END = 1
const NAME = 2
const NAME_OR_END = 3
const AFTER = 4

export interface TapeLimits {
  /** Containers within containers; default 512. */
  readonly maxDepth?: number
  /** Tokens of one payload; default 4 Mi. */
  readonly maxTokens?: number
}

export class JsonTape {
  /** `STRIDE` integers per token. */
  tokens: Int32Array = new Int32Array(enough * STRIDE)
  /** How many tokens there are. */
  count = 0
  /** Why `parse` answered false. */
  fault: JsonFault = ''
  /** Byte offset of the fault. */
  faultAt = 0
  /** How many documents stand at the top. */
  roots = 0
  deepest = 0

  #stack = new Int32Array(64)
  #depth = 0
  #bytes: Uint8Array = new Uint8Array(0)
  #position = 0
  #end = 0
  #maxDepth: number
  #maxTokens: number

  constructor(limits: TapeLimits = {}) {
    this.#maxDepth = limits.maxDepth ?? 512
    this.#maxTokens = limits.maxTokens ?? 4 * 1024 * 1024
  }

  /** Fills the tape; false when `bytes[start, end)` is not JSON within the limits (the tokens up to there stay). */
  parse(bytes: Uint8Array, start: number, end: number): boolean {
    if (this.tokens.length > keptTokens * STRIDE) this.tokens = new Int32Array(enough * STRIDE)
    this.#bytes = bytes
    this.#position = start
    this.#end = end
    this.#depth = 0
    this.count = 0
    this.roots = 0
    this.deepest = 0
    this.fault = ''
    const sound = this.#run()
    this.#bytes = noBytes
    if (!sound) {
      if (this.fault === '') this.fault = 'syntax'
      this.faultAt = this.#position
      for (let index = 0; index < this.#depth; index++) this.#close(this.#stack[index], end)
    }
    return sound
  }

  #run(): boolean {
    const bytes = this.#bytes
    const end = this.#end
    let state = VALUE
    for (;;) {
      let position = this.#position
      let byte = 0
      while (position < end && ((byte = bytes[position]) === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09)) {
        position++
      }
      this.#position = position
      if (position >= end) return this.#depth === 0 && state === VALUE && this.roots > 0
      if (state === AFTER) {
        if (byte === 0x2c) {
          state = this.#topIsObject() ? NAME : VALUE
          this.#position = position + 1
          continue
        }
        state = this.#leave(byte)
      } else if (state >= NAME) {
        if (byte === QUOTE) state = this.#name()
        else state = state === NAME_OR_END ? this.#leave(byte) : -1
      } else if (byte === 0x5d && state === VALUE_OR_END) {
        state = this.#leave(byte)
      } else {
        state = this.#value(byte)
      }
      if (state < 0) return false
    }
  }

  #topIsObject(): boolean {
    return this.tokens[this.#stack[this.#depth - 1]] === OBJECT
  }

  /** What comes after a complete value: at the top the next document. */
  #after(): number {
    if (this.#depth > 0) return AFTER
    this.roots++
    return VALUE
  }

  #value(byte: number): number {
    if (byte === QUOTE) return this.#string(STRING) ? this.#after() : -1
    if (byte === 0x7b || byte === 0x5b) return this.#enter(byte === 0x7b ? OBJECT : ARRAY)
    if (byte === 0x2d || (byte >= 0x30 && byte <= 0x39)) return this.#number() ? this.#after() : -1
    if (byte === 0x74) return this.#word(TRUE, 0x72, 0x75, 0x65, 4) ? this.#after() : -1
    if (byte === 0x6e) return this.#word(NULL, 0x75, 0x6c, 0x6c, 4) ? this.#after() : -1
    if (byte === 0x66) return this.#word(FALSE, 0x61, 0x6c, 0x73, 5) ? this.#after() : -1
    return -1
  }

  #enter(kind: number): number {
    if (this.#depth >= this.#maxDepth) {
      this.fault = 'depth'
      return -1
    }
    if (this.#depth >= this.#stack.length) {
      const wider = new Int32Array(this.#stack.length * 4)
      wider.set(this.#stack)
      this.#stack = wider
    }
    const index = this.#add(kind, this.#position, 0)
    if (index < 0) return -1
    this.#stack[this.#depth++] = index
    if (this.#depth > this.deepest) this.deepest = this.#depth
    this.#position++
    return kind === OBJECT ? NAME_OR_END : VALUE_OR_END
  }

  #leave(byte: number): number {
    if (this.#depth === 0) return -1
    if (byte !== (this.#topIsObject() ? 0x7d : 0x5d)) return -1
    this.#position++
    this.#close(this.#stack[--this.#depth], this.#position)
    return this.#after()
  }

  #close(index: number, end: number): void {
    this.tokens[index + 2] = end
    this.tokens[index + 3] = this.count * STRIDE
  }

  #name(): number {
    if (!this.#string(KEY)) return -1
    const bytes = this.#bytes
    let position = this.#position
    let byte = bytes[position]
    while (position < this.#end && (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09)) {
      byte = bytes[++position]
    }
    this.#position = position
    if (position >= this.#end || byte !== 0x3a) return -1
    this.#position = position + 1
    return VALUE
  }

  #string(kind: number): boolean {
    const bytes = this.#bytes
    const end = this.#end
    const start = this.#position
    let position = start + 1
    let flags = 0
    for (;;) {
      if (position >= end) {
        this.#position = position
        return false
      }
      const byte = bytes[position]
      if (byte === QUOTE) break
      if (byte === BACKSLASH) {
        flags = ESCAPED
        const length = escapeLength(bytes, position, end)
        if (length === 0) {
          this.#position = position
          return false
        }
        position += length
      } else if (byte < 0x20) {
        this.#position = position
        return false
      } else position++
    }
    this.#position = position + 1
    return this.#add(kind | flags, start, position + 1) >= 0
  }

  #number(): boolean {
    const bytes = this.#bytes
    const end = this.#end
    const start = this.#position
    let position = start
    if (bytes[position] === 0x2d) position++
    const first = position
    position = digits(bytes, position, end)
    let sound = position > first && (bytes[first] !== 0x30 || position === first + 1)
    if (sound && position < end && bytes[position] === 0x2e) {
      const fraction = position + 1
      position = digits(bytes, fraction, end)
      sound = position > fraction
    }
    if (sound && position < end && (bytes[position] | 0x20) === 0x65) {
      position++
      if (position < end && (bytes[position] === 0x2b || bytes[position] === 0x2d)) position++
      const exponent = position
      position = digits(bytes, exponent, end)
      sound = position > exponent
    }
    this.#position = position
    return sound && this.#add(NUMBER, start, position) >= 0
  }

  #word(kind: number, second: number, third: number, fourth: number, length: number): boolean {
    const bytes = this.#bytes
    const start = this.#position
    if (start + length > this.#end) return false
    if (bytes[start + 1] !== second || bytes[start + 2] !== third || bytes[start + 3] !== fourth) return false
    if (length === 5 && bytes[start + 4] !== 0x65) return false
    this.#position = start + length
    return this.#add(kind, start, start + length) >= 0
  }

  #add(kind: number, start: number, end: number): number {
    const index = this.count * STRIDE
    if (this.count >= this.#maxTokens) {
      this.fault = 'tokens'
      return -1
    }
    if (index >= this.tokens.length) {
      const wider = new Int32Array(this.tokens.length * 2)
      wider.set(this.tokens)
      this.tokens = wider
    }
    const tokens = this.tokens
    tokens[index] = kind
    tokens[index + 1] = start
    tokens[index + 2] = end
    tokens[index + 3] = index + STRIDE
    this.count++
    return index
  }
}

const noBytes = new Uint8Array(0)

function digits(bytes: Uint8Array, position: number, end: number): number {
  while (position < end && bytes[position] >= 0x30 && bytes[position] <= 0x39) position++
  return position
}

/** How long the escape at a backslash is: 2, 6, or 0 when it is none. */
export function escapeLength(bytes: Uint8Array, position: number, end: number): number {
  if (position + 1 >= end) return 0
  switch (bytes[position + 1]) {
    case 0x22:
    case 0x5c:
    case 0x2f:
    case 0x62:
    case 0x66:
    case 0x6e:
    case 0x72:
    case 0x74:
      return 2
    case 0x75:
      return hex4(bytes, position + 2, end) >= 0 ? 6 : 0
    default:
      return 0
  }
}

/** Four hexadecimal digits as a number, -1 when they are not. */
export function hex4(bytes: Uint8Array, position: number, end: number): number {
  if (position + 4 > end) return -1
  let value = 0
  for (let index = position; index < position + 4; index++) {
    const digit = hexDigit(bytes[index])
    if (digit < 0) return -1
    value = value * 16 + digit
  }
  return value
}

export function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30
  const lower = byte | 0x20
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1
}
