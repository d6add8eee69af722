/** A listener's presentation: codec, charset, content coding and framing, in each direction. */
import { HubError } from '../errors.ts'
import type { Charset, OnLoss } from './charset.ts'
import { type ContentCoding, compress, decompress } from './content-coding.ts'
import { FrameWriter, type OnDelimiter } from './frame-writer.ts'
import { type FrameReader, type Framing, frameReader } from './framing.ts'
import { onOneLine } from './json.ts'

export const codecNames = ['text', 'json', 'bytes'] as const

/** What a frame holds: text in a charset, JSON text in a charset, or bytes that nobody looks into. */
export type CodecName = (typeof codecNames)[number]

/** One direction. */
export interface Format {
  readonly framing: Framing
  readonly codec: CodecName
  readonly charset: Charset
  readonly coding: ContentCoding
  /** Bytes that mean nothing in the charset (in), characters that it lacks (out). */
  readonly onLoss: OnLoss
  readonly onDelimiter: OnDelimiter
}

/** Frames in, payloads of messages out. */
export class InboundFormat {
  readonly #format: Format
  readonly #maxPayloadBytes: number

  constructor(format: Format, maxPayloadBytes: number) {
    this.#format = format
    this.#maxPayloadBytes = maxPayloadBytes
  }

  /** A reader for one connection. */
  reader(): FrameReader {
    return frameReader(this.#format.framing, this.#format.charset, this.#maxPayloadBytes)
  }

  /**
   * The payload of a frame: inflated, in UTF-8, checked.
   * @returns undefined for a line of JSON that is empty
   * @throws HubError WIREHUB_ERR_MALFORMED, WIREHUB_ERR_PAYLOAD_TOO_LARGE; the frames after it are good nevertheless
   */
  decode(frame: Buffer): Buffer | undefined {
    const { codec, charset, coding, onLoss } = this.#format
    const bytes = decompress(coding, frame, this.#maxPayloadBytes)
    if (codec === 'bytes') return bytes
    const text = charset.toUtf8(bytes, onLoss)
    if (text.length > this.#maxPayloadBytes) {
      throw new HubError('WIREHUB_ERR_PAYLOAD_TOO_LARGE', `The text has ${text.length} bytes in UTF-8.`)
    }
    if (codec === 'text') return text
    return isBlank(text) ? undefined : checkedJson(text)
  }
}

function isBlank(text: Buffer): boolean {
  for (const byte of text) if (byte !== 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d) return false
  return true
}

// What is JSON goes on as it came, byte for byte.
function checkedJson(text: Buffer): Buffer {
  try {
    JSON.parse(text.toString('utf8'))
    return text
  } catch (cause) {
    throw new HubError('WIREHUB_ERR_MALFORMED', `This is no JSON: ${(cause as Error).message}`, {
      cause,
      cure: 'Send one JSON value in each frame, or use codec=text.',
    })
  }
}

/** Payloads in, frames out. */
export class OutboundFormat {
  readonly #format: Format
  readonly #writer: FrameWriter

  constructor(format: Format) {
    this.#format = format
    this.#writer = new FrameWriter(format.framing, format.charset, format.onDelimiter)
  }

  /**
   * The body of a frame; the payload itself where nothing changes.
   * @throws HubError WIREHUB_ERR_MALFORMED, WIREHUB_ERR_UNMAPPABLE, WIREHUB_ERR_UNFRAMABLE, WIREHUB_ERR_PAYLOAD_TOO_LARGE
   */
  body(payload: Buffer): Buffer {
    const { codec, charset, coding, onLoss, framing } = this.#format
    let bytes = payload
    if (codec !== 'bytes') {
      if (codec === 'json') bytes = framing.name === 'newline' ? onOneLine(checkedJson(payload)) : checkedJson(payload)
      bytes = charset.fromUtf8(bytes, onLoss)
    }
    return this.#writer.fit(compress(coding, bytes))
  }

  head(bodyBytes: number): Buffer {
    return this.#writer.head(bodyBytes)
  }

  get tail(): Buffer {
    return this.#writer.tail
  }
}
