/**
 * Charsets with one byte for a character. ASCII and ISO 8859-1 are exact; the tables of the others are those of the platform's
 * TextDecoder (WHATWG Encoding Standard, section 9), built when first asked for.
 */
import type { Charset } from './charset.ts'
import { malformed, unmappable } from './loss.ts'
import { utf8 } from './unicode.ts'

const NOTHING = 0xfffd
const QUESTION_MARK = 0x3f

// The standard treats iso-8859-1, -9 and -11 as names of Windows code pages: of these only -1 is here, as its own table.
const TABLES: readonly string[] = [
  ...[2, 3, 4, 5, 6, 7, 8, 10, 13, 14, 15, 16].map((part) => `iso-8859-${part}`),
  ...[0, 1, 2, 3, 4, 5, 6, 7, 8].map((page) => `windows-125${page}`),
  'koi8-r',
  'koi8-u',
  'ibm866',
  'macintosh',
]

const known = new Map<string, Charset>()

/** The charset of this (canonical) name, if it has one byte for a character. */
export function singleByteCharset(name: string): Charset | undefined {
  let found = known.get(name)
  if (found !== undefined) return found
  const table = tableOf(name)
  if (table === undefined) return undefined
  found = fromTable(name, table)
  known.set(name, found)
  return found
}

function tableOf(name: string): Uint16Array | undefined {
  if (name === 'ascii') return Uint16Array.from({ length: 256 }, (_, byte) => (byte < 0x80 ? byte : NOTHING))
  if (name === 'iso-8859-1') return Uint16Array.from({ length: 256 }, (_, byte) => byte)
  if (!TABLES.includes(name)) return undefined
  const decoder = new TextDecoder(name)
  return Uint16Array.from({ length: 256 }, (_, byte) => decoder.decode(Uint8Array.of(byte)).charCodeAt(0))
}

function isAscii(bytes: Buffer): boolean {
  for (let i = 0; i < bytes.length; i++) if (bytes[i] >= 0x80) return false
  return true
}

function fromTable(name: string, table: Uint16Array): Charset {
  const bytesOf = new Map<number, number>()
  table.forEach((code, byte) => {
    if (code !== NOTHING) bytesOf.set(code, byte)
  })
  return {
    name,
    unitBytes: 1,
    bigEndian: false,
    toUtf8(bytes, onMalformed) {
      if (isAscii(bytes)) return bytes
      const codes = Buffer.allocUnsafe(bytes.length * 2)
      for (let i = 0; i < bytes.length; i++) {
        const code = table[bytes[i]]
        if (code === NOTHING && onMalformed === 'error') throw malformed(name, bytes, i)
        codes.writeUInt16LE(code, i * 2)
      }
      return Buffer.from(codes.toString('utf16le'))
    },
    fromUtf8(text, onUnmappable) {
      if (isAscii(text)) return text
      const characters = utf8.toUtf8(text, onUnmappable).toString('utf8')
      const encoded = Buffer.allocUnsafe(characters.length)
      let at = 0
      let offset = 0
      for (const character of characters) {
        const byte = bytesOf.get(character.codePointAt(0) as number)
        if (byte === undefined && onUnmappable === 'error') throw unmappable(name, character, offset)
        encoded[at++] = byte ?? QUESTION_MARK
        offset += Buffer.byteLength(character)
      }
      return encoded.subarray(0, at)
    },
    incompleteBytes: () => 0,
  }
}
