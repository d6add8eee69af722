/** A message on its way through the hub. */

import type { Account } from './account.ts'
import type { Connection } from './connection.ts'
import type { Route } from './route.ts'

const EMPTY = Buffer.alloc(0)

/**
 * One message: ranges of one buffer, not copies of them. A codec fills one such record and uses it again for the next message,
 * so it is valid during the dispatch only: whoever keeps something of it, copies it.
 *
 * `source` holds the reply subject, the header block and the payload. Where it also holds what stands on the NATS wire after the subject
 * (`[reply] [headerBytes] totalBytes CRLF headers payload CRLF`), `wireStart` and `wireEnd` tell where, so that a NATS
 * subscriber gets these bytes as they came; `wireStart` is -1 when they must be composed.
 */
export class Message {
  account!: Account
  route!: Route
  source: Buffer = EMPTY
  replyStart = 0
  replyEnd = 0
  headersStart = 0
  headersEnd = 0
  payloadStart = 0
  payloadEnd = 0
  wireStart = -1
  wireEnd = -1
  /** The connection that sent it; undefined for what the embedding program publishes. */
  origin: Connection | undefined = undefined

  /** The subject as text. */
  get subject(): string {
    return this.route.subject
  }

  get hasReply(): boolean {
    return this.replyEnd > this.replyStart
  }

  /** The reply subject as text, if there is one. */
  get reply(): string | undefined {
    return this.replyEnd > this.replyStart ? this.source.toString('utf8', this.replyStart, this.replyEnd) : undefined
  }

  get hasHeaders(): boolean {
    return this.headersEnd > this.headersStart
  }

  /** The raw header block (`NATS/1.0 CRLF name: value CRLF ... CRLF`), a view; empty without headers. */
  get headers(): Buffer {
    return this.headersEnd > this.headersStart ? this.source.subarray(this.headersStart, this.headersEnd) : EMPTY
  }

  /** The payload, a view that is valid during the dispatch. */
  get payload(): Buffer {
    return this.source.subarray(this.payloadStart, this.payloadEnd)
  }

  get payloadBytes(): number {
    return this.payloadEnd - this.payloadStart
  }

  /** Headers and payload together: what limits and pending counts are measured in. */
  get sizeBytes(): number {
    return this.headersEnd - this.headersStart + this.payloadEnd - this.payloadStart
  }

  /** Makes this record describe parts that stand in separate buffers. Copies them into one. */
  compose(reply: string | undefined, headers: Uint8Array | undefined, payload: Uint8Array): void {
    this.wireStart = -1
    this.wireEnd = -1
    if (reply === undefined && headers === undefined) {
      this.source = asBuffer(payload)
      this.replyStart = this.replyEnd = this.headersStart = this.headersEnd = 0
      this.payloadStart = 0
      this.payloadEnd = payload.length
      return
    }
    const replyBytes = reply === undefined ? EMPTY : Buffer.from(reply)
    const headerBytes = headers ?? EMPTY
    const source = Buffer.allocUnsafe(replyBytes.length + headerBytes.length + payload.length)
    source.set(replyBytes, 0)
    source.set(headerBytes, replyBytes.length)
    source.set(payload, replyBytes.length + headerBytes.length)
    this.source = source
    this.replyStart = 0
    this.replyEnd = replyBytes.length
    this.headersStart = this.replyEnd
    this.headersEnd = this.headersStart + headerBytes.length
    this.payloadStart = this.headersEnd
    this.payloadEnd = source.length
  }
}

/** The same bytes as a Buffer; no copy. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
