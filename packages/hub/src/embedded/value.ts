/**
 * How values of the embedding program become payloads and come back. JSON is the common form; what JSON would not give back as it was
 * is marked by a Content-Type header, so that every value arrives as what it was sent as.
 */
import { asBuffer } from '../core/message.ts'

/** Content types that the hub itself writes. */
const TEXT = 'text/plain; charset=utf-8'
const BINARY = 'application/octet-stream'
const ARGUMENTS = 'application/json; args='

/** A payload with the header it needs, if any. */
export interface EncodedValue {
  readonly payload: Uint8Array
  readonly contentType: string | undefined
}

const EMPTY = Buffer.alloc(0)
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Encodes one value: bytes as they are, text as UTF-8, undefined as nothing, everything else as JSON. */
export function encodeValue(value: unknown): EncodedValue {
  if (value === undefined) return { payload: EMPTY, contentType: undefined }
  if (value instanceof Uint8Array) {
    return { payload: value, contentType: decodesAsBytes(value) ? undefined : BINARY }
  }
  if (value instanceof ArrayBuffer) return encodeValue(new Uint8Array(value))
  if (ArrayBuffer.isView(value)) return encodeValue(new Uint8Array(value.buffer, value.byteOffset, value.byteLength))
  if (typeof value === 'string')
    return { payload: Buffer.from(value), contentType: isJson(value) || value === '' ? TEXT : undefined }
  const json = JSON.stringify(value)
  if (json === undefined) throw new TypeError('This value has no JSON form; send bytes, text or plain data.')
  return { payload: Buffer.from(json), contentType: undefined }
}

/** Encodes the arguments of an event: one as itself, none as nothing, several as a JSON array that says so. */
export function encodeArguments(values: readonly unknown[]): EncodedValue {
  if (values.length <= 1) return encodeValue(values[0])
  return { payload: Buffer.from(JSON.stringify(values)), contentType: ARGUMENTS + values.length }
}

/** The value of a payload. Without a content type: JSON if it is JSON, else text if it is UTF-8, else bytes. */
export function decodeValue(payload: Uint8Array, contentType: string | undefined): unknown {
  const bytes = asBuffer(payload)
  if (contentType?.startsWith(BINARY)) return bytes
  if (contentType?.startsWith('text/')) return bytes.toString('utf8')
  if (bytes.length === 0) return undefined
  let text: string
  try {
    text = utf8.decode(bytes)
  } catch {
    return bytes
  }
  if (!mayBeJson(text)) return text
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** The arguments of an event. */
export function decodeArguments(payload: Uint8Array, contentType: string | undefined): unknown[] {
  const value = decodeValue(payload, contentType)
  if (contentType?.startsWith(ARGUMENTS) && Array.isArray(value)) return value
  return value === undefined ? [] : [value]
}

// A quick look that spares most plain text an exception.
function mayBeJson(text: string): boolean {
  return /^\s*[[{"\-0-9tfn]/.test(text)
}

function isJson(text: string): boolean {
  if (!mayBeJson(text)) return false
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

function decodesAsBytes(bytes: Uint8Array): boolean {
  try {
    utf8.decode(bytes)
    return false
  } catch {
    return true
  }
}
