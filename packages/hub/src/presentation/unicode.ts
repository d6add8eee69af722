/** UTF-8 and UTF-16. Source: RFC 3629 (UTF-8), RFC 2781 (UTF-16), Unicode 3.9 (maximal subparts for the offsets). */
import { isUtf8 } from 'node:buffer'
import type { Charset } from './charset.ts'
import { malformed } from './loss.ts'

/**
 * Where the first sequence begins that is no UTF-8; -1 when all of it is. Overlong forms, surrogates and what lies beyond
 * U+10FFFF are none (RFC 3629 section 3).
 */
export function firstMalformedUtf8(bytes: Buffer): number {
  if (isUtf8(bytes)) return -1
  let at = 0
  while (at < bytes.length) {
    const size = sequenceBytes(bytes, at)
    if (size <= 0) return at
    at += size
  }
  return -1
}

/** Length of the sequence at `at`; 0 when it is malformed; negative when it is right so far and the end cuts it. */
function sequenceBytes(bytes: Buffer, at: number): number {
  const lead = bytes[at]
  if (lead < 0x80) return 1
  if (lead < 0xc2 || lead > 0xf4) return 0
  const size = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4
  // The second byte decides about overlong forms, surrogates and the upper end.
  const low = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80
  const high = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf
  for (let k = 1; k < size; k++) {
    if (at + k >= bytes.length) return -1
    const byte = bytes[at + k]
    if (byte < (k === 1 ? low : 0x80) || byte > (k === 1 ? high : 0xbf)) return 0
  }
  return size
}

/** UTF-8: nothing changes but that it is checked. */
export const utf8: Charset = {
  name: 'utf-8',
  unitBytes: 1,
  bigEndian: false,
  toUtf8(bytes, onMalformed) {
    const offset = firstMalformedUtf8(bytes)
    if (offset < 0) return bytes
    if (onMalformed === 'error') throw malformed('utf-8', bytes, offset)
    return Buffer.from(bytes.toString('utf8'))
  },
  fromUtf8(text, onUnmappable) {
    return this.toUtf8(text, onUnmappable)
  },
  incompleteBytes(bytes) {
    for (let back = 1; back <= Math.min(3, bytes.length); back++) {
      const byte = bytes[bytes.length - back]
      if (byte >= 0xc0) return sequenceBytes(bytes, bytes.length - back) < 0 ? back : 0
      if (byte < 0x80) return 0
    }
    return 0
  },
}

// The upper six bits of a unit's high byte (RFC 2781 section 2.1).
const HIGH_SURROGATE = 0xd8
const LOW_SURROGATE = 0xdc

function swapped(bytes: Buffer): Buffer {
  return Buffer.from(bytes).swap16()
}

/** UTF-16 in one byte order. A byte order mark is a character like any other here. */
export function utf16(name: string, bigEndian: boolean): Charset {
  const highByte = bigEndian ? 0 : 1
  const startsWith = (bytes: Buffer, at: number, top: number): boolean => (bytes[at + highByte] & 0xfc) === top
  const decode = (bytes: Buffer): string => (bigEndian ? swapped(bytes) : bytes).toString('utf16le')
  return {
    name,
    unitBytes: 2,
    bigEndian,
    toUtf8(bytes, onMalformed) {
      const even = bytes.length & ~1
      const text = decode(even === bytes.length ? bytes : bytes.subarray(0, even))
      if (even === bytes.length && text.isWellFormed()) return Buffer.from(text)
      if (onMalformed === 'replace') return Buffer.from(even === bytes.length ? text : `${text}\ufffd`)
      for (let at = 0; at < even; at += 2) {
        if (startsWith(bytes, at, LOW_SURROGATE)) throw malformed(name, bytes, at)
        if (!startsWith(bytes, at, HIGH_SURROGATE)) continue
        if (at + 2 >= even || !startsWith(bytes, at + 2, LOW_SURROGATE)) throw malformed(name, bytes, at)
        at += 2
      }
      throw malformed(name, bytes, even)
    },
    fromUtf8(text, onUnmappable) {
      const encoded = Buffer.from(utf8.toUtf8(text, onUnmappable).toString('utf8'), 'utf16le')
      return bigEndian ? encoded.swap16() : encoded
    },
    incompleteBytes(bytes) {
      const odd = bytes.length & 1
      const even = bytes.length - odd
      return even >= 2 && startsWith(bytes, even - 2, HIGH_SURROGATE) ? odd + 2 : odd
    },
  }
}
