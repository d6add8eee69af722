import { isUtf8 } from '../edge/bytes.ts'
import type { ContentCoding } from '../edge/zlib.ts'
import { deflate, inflate } from '../edge/zlib.ts'
import { asBuffer } from '../json/names.ts'
import { Rejection } from './rejection.ts'

export type Charset = 'utf-8' | 'utf-16le' | 'utf-16be' | 'latin1'

/** What a decode stage does, all values given. */
export interface DecodeRules {
  /** Inflated bytes at most. */
  readonly maxInflatedBytes: number
  /** Inflated bytes per compressed byte at most, once 64 KiB are exceeded. */
  readonly maxRatio: number
  /** The charset of payloads that do not say; `auto` is UTF-8 unless a byte order mark or a content type says otherwise. */
  readonly charset: Charset | 'auto'
  /** Whether text that its charset does not allow is refused. */
  readonly malformed: 'reject' | 'keep'
}

export const defaultDecode: DecodeRules = {
  maxInflatedBytes: 16 * 1024 * 1024,
  maxRatio: 200,
  charset: 'auto',
  malformed: 'keep',
}

/** How a payload was wrapped, so that it can be wrapped the same way again. */
export interface Wrapping {
  /** Outermost first. */
  readonly codings: readonly ContentCoding[]
  readonly charset: Charset
  /** Whether a byte order mark stood before the text. */
  readonly hasMark: boolean
}

export const plainWrapping: Wrapping = { codings: [], charset: 'utf-8', hasMark: false }

const mostCodings = 3
const freeRatioBytes = 65_536

/** A payload with its codings and charset undone, and what it came in. */
export interface Unwrapped {
  readonly bytes: Uint8Array
  readonly wrapping: Wrapping
}

/** The payload as plain UTF-8 (or as it is, when it is no text), and its wrapping; the same bytes when there is none. */
export function unwrap(
  payload: Uint8Array,
  rules: DecodeRules,
  contentCoding: string,
  contentType: string,
): Unwrapped | undefined {
  // Nearly everything comes as it is: nothing is made for that.
  const isBare = contentCoding === '' && sniff(payload) === undefined && rules.malformed === 'keep'
  if (isBare && charsetOf(payload, rules, contentType) === 'utf-8') return undefined
  let bytes = payload
  const codings: ContentCoding[] = []
  const declared =
    contentCoding === ''
      ? []
      : contentCoding
          .toLowerCase()
          .split(',')
          .map((one) => one.trim())
          .reverse()
  for (const name of declared) {
    const coding = codingNames[name]
    if (coding === undefined) {
      if (name === 'identity' || name === '') continue
      throw new Rejection('coding-invalid', 'The content coding is none of gzip, deflate, br, zstd.')
    }
    if (codings.length >= mostCodings)
      throw new Rejection('coding-invalid', `More than ${mostCodings} content codings.`)
    bytes = undo(coding, bytes, rules)
    codings.push(coding)
  }
  for (let coding = sniff(bytes); coding !== undefined; coding = sniff(bytes)) {
    if (codings.length >= mostCodings)
      throw new Rejection('coding-invalid', `More than ${mostCodings} content codings.`)
    bytes = undo(coding, bytes, rules)
    codings.push(coding)
  }
  const charset = charsetOf(bytes, rules, contentType)
  if (charset === 'utf-8') {
    if (rules.malformed === 'reject' && !isUtf8(bytes))
      throw new Rejection('charset-invalid', 'The payload is not UTF-8.')
    return codings.length === 0 ? undefined : { bytes, wrapping: { codings, charset, hasMark: false } }
  }
  const text = decodeText(bytes, charset, rules)
  const hasMark = text.charCodeAt(0) === 0xfeff
  return { bytes: Buffer.from(hasMark ? text.slice(1) : text), wrapping: { codings, charset, hasMark } }
}

/** Puts changed bytes back into the wrapping that the payload came in. */
export function wrap(bytes: Buffer, wrapping: Wrapping): Buffer {
  let result = wrapping.charset === 'utf-8' ? bytes : encodeText(bytes.toString(), wrapping)
  for (const coding of [...wrapping.codings].reverse()) result = deflate(coding, result)
  return result
}

function undo(coding: ContentCoding, bytes: Uint8Array, rules: DecodeRules): Buffer {
  const byRatio = Math.max(freeRatioBytes, bytes.length * rules.maxRatio)
  const inflated = inflate(coding, bytes, Math.min(rules.maxInflatedBytes, byRatio))
  if (!inflated.ok) {
    if (inflated.why === 'too-large') {
      throw new Rejection(
        'coding-too-large',
        `The payload inflates beyond ${Math.min(rules.maxInflatedBytes, byRatio)} bytes.`,
      )
    }
    throw new Rejection('coding-invalid', `The payload is not valid ${coding}.`)
  }
  // What stands behind the compressed data would pass unseen.
  if (inflated.trailing > 0)
    throw new Rejection('coding-trailing', `${inflated.trailing} bytes follow the ${coding} data.`)
  return inflated.bytes
}

/** Codings that a payload's first bytes tell for sure: gzip (RFC 1952) and zstd (RFC 8878). */
function sniff(bytes: Uint8Array): ContentCoding | undefined {
  if (bytes[0] === 0x1f && bytes[1] === 0x8b && bytes[2] === 8 && bytes.length > 17) return 'gzip'
  if (bytes[0] === 0x28 && bytes[1] === 0xb5 && bytes[2] === 0x2f && bytes[3] === 0xfd) return 'zstd'
  return undefined
}

const codingNames: Readonly<Record<string, ContentCoding>> = {
  gzip: 'gzip',
  'x-gzip': 'gzip',
  deflate: 'deflate',
  br: 'br',
  zstd: 'zstd',
}

function charsetOf(bytes: Uint8Array, rules: DecodeRules, contentType: string): Charset {
  const first = bytes[0]
  if (first === 0xff && bytes[1] === 0xfe) return 'utf-16le'
  if (first === 0xfe && bytes[1] === 0xff) return 'utf-16be'
  if (rules.charset !== 'auto') return rules.charset
  // JSON and markup begin with ASCII: a NUL beside it is UTF-16 without a byte order mark.
  if (bytes.length >= 4 && bytes.length % 2 === 0) {
    if (isPrintable(first) && bytes[1] === 0 && isPrintable(bytes[2]) && bytes[3] === 0) return 'utf-16le'
    if (first === 0 && isPrintable(bytes[1]) && bytes[2] === 0 && isPrintable(bytes[3])) return 'utf-16be'
  }
  if (contentType === '') return 'utf-8'
  const declared = /;\s*charset="?([\w-]+)/i.exec(contentType)?.[1].toLowerCase() ?? ''
  return charsetNames[declared] ?? 'utf-8'
}

const charsetNames: Readonly<Record<string, Charset>> = {
  'utf-16': 'utf-16le',
  'utf-16le': 'utf-16le',
  'utf-16be': 'utf-16be',
  'iso-8859-1': 'latin1',
  latin1: 'latin1',
}

function decodeText(bytes: Uint8Array, charset: Charset, rules: DecodeRules): string {
  if (charset === 'latin1') return asBuffer(bytes).toString('latin1')
  try {
    return new TextDecoder(charset, { fatal: rules.malformed === 'reject', ignoreBOM: true }).decode(bytes)
  } catch {
    throw new Rejection('charset-invalid', `The payload is not ${charset}.`)
  }
}

function encodeText(text: string, wrapping: Wrapping): Buffer {
  if (wrapping.charset === 'latin1') return Buffer.from(text.replace(/[^\0-\xff]/gu, '?'), 'latin1')
  const units = Buffer.from(wrapping.hasMark ? `\ufeff${text}` : text, 'utf16le')
  return wrapping.charset === 'utf-16be' ? units.swap16() : units
}

function isPrintable(byte: number): boolean {
  return byte >= 0x20 && byte < 0x7f
}
