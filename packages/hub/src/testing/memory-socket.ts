/** One end of a connection in memory, with the part of a Node socket's behaviour that the hub relies on. */

/** What the socket needs of its world. */
export interface Scheduler {
  later(task: () => void): void
}

type Listener = (...args: never[]) => void

/** A connected socket. */
export class MemorySocket {
  readonly remoteAddress: string = '127.0.0.1'
  readonly remotePort: number
  readonly localPort: number
  destroyed: boolean = false
  peer!: MemorySocket
  /** False: takes nothing, so that the peer's writes stay under way. */
  accepting: boolean = true
  /** Whether the peer's FIN has been seen. */
  peerEnded: boolean = false
  /** Whether the connection is over, and how many writes reached this end. */
  closed: boolean = false
  writes: number = 0
  readonly #scheduler: Scheduler
  readonly #listeners = new Map<string, Listener[]>()
  #chunks: Buffer[] = []
  #inbox: (() => void)[] = []
  #paused = false
  #ended = false
  #corked: { chunk: Buffer; callback: (() => void) | undefined }[] | undefined

  constructor(scheduler: Scheduler, port: number) {
    this.#scheduler = scheduler
    this.remotePort = port
    this.localPort = port
  }

  /** Everything received so far; for ends that `collect`. */
  get received(): Buffer {
    if (this.#chunks.length > 1) this.#chunks = [Buffer.concat(this.#chunks)]
    return this.#chunks[0] ?? Buffer.alloc(0)
  }

  /** Received so far, as text; forgets it. */
  takeText(): string {
    const text = this.received.toString()
    this.#chunks = []
    return text
  }

  /** Keeps what comes in. */
  collect(): void {
    this.on('data', (chunk: Buffer) => void this.#chunks.push(chunk))
  }

  on(event: string, listener: Listener): this {
    const list = this.#listeners.get(event)
    if (list === undefined) this.#listeners.set(event, [listener])
    else list.push(listener)
    return this
  }

  removeListener(event: string, listener: Listener): this {
    const list = this.#listeners.get(event)
    const at = list?.indexOf(listener) ?? -1
    if (at >= 0) list?.splice(at, 1)
    return this
  }

  emit(event: string, ...args: unknown[]): void {
    for (const listener of [...(this.#listeners.get(event) ?? [])]) (listener as (...given: unknown[]) => void)(...args)
  }

  write(chunk: Uint8Array | string, callback?: (error?: Error | null) => void): boolean {
    if (this.destroyed || this.#ended) {
      callback?.(new Error('write after end'))
      return false
    }
    const entry = { chunk: Buffer.from(chunk), callback: callback as (() => void) | undefined }
    if (this.#corked !== undefined) this.#corked.push(entry)
    else this.#send([entry])
    return true
  }

  cork(): void {
    this.#corked ??= []
  }

  uncork(): void {
    const corked = this.#corked
    this.#corked = undefined
    if (corked !== undefined && corked.length > 0) this.#send(corked)
  }

  #send(entries: { chunk: Buffer; callback: (() => void) | undefined }[]): void {
    const bytes = Buffer.concat(entries.map((entry) => entry.chunk))
    this.#toPeer((peer) => {
      peer.writes++
      if (bytes.length > 0) peer.emit('data', bytes)
      for (const { callback } of entries) callback?.()
    })
  }

  #toPeer(event: (peer: MemorySocket) => void): void {
    const { peer } = this
    this.#scheduler.later(() => peer.#arrive(() => event(peer)))
  }

  #arrive(event: () => void): void {
    if (this.destroyed) return
    this.#inbox.push(event)
    this.#deliver()
  }

  #deliver(): void {
    while (this.#inbox.length > 0 && !this.#paused && this.accepting && !this.destroyed) this.#inbox.shift()?.()
  }

  /** Takes what waits again. */
  accept(): void {
    this.accepting = true
    this.#scheduler.later(() => this.#deliver())
  }

  pause(): this {
    this.#paused = true
    return this
  }

  resume(): this {
    this.#paused = false
    this.#scheduler.later(() => this.#deliver())
    return this
  }

  /** Sends the FIN. */
  end(): this {
    if (this.#ended || this.destroyed) return this
    this.#ended = true
    this.#toPeer((peer) => {
      peer.peerEnded = true
      peer.emit('end')
      if (peer.#ended) {
        peer.#close()
        this.#close()
      }
    })
    return this
  }

  /** Resets the connection. */
  destroy(): this {
    if (this.destroyed) return this
    const { peer } = this
    this.#scheduler.later(() => peer.fail(Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' })))
    this.#close()
    return this
  }

  /** Ends with an error. */
  fail(error: Error): void {
    if (this.destroyed) return
    this.destroyed = true
    this.emit('error', error)
    this.#gone()
  }

  #close(): void {
    if (this.destroyed) return
    this.destroyed = true
    this.#gone()
  }

  #gone(): void {
    this.#inbox = []
    this.closed = true
    this.#scheduler.later(() => this.emit('close', false))
  }
}
