/** The other half of framing: what stands before and after a body on the wire. */
import { HubError } from '../errors.ts'
import type { Charset } from './charset.ts'
import type { Framing } from './framing.ts'

const NOTHING = Buffer.alloc(0)

/** What to do with a body that holds the delimiter of its own framing. */
export type OnDelimiter = 'refuse' | 'space' | 'send'

/** Puts bodies into frames of one kind. */
export class FrameWriter {
  readonly #framing: Framing
  readonly #onDelimiter: OnDelimiter
  /** The delimiter as it is written. */
  readonly tail: Buffer
  /** The code units that a body must not hold, and what stands in for them. */
  readonly #forbidden: readonly Buffer[]
  readonly #space: Buffer
  readonly #unit: number

  constructor(framing: Framing, charset: Charset, onDelimiter: OnDelimiter) {
    this.#framing = framing
    this.#onDelimiter = onDelimiter
    const encode = (text: string): Buffer => charset.fromUtf8(Buffer.from(text), 'error')
    this.#unit = charset.unitBytes
    this.#space = encode(' ')
    this.tail =
      framing.name === 'newline'
        ? encode(framing.crlf ? '\r\n' : '\n')
        : framing.name === 'nul'
          ? encode('\0')
          : NOTHING
    this.#forbidden = framing.name === 'newline' ? [encode('\n')] : framing.name === 'nul' ? [encode('\0')] : []
  }

  /**
   * The body as it may stand in a frame. One delimiter at its end is taken as the frame's own.
   * @throws HubError WIREHUB_ERR_UNFRAMABLE when the frame would end too early, WIREHUB_ERR_PAYLOAD_TOO_LARGE when its length cannot be told
   */
  fit(body: Buffer): Buffer {
    if (this.#framing.name === 'length') return this.#fitLength(body)
    for (const delimiter of this.#forbidden) {
      if (this.#endsWith(body, delimiter)) body = body.subarray(0, body.length - delimiter.length)
      if (this.#onDelimiter === 'send') continue
      let at = this.#find(body, delimiter, 0)
      if (at < 0) continue
      if (this.#onDelimiter === 'refuse') {
        throw new HubError(
          'WIREHUB_ERR_UNFRAMABLE',
          `The message has a ${this.#framing.name} at offset ${at}, where its frame would end.`,
          { place: `offset ${at}`, cure: 'Use framing=length, or allow it by delimiter=space or delimiter=send.' },
        )
      }
      body = Buffer.from(body)
      for (; at >= 0; at = this.#find(body, delimiter, at)) this.#space.copy(body, at)
    }
    return body
  }

  #fitLength(body: Buffer): Buffer {
    const { bytes, includesItself } = this.#framing.prefix
    const most = 2 ** (8 * bytes) - 1 - (includesItself ? bytes : 0)
    if (body.length <= most) return body
    throw new HubError(
      'WIREHUB_ERR_PAYLOAD_TOO_LARGE',
      `A length of ${bytes} bytes tells at most ${most}; the message has ${body.length}.`,
      { cure: 'Use a longer length prefix (lengthBytes=4).' },
    )
  }

  #endsWith(body: Buffer, delimiter: Buffer): boolean {
    const at = body.length - delimiter.length
    return at >= 0 && at % this.#unit === 0 && body.compare(delimiter, 0, delimiter.length, at) === 0
  }

  #find(body: Buffer, delimiter: Buffer, from: number): number {
    let at = body.indexOf(delimiter, from)
    while (at >= 0 && at % this.#unit !== 0) at = body.indexOf(delimiter, at + 1)
    return at
  }

  /** What stands before a body of this length. */
  head(bodyBytes: number): Buffer {
    if (this.#framing.name !== 'length') return NOTHING
    const { bytes, bigEndian, includesItself } = this.#framing.prefix
    const head = Buffer.allocUnsafe(bytes)
    const said = includesItself ? bodyBytes + bytes : bodyBytes
    if (bigEndian) head.writeUIntBE(said, 0, bytes)
    else head.writeUIntLE(said, 0, bytes)
    return head
  }
}
