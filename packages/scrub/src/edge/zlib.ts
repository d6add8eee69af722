/** The one place where node:zlib is used: synchronous, bounded. */
import {
  brotliCompressSync,
  brotliDecompressSync,
  constants,
  deflateSync,
  gunzipSync,
  gzipSync,
  inflateRawSync,
  inflateSync,
  zstdCompressSync,
  zstdDecompressSync,
} from 'node:zlib'

export type ContentCoding = 'gzip' | 'deflate' | 'br' | 'zstd'

export type Inflated =
  | { readonly ok: true; readonly bytes: Buffer /** Bytes behind the compressed data. */; readonly trailing: number }
  | { readonly ok: false; readonly why: 'too-large' | 'invalid' }

interface WithInfo {
  readonly buffer: Buffer
  readonly engine: { readonly bytesWritten: number }
}

/** Undoes a content coding (RFC 9110 section 8.4.1; zstd: RFC 8878) and stops at `maxBytes`. */
export function inflate(coding: ContentCoding, bytes: Uint8Array, maxBytes: number): Inflated {
  const options = { maxOutputLength: maxBytes, info: true }
  try {
    const { buffer, engine } = inflaters[coding](bytes, options) as unknown as WithInfo
    return { ok: true, bytes: buffer, trailing: bytes.length - engine.bytesWritten }
  } catch (error) {
    const code = (error as { code?: string }).code
    return { ok: false, why: code === 'ERR_BUFFER_TOO_LARGE' ? 'too-large' : 'invalid' }
  }
}

export function deflate(coding: ContentCoding, bytes: Uint8Array): Buffer {
  switch (coding) {
    case 'gzip':
      return gzipSync(bytes)
    case 'deflate':
      return deflateSync(bytes)
    case 'br':
      // The default quality (11) takes a hundred times as long for a few percent.
      return brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } })
    case 'zstd':
      return zstdCompressSync(bytes)
  }
}

type Inflate = (bytes: Uint8Array, options: object) => Buffer

const inflaters: Readonly<Record<ContentCoding, Inflate>> = {
  gzip: gunzipSync,
  // RFC 9110 means zlib's format; many senders mean raw deflate.
  deflate: (bytes, options) =>
    ((bytes[0] & 0x0f) === 8 && ((bytes[0] << 8) | bytes[1]) % 31 === 0 ? inflateSync : inflateRawSync)(bytes, options),
  br: brotliDecompressSync,
  zstd: zstdDecompressSync,
}
