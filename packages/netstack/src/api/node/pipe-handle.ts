import { PipeEnd, type PipeListener } from '../pipe.ts'
import { errnoOf } from './errors.ts'
import type { NetHost, ObservableStream, PipeName } from './host.ts'
import { StreamHandle } from './stream-handle.ts'
import type { ConnectRequest } from './tcp-handle.ts'

/** The longest name of a Unix socket, without the NUL (`sun_path`). */
const MAX_PATH_BYTES = 107

/** A pipe between two programs of one host. */
export class PipeHandle extends StreamHandle implements PipeListener {
  onconnection: (status: number, client: PipeHandle) => void = () => {}
  path = ''
  #isListening = false
  #isBound = false
  #backlog = 511
  #waiting = 0
  #end: ObservableStream | null = null
  #name: PipeName | null = null

  constructor(host: NetHost) {
    super(host, 'NETSTACKPIPE')
  }

  bind(path: string): number {
    if (this.isClosed || this.#isBound) return errnoOf('EINVAL')
    if (Buffer.byteLength(path) > MAX_PATH_BYTES || /.\0/s.test(path)) return errnoOf('EINVAL')
    const { pipes, pipeFiles } = this.host
    if (pipes.find(path) !== undefined) return errnoOf('EADDRINUSE')
    const name = pipeFiles?.bind(path) ?? null
    if (typeof name === 'number') return name
    this.#name = name
    this.path = path
    this.#isBound = true
    return 0
  }

  listen(backlog: number): number {
    if (!this.#isBound || this.isClosed) return errnoOf('EINVAL')
    if (!this.host.pipes.listen(this)) return errnoOf('EADDRINUSE')
    const status = this.#name?.listen(backlog, (status, client) => this.onconnection(status, client as PipeHandle)) ?? 0
    if (status !== 0) return status
    this.#backlog = backlog
    this.#isListening = true
    this.active = true
    return 0
  }

  /** Used by the other side: it wants to connect. */
  accept(end: PipeEnd): boolean {
    if (!this.#isListening || this.#waiting >= this.#backlog) return false
    this.#waiting++
    this.post(() => {
      this.#waiting--
      const client = new PipeHandle(this.host)
      client.#take(end)
      client.attach(end)
      if (this.isClosed) client.reset()
      else this.onconnection(0, client)
    })
    return true
  }

  connect(request: ConnectRequest, path: string): number {
    if (this.isClosed) return errnoOf('EBADF')
    if (Buffer.byteLength(path) > MAX_PATH_BYTES) return errnoOf('EINVAL')
    const { pipes, pipeFiles } = this.host
    const listener = pipes.find(path)
    this.active = true
    if (listener !== undefined) {
      const [ours, theirs] = PipeEnd.pair((callback) => this.post(callback))
      if (listener.accept(theirs)) this.#finish(request, 0, ours)
      else this.#finish(request, errnoOf('ECONNREFUSED'), null)
    } else if (pipeFiles === null) this.#finish(request, errnoOf('ENOENT'), null)
    else pipeFiles.connect(path, (status, stream) => this.#finish(request, status, stream))
    return 0
  }

  #finish(request: ConnectRequest, status: number, stream: ObservableStream | null): void {
    if (stream !== null) this.#take(stream)
    this.post(() => {
      if (this.isClosed) {
        stream?.abandon(this.host.now())
        request.oncomplete?.(errnoOf('ECANCELED'), this, request, false, false)
        return
      }
      if (stream !== null) this.attach(stream)
      else this.active = false
      request.oncomplete?.(status, this, request, true, true)
    })
  }

  #take(end: ObservableStream): void {
    this.#end = end
    end.observer = {
      onReadable: () => this.postRead(),
      onEnd: () => this.postRead(),
      onWritable: () => this.flush(),
      onClosed: (code) => {
        if (code !== undefined) this.fail(code)
      },
    }
  }

  /** @param mode 1 readable, 2 writable by all */
  fchmod(mode: number): number {
    return this.#name?.chmod(mode) ?? 0
  }

  setPendingInstances(): void {}

  open(_fd: number): number {
    return errnoOf('EINVAL')
  }

  protected override closeStream(byReset: boolean): void {
    if (this.#isBound) {
      this.host.pipes.close(this)
      this.#name?.close()
    }
    if (byReset) this.#end?.abort(this.host.now())
    else this.#end?.abandon(this.host.now())
  }
}
