import type net from 'node:net'
import type { ByteStream, ByteStreamObserver } from '../byte-stream.ts'
import { ChunkQueue } from '../chunk-queue.ts'
import { nodeNet } from './builtins.ts'
import type { PipeFiles, PipeName } from './host.ts'

/** What has been read and not been taken yet, at most, before the other process has to wait. */
const READ_AHEAD_BYTES = 65_536

/** What Node's `net` has below a server at a path. */
interface NativePipe {
  onconnection: (status: number, client: unknown) => void
  listen(backlog: number): number
  fchmod(mode: number): number
  close(): void
  unref(): void
}

const createServerHandle = (
  nodeNet as unknown as { _createServerHandle(path: string, port: -1, family: -1): NativePipe | number }
)._createServerHandle

class NativeName implements PipeName {
  readonly #native: NativePipe

  constructor(native: NativePipe) {
    this.#native = native
    // Whether the program stays alive for it is decided above.
    native.unref()
  }

  listen(backlog: number, onConnection: (status: number, client: unknown) => void): number {
    this.#native.onconnection = onConnection
    return this.#native.listen(backlog)
  }

  chmod(mode: number): number {
    return this.#native.fchmod(mode)
  }

  close(): void {
    this.#native.close()
  }
}

/** A connection to another process, or to one of Node's own servers in this one. */
class KernelPipe implements ByteStream {
  observer: ByteStreamObserver = {}
  readonly #socket: net.Socket
  readonly #unread: ChunkQueue = new ChunkQueue()
  #peerEnded = false
  #code: string | undefined = undefined

  constructor(socket: net.Socket) {
    this.#socket = socket
    socket.unref()
    socket.on('data', (chunk: Buffer) => {
      this.#unread.push(chunk)
      if (this.#unread.bytes >= READ_AHEAD_BYTES) socket.pause()
      this.observer.onReadable?.()
    })
    socket.on('end', () => {
      this.#peerEnded = true
      this.observer.onEnd?.()
    })
    socket.on('drain', () => this.observer.onWritable?.())
    socket.on('error', (error: NodeJS.ErrnoException) => {
      this.#code = error.code ?? 'EPIPE'
    })
    socket.on('close', () => this.observer.onClosed?.(this.#code))
  }

  send(bytes: Uint8Array, _now: number, start = 0, end: number = bytes.length): number {
    const socket = this.#socket
    if (!socket.writable) throw Object.assign(new Error('the other end of the pipe is closed'), { code: 'EPIPE' })
    if (socket.writableNeedDrain) return 0
    socket.write(Buffer.from(bytes.subarray(start, end)))
    return end - start
  }

  get readableBytes(): number {
    return this.#unread.bytes
  }

  get ended(): boolean {
    return this.#peerEnded && this.#unread.bytes === 0
  }

  read(target: Uint8Array, _now: number): number {
    const done = this.#unread.read(target)
    if (this.#unread.bytes < READ_AHEAD_BYTES) this.#socket.resume()
    return done
  }

  take<Memory extends Uint8Array>(most: number, memory: (bytes: number) => Memory, now: number): Memory {
    const target = memory(Math.min(most, this.#unread.bytes))
    this.read(target, now)
    return target
  }

  shutdown(_now: number): void {
    this.#socket.end()
  }

  abandon(_now: number): void {
    // What was written still has to get there.
    this.#socket.ref()
    this.#socket.destroySoon()
  }

  abort(_now: number): void {
    this.#socket.destroy()
  }
}

/**
 * Pipes of the kernel at the same names: other processes, and Node's own modules in this one, reach servers here and are reached. What
 * comes in that way is a socket of the kernel.
 */
export const kernelPipeFiles: PipeFiles = {
  bind(path) {
    const native = createServerHandle(path, -1, -1)
    return typeof native === 'number' ? native : new NativeName(native)
  },
  connect(path, callback) {
    const socket = new nodeNet.Socket({ allowHalfOpen: true })
    const onError = (error: NodeJS.ErrnoException): void => callback(error.errno ?? -1, null)
    socket.once('error', onError)
    socket.connect({ path }, () => {
      socket.off('error', onError)
      callback(0, new KernelPipe(socket))
    })
  },
}
