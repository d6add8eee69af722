/** A NATS client's subscription: how MSG and HMSG are written. Source: NATS client protocol. */
import type { Connection } from '../../core/connection.ts'
import { copyBytes, writeDecimal } from '../../core/copy.ts'
import type { Message } from '../../core/message.ts'
import { Subscription } from '../../core/subscription.ts'

const CR = 13
const LF = 10
const SPACE = 32
const LINE_END = Buffer.from('\r\n')
/** From here on a payload need not lie in one piece. */
const LARGE_BYTES = 16 * 1024
const MSG = Buffer.from('MSG ')
const HMSG = Buffer.from('HMSG ')
/** Room for the sizes and separators of a composed line. */
const NUMBERS_BYTES = 32

// One string for each length, not one for each subscription.
const shareKeys: string[] = []

function shareKeyOf(withHeaders: boolean, sidBytes: number): string {
  const index = sidBytes * 2 + (withHeaders ? 1 : 0)
  return (shareKeys[index] ??= `nats${withHeaders ? 'h' : ''}${sidBytes}`)
}

/** One `SUB`. */
export class NatsSubscription extends Subscription {
  /** One character for each byte (latin1). */
  readonly sid: string
  readonly #sidBytes: Buffer
  readonly #connection: Connection
  readonly #withHeaders: boolean
  #filter: boolean

  constructor(connection: Connection, subject: string, queue: string | undefined, sid: string, withHeaders: boolean) {
    super(subject, queue, connection)
    this.#connection = connection
    this.sid = sid
    this.#sidBytes = Buffer.from(sid, 'latin1')
    this.#withHeaders = withHeaders
    this.#filter = connection.permissions.mustFilter(subject)
    this.setShare()
  }

  /** Works out whether its encoding may be shared: not when deliveries are counted, filtered or depend on who published. */
  setShare(): void {
    const alone =
      this.max > 0 || this.#filter || !this.#connection.echo || this.#connection.permissions.noteReply !== undefined
    this.patch = alone ? undefined : this.#sidBytes
    this.shareKey = alone ? undefined : shareKeyOf(this.#withHeaders, this.#sidBytes.length)
  }

  override get identifier(): string {
    return this.sid
  }

  /** Permissions have changed; whoever calls this has it routed anew. */
  revise(): void {
    this.#filter = this.#connection.permissions.mustFilter(this.subject)
    this.setShare()
  }

  override accepts(message: Message): boolean {
    const connection = this.#connection
    if (!connection.echo && message.origin === connection) return false
    return !this.#filter || connection.permissions.canReceive(message.subject)
  }

  override deliver(message: Message): void {
    const connection = this.#connection
    const outbound = connection.outbound
    const noteReply = connection.permissions.noteReply
    if (noteReply !== undefined && message.hasReply) {
      noteReply.call(connection.permissions, message.reply as string, connection.host.clock.monotonic())
    }
    const payloadBytes = message.payloadEnd - message.payloadStart
    if (payloadBytes >= LARGE_BYTES) this.#deliverLarge(message)
    else {
      outbound.reserve(this.encodedBytes(message))
      outbound.commit(this.encode(message, outbound.buffer, outbound.at))
    }
    this.delivered++
    connection.countOut(1, message.sizeBytes)
    if (this.max > 0 && this.delivered >= this.max) {
      connection.codec.subscriptionEnded?.(this)
    }
  }

  override encodedBytes(message: Message): number {
    const subject = message.route.subjectBytes.length
    const body =
      message.wireStart >= 0
        ? message.wireEnd - message.wireStart
        : message.replyEnd - message.replyStart + message.sizeBytes + NUMBERS_BYTES
    return HMSG.length + subject + this.#sidBytes.length + 2 + body
  }

  override patchAt(message: Message): number {
    const verb = this.#withHeaders && message.headersEnd > message.headersStart ? HMSG.length : MSG.length
    return verb + message.route.subjectBytes.length + 1
  }

  override encode(message: Message, target: Buffer, at: number): number {
    const headers = message.headersEnd > message.headersStart
    if (message.wireStart >= 0 && (this.#withHeaders || !headers)) {
      at = this.#writeHead(message, headers ? HMSG : MSG, target, at)
      return copyBytes(target, at, message.source, message.wireStart, message.wireEnd)
    }
    at = this.#writeLine(message, headers && this.#withHeaders, target, at)
    const source = message.source
    if (headers && this.#withHeaders) at = copyBytes(target, at, source, message.headersStart, message.headersEnd)
    at = copyBytes(target, at, source, message.payloadStart, message.payloadEnd)
    target[at] = CR
    target[at + 1] = LF
    return at + 2
  }

  #writeHead(message: Message, verb: Buffer, target: Buffer, at: number): number {
    for (let i = 0; i < verb.length; i++) target[at++] = verb[i]
    const subject = message.route.subjectBytes
    at = copyBytes(target, at, subject, 0, subject.length)
    target[at++] = SPACE
    const sid = this.#sidBytes
    for (let i = 0; i < sid.length; i++) target[at++] = sid[i]
    target[at] = SPACE
    return at + 1
  }

  #writeLine(message: Message, withHeaders: boolean, target: Buffer, at: number): number {
    at = this.#writeHead(message, withHeaders ? HMSG : MSG, target, at)
    if (message.replyEnd > message.replyStart) {
      at = copyBytes(target, at, message.source, message.replyStart, message.replyEnd)
      target[at++] = SPACE
    }
    const headerBytes = withHeaders ? message.headersEnd - message.headersStart : 0
    if (withHeaders) {
      at = writeDecimal(target, at, headerBytes)
      target[at++] = SPACE
    }
    at = writeDecimal(target, at, headerBytes + message.payloadEnd - message.payloadStart)
    target[at] = CR
    target[at + 1] = LF
    return at + 2
  }

  // Not through one contiguous piece: large payloads fill pooled slabs, whatever their size.
  #deliverLarge(message: Message): void {
    const outbound = this.#connection.outbound
    const headers = message.headersEnd > message.headersStart
    if (message.wireStart >= 0 && (this.#withHeaders || !headers)) {
      outbound.reserve(HMSG.length + message.route.subjectBytes.length + this.#sidBytes.length + 2)
      outbound.commit(this.#writeHead(message, headers ? HMSG : MSG, outbound.buffer, outbound.at))
      outbound.append(message.source, message.wireStart, message.wireEnd)
      return
    }
    const withHeaders = headers && this.#withHeaders
    outbound.reserve(this.encodedBytes(message) - message.payloadBytes)
    let at = this.#writeLine(message, withHeaders, outbound.buffer, outbound.at)
    if (withHeaders) at = copyBytes(outbound.buffer, at, message.source, message.headersStart, message.headersEnd)
    outbound.commit(at)
    outbound.append(message.source, message.payloadStart, message.payloadEnd)
    outbound.append(LINE_END, 0, LINE_END.length)
  }
}
