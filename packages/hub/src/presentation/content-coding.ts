/**
 * Content codings, frame by frame. Synchronous, so that a message keeps its place in the order; what comes out is bounded, so that
 * a small frame cannot fill the memory. Names: RFC 9110 section 8.4.1 and the IANA registry (zstd: RFC 8878).
 */
import {
  brotliCompressSync,
  brotliDecompressSync,
  constants,
  gunzipSync,
  gzipSync,
  zstdCompressSync,
  zstdDecompressSync,
} from 'node:zlib'
import { HubError } from '../errors.ts'

export const contentCodings = ['identity', 'gzip', 'br', 'zstd'] as const

/** How a frame is compressed. */
export type ContentCoding = (typeof contentCodings)[number]

const inflaters = { gzip: gunzipSync, br: brotliDecompressSync, zstd: zstdDecompressSync }

/**
 * @param maxBytes the most that may come out
 * @throws HubError WIREHUB_ERR_PAYLOAD_TOO_LARGE when more would come out, WIREHUB_ERR_MALFORMED when it is not in this coding
 */
export function decompress(coding: ContentCoding, bytes: Buffer, maxBytes: number): Buffer {
  if (coding === 'identity') return bytes
  try {
    return inflaters[coding](bytes, { maxOutputLength: maxBytes })
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') {
      throw new HubError(
        'WIREHUB_ERR_PAYLOAD_TOO_LARGE',
        `A ${coding} frame inflates to more than ${maxBytes} bytes.`,
        {
          cause,
        },
      )
    }
    throw new HubError('WIREHUB_ERR_MALFORMED', `A frame of ${bytes.length} bytes is no ${coding}.`, {
      cause,
      cure: 'Name the coding that is really sent (coding=...).',
    })
  }
}

/** Compresses one frame, at a level that suits small messages. */
export function compress(coding: ContentCoding, bytes: Buffer): Buffer {
  switch (coding) {
    case 'identity':
      return bytes
    case 'gzip':
      return gzipSync(bytes)
    case 'br':
      return brotliCompressSync(bytes, {
        params: { [constants.BROTLI_PARAM_QUALITY]: 5, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
      })
    case 'zstd':
      return zstdCompressSync(bytes)
  }
}
