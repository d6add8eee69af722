/** Clients for load: bare sockets, bytes made beforehand, so that the test's own process is not what is measured. */
import { once } from 'node:events'
import net from 'node:net'

/** A NATS client of bare bytes. */
export class Wire {
  readonly socket: net.Socket
  /** Bytes received. */
  bytes = 0
  closed = false
  /** The last bytes received, as text. */
  tail = ''
  #pongs = 0
  /** What came since the last PING or PONG. */
  #recent = ''
  #wake: (() => void)[] = []

  constructor(port: number, options: Partial<net.TcpNetConnectOpts> = {}) {
    this.socket = net.connect({ port, host: '127.0.0.1', noDelay: true, ...options })
    this.socket.on('error', () => {})
    this.socket.on('data', (chunk: Buffer) => {
      this.bytes += chunk.length
      const end = chunk.toString('latin1', Math.max(0, chunk.length - 2048))
      this.tail = (this.tail + end).slice(-2048)
      this.#lookForPings(end)
      this.#notify()
    })
    this.socket.on('drain', () => this.#notify())
    this.socket.on('close', () => {
      this.closed = true
      this.#notify()
    })
  }

  /** Only its own round trips are looked for: a PONG stands at the end of what has come. The hub's own PING may stand beside it. */
  #lookForPings(end: string): void {
    this.#recent = (this.#recent + end).slice(-2048)
    const pings = /(?:(?:PONG|PING)\r\n)+$/.exec(this.#recent)?.[0]
    if (pings === undefined) return
    this.#recent = ''
    if (pings.includes('PONG')) this.#pongs++
    if (pings.includes('PING')) this.socket.write('PONG\r\n')
  }

  #notify(): void {
    for (const wake of this.#wake.splice(0)) wake()
  }

  async until(done: () => boolean): Promise<void> {
    while (!done()) {
      if (this.closed && !done()) throw new Error(`closed; the last it heard was ${JSON.stringify(this.tail)}`)
      await new Promise<void>((resolve) => this.#wake.push(resolve))
    }
  }

  /** Writes, and waits while the kernel has enough. */
  async write(bytes: Buffer | string): Promise<void> {
    if (!this.socket.write(bytes)) await this.until(() => this.closed || !this.socket.writableNeedDrain)
  }

  /** PING and PONG: what was sent before has been executed. */
  async roundTrip(): Promise<void> {
    const before = this.#pongs
    this.socket.write('PING\r\n')
    await this.until(() => this.#pongs > before)
  }

  /** Connects and subscribes. */
  static async open(port: number, lines = '', connect: object = {}): Promise<Wire> {
    const wire = new Wire(port)
    wire.socket.write(`CONNECT ${JSON.stringify({ verbose: false, ...connect })}\r\n${lines}`)
    await wire.roundTrip()
    return wire
  }

  async close(): Promise<void> {
    this.socket.destroy()
    if (!this.closed) await once(this.socket, 'close')
  }
}

/** Waits until this no longer throws. */
export async function eventually<Result>(check: () => Promise<Result>, patienceMs = 20_000): Promise<Result> {
  const end = Date.now() + patienceMs
  for (;;) {
    try {
      return await check()
    } catch (error) {
      if (Date.now() > end) throw error
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
}
