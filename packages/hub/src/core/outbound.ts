/**
 * The outbound buffer of a connection: what is written to it within one turn of the event loop leaves in one write.
 * It is copied into pooled slabs; what many connections share is queued by reference.
 */
import { copyBytes } from './copy.ts'
import type { StreamSocket } from './environment.ts'
import type { Slab } from './slab.ts'
import type { Turn } from './turn.ts'

const NOTHING = Buffer.alloc(0)

/** Who owns an outbound buffer, and hears of what happens to it. */
export interface OutboundOwner {
  /** Pending bytes grew past a threshold (see `alarmBytes`). */
  onPressure(outbound: Outbound): void
  /** Everything handed to the socket so far has been written. */
  onDrained(outbound: Outbound): void
}

/** A queue of bytes towards one socket. */
export class Outbound {
  /** Replaced once, where a connection goes on in TLS. */
  socket: StreamSocket
  readonly #turn: Turn
  readonly #owner: OutboundOwner

  /** Where the next bytes go: `buffer[at]`. Public for the encoders of the hot path, who call `reserve` first and `commit` after. */
  buffer: Buffer = NOTHING
  at: number = 0
  #limit = 0
  #sealed = 0
  #slab: Slab | undefined = undefined

  #chunks: Buffer[] = []
  #slabs: (Slab | undefined)[] = []
  #queuedBytes = 0
  #inFlightBytes = 0
  #inFlightSlabs: (Slab | undefined)[] = []
  #dirty = false
  #closed = false
  #whenWritten: ((error?: Error | null) => void) | undefined = undefined

  /** Bytes written to the socket since the beginning. */
  writtenBytes: number = 0
  /** When the write that is under way began (monotonic milliseconds), or 0. */
  writeStartedMs: number = 0
  /** `onPressure` is called when pending bytes pass this; the owner sets it anew. */
  alarmBytes: number = Number.POSITIVE_INFINITY
  /** An open fan-out has messages for this connection: it must be closed before anything else is queued. */
  inFanOut: boolean = false

  constructor(socket: StreamSocket, turn: Turn, owner: OutboundOwner) {
    this.socket = socket
    this.#turn = turn
    this.#owner = owner
  }

  /** Bytes accepted and not yet taken by the kernel. */
  get pendingBytes(): number {
    return this.#queuedBytes + this.#inFlightBytes + (this.at - this.#sealed)
  }

  /** Makes room for `count` contiguous bytes at `buffer[at]`. Also joins this connection to the turn's flush. */
  reserve(count: number): void {
    if (this.inFanOut) this.#turn.closeFanOut()
    if (!this.#dirty) {
      this.#dirty = true
      this.#turn.join(this)
    }
    if (this.at + count > this.#limit) this.#grow(count)
  }

  /** Tells how far the encoder wrote. */
  commit(at: number): void {
    this.at = at
  }

  /** Queues a copy of source[start, end). What is longer than the room left goes on in further slabs. */
  append(source: Buffer, start: number, end: number): void {
    if (this.#closed) return
    this.reserve(0)
    let from = start
    while (from < end) {
      if (this.at === this.#limit) this.#grow(1)
      if (this.#closed) return
      const to = Math.min(end, from + this.#limit - this.at)
      this.at = copyBytes(this.buffer, this.at, source, from, to)
      from = to
    }
  }

  /** Queues a view as it is. The bytes must not change until they are written; a slab is held until then. */
  appendReference(view: Buffer, slab: Slab | undefined): void {
    if (this.#closed) return
    this.reserve(0)
    this.#seal()
    if (slab !== undefined) slab.references++
    this.#chunks.push(view)
    this.#slabs.push(slab)
    this.#queuedBytes += view.length
    if (this.pendingBytes > this.alarmBytes) this.#owner.onPressure(this)
  }

  #seal(): void {
    if (this.at === this.#sealed) return
    const slab = this.#slab as Slab
    slab.references++
    this.#chunks.push(this.buffer.subarray(this.#sealed, this.at))
    this.#slabs.push(slab)
    this.#queuedBytes += this.at - this.#sealed
    this.#sealed = this.at
  }

  #grow(count: number): void {
    if (this.#closed) return this.#scrap(count)
    this.#seal()
    if (this.#slab !== undefined) this.#turn.pool.release(this.#slab)
    const slab = this.#turn.pool.take(count)
    this.#slab = slab
    this.buffer = slab.buffer
    this.at = 0
    this.#sealed = 0
    this.#limit = slab.buffer.length
    if (this.pendingBytes > this.alarmBytes) this.#owner.onPressure(this)
    // The owner may have ended the connection: whoever is about to encode must find the room that it asked for.
    if (this.#closed) return this.#scrap(count)
    // Much is waiting already: let the kernel work while we go on encoding.
    if (this.#queuedBytes >= 2 * this.#turn.pool.slabBytes && this.#inFlightBytes === 0) this.flush()
  }

  // Room for an encoder that is in the middle of a dispatch to a connection that has just ended: nobody will read it.
  #scrap(count: number): void {
    this.buffer = Buffer.allocUnsafe(count)
    this.at = 0
    this.#sealed = 0
    this.#limit = count
  }

  /** Hands everything queued to the socket, unless a write is still under way: then it follows when that one has ended. */
  flush(): void {
    this.#dirty = false
    if (this.#inFlightBytes > 0 || this.#closed) return
    this.#seal()
    const chunks = this.#chunks
    const count = chunks.length
    if (count === 0) return this.#releaseIdle()
    this.#inFlightBytes = this.#queuedBytes
    this.#queuedBytes = 0
    const slabs = this.#inFlightSlabs
    this.#inFlightSlabs = this.#slabs
    this.#slabs = slabs
    this.#chunks = []
    this.writeStartedMs = this.#turn.clock.monotonic()
    this.#whenWritten ??= (error) => this.#onWritten(error)
    const socket = this.socket
    if (count === 1) {
      socket.write(chunks[0], this.#whenWritten)
      return
    }
    socket.cork()
    for (let i = 0; i < count - 1; i++) socket.write(chunks[i])
    socket.write(chunks[count - 1], this.#whenWritten)
    socket.uncork()
  }

  #onWritten(error?: Error | null): void {
    const slabs = this.#inFlightSlabs
    for (const slab of slabs) if (slab !== undefined) this.#turn.pool.release(slab)
    slabs.length = 0
    if (!error) this.writtenBytes += this.#inFlightBytes
    this.#inFlightBytes = 0
    this.writeStartedMs = 0
    if (this.#closed || error) return
    if (this.#queuedBytes > 0 || this.at > this.#sealed) {
      if (!this.#dirty) this.flush()
    } else this.#releaseIdle()
    this.#owner.onDrained(this)
  }

  // An idle connection holds no memory for output.
  #releaseIdle(): void {
    if (this.#slab === undefined || this.at !== this.#sealed) return
    this.#turn.pool.release(this.#slab)
    this.#slab = undefined
    this.buffer = NOTHING
    this.at = 0
    this.#sealed = 0
    this.#limit = 0
  }

  /** Drops what is queued; nothing is written any more. */
  discard(): void {
    if (this.#closed) return
    this.#closed = true
    this.at = this.#sealed
    for (const slab of this.#slabs) if (slab !== undefined) this.#turn.pool.release(slab)
    this.#slabs.length = 0
    this.#chunks.length = 0
    this.#queuedBytes = 0
    this.#releaseIdle()
  }
}
