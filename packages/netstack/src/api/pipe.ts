import type { ByteStream, ByteStreamObserver } from './byte-stream.ts'
import { ChunkQueue } from './chunk-queue.ts'

/** What one direction of a pipe holds at most; Linux's default for a Unix socket. */
const PIPE_BYTES = 212_992

/** Calls back later, never before it returns. */
export type Defer = (callback: () => void) => void

/** One end of a connected pair within a host: bytes go over in order, and nothing is ever lost. */
export class PipeEnd implements ByteStream {
  observer: ByteStreamObserver = {}
  readonly #defer: Defer
  #peer: PipeEnd | null = null
  readonly #unread: ChunkQueue = new ChunkQueue()
  #peerEnded = false
  #shut = false
  #closed = false
  #peerWaits = false

  private constructor(defer: Defer) {
    this.#defer = defer
  }

  static pair(defer: Defer): [PipeEnd, PipeEnd] {
    const [a, b] = [new PipeEnd(defer), new PipeEnd(defer)]
    a.#peer = b
    b.#peer = a
    return [a, b]
  }

  send(bytes: Uint8Array, _now: number, start = 0, end: number = bytes.length): number {
    const peer = this.#peer
    if (this.#shut || this.#closed || peer === null || peer.#closed) {
      throw Object.assign(new Error('the other end of the pipe is closed'), { code: 'EPIPE' })
    }
    const count = Math.min(end - start, PIPE_BYTES - peer.#unread.bytes)
    if (count < end - start) peer.#peerWaits = true
    if (count <= 0) return 0
    peer.#unread.push(bytes.slice(start, start + count))
    this.#defer(() => peer.observer.onReadable?.())
    return count
  }

  get readableBytes(): number {
    return this.#unread.bytes
  }

  get ended(): boolean {
    return this.#peerEnded && this.#unread.bytes === 0
  }

  take<Memory extends Uint8Array>(most: number, memory: (bytes: number) => Memory, now: number): Memory {
    const bytes = memory(Math.min(most, this.#unread.bytes))
    this.read(bytes, now)
    return bytes
  }

  read(target: Uint8Array, _now: number): number {
    const done = this.#unread.read(target)
    if (this.#peerWaits && this.#unread.bytes <= PIPE_BYTES / 2) {
      this.#peerWaits = false
      const peer = this.#peer
      this.#defer(() => peer?.observer.onWritable?.())
    }
    return done
  }

  shutdown(_now: number): void {
    if (this.#shut || this.#closed) return
    this.#shut = true
    this.#tellEnd()
  }

  abandon(now: number): void {
    if (this.#closed) return
    const unread = this.#unread.bytes > 0
    this.shutdown(now)
    this.#close()
    // As a Unix socket does it: what was written and never read tells the writer by ECONNRESET.
    const peer = this.#peer
    if (unread) this.#defer(() => peer?.observer.onClosed?.('ECONNRESET'))
    else if (peer !== null) this.#defer(() => peer.observer.onWritable?.())
  }

  abort(_now: number): void {
    if (this.#closed) return
    this.#close()
    const peer = this.#peer
    this.#defer(() => peer?.observer.onClosed?.('ECONNRESET'))
  }

  #close(): void {
    this.#closed = true
    this.#unread.clear()
  }

  #tellEnd(): void {
    const peer = this.#peer
    if (peer === null || peer.#peerEnded) return
    peer.#peerEnded = true
    this.#defer(() => peer.observer.onEnd?.())
  }
}

/** A name that a program listens at. `accept` gets the server's end of each new connection. */
export interface PipeListener {
  readonly path: string
  accept(end: PipeEnd): boolean
}

/** The pipes of one host, by their paths. */
export class PipeTable {
  readonly #byPath: Map<string, PipeListener> = new Map()

  /** False when the name is taken. */
  listen(listener: PipeListener): boolean {
    if (this.#byPath.has(listener.path)) return false
    this.#byPath.set(listener.path, listener)
    return true
  }

  close(listener: PipeListener): void {
    if (this.#byPath.get(listener.path) === listener) this.#byPath.delete(listener.path)
  }

  find(path: string): PipeListener | undefined {
    return this.#byPath.get(path)
  }
}
