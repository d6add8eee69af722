// The server's side of iperf3's protocol, as observed from its client: enough of it to be measured over TCP in both directions.
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import type { NetModule } from '../../src/api/node/network.ts'

const COOKIE_BYTES = 37
/** States, one byte each, in the control connection. */
const TEST_START = 1
const TEST_RUNNING = 2
const TEST_END = 4
const PARAM_EXCHANGE = 9
const CREATE_STREAMS = 10
const EXCHANGE_RESULTS = 13
const DISPLAY_RESULTS = 14
const IPERF_DONE = 16

interface Parameters {
  parallel?: number
  reverse?: boolean
  num?: number
}

/** Bytes of a socket in portions of the size that is asked for. */
class Portions {
  readonly #source: AsyncIterator<Buffer>
  #rest: Buffer = Buffer.alloc(0)

  constructor(socket: Duplex) {
    this.#source = socket[Symbol.asyncIterator]() as AsyncIterator<Buffer>
  }

  async take(count: number): Promise<Buffer> {
    while (this.#rest.length < count) {
      const { value, done } = await this.#source.next()
      if (done === true) throw new Error('the client has closed the control connection')
      this.#rest = Buffer.concat([this.#rest, value])
    }
    const taken = this.#rest.subarray(0, count)
    this.#rest = this.#rest.subarray(count)
    return taken
  }

  async json(): Promise<unknown> {
    const length = (await this.take(4)).readUInt32BE()
    return JSON.parse((await this.take(length)).toString())
  }
}

interface DataStream {
  readonly socket: Duplex
  bytes: number
}

/** One measurement after the other. */
export class IperfServer {
  readonly #server: ReturnType<NetModule['createServer']>
  #control: Duplex | undefined
  #streams: DataStream[] = []
  #onStream: (() => void) | undefined
  #finished: Promise<number>[] = []

  constructor(net: NetModule) {
    this.#server = net.createServer((socket) => {
      socket.on('error', () => {})
      if (this.#control === undefined) {
        this.#control = socket
        void this.#measure(socket).finally(() => {
          this.#control = undefined
          this.#streams = []
        })
        return
      }
      const stream: DataStream = { socket, bytes: -COOKIE_BYTES }
      socket.on('data', (piece: Buffer) => {
        stream.bytes += piece.length
      })
      this.#streams.push(stream)
      // Not events.once: a reset at the end of a test is no failure.
      this.#finished.push(new Promise((resolve) => void socket.once('close', () => resolve(stream.bytes))))
      this.#onStream?.()
    })
  }

  /** Bytes of the last measurement's streams, once these have ended. */
  async finished(): Promise<number> {
    const all = await Promise.all(this.#finished.splice(0))
    return all.reduce((sum, bytes) => sum + bytes, 0)
  }

  async listen(): Promise<number> {
    this.#server.listen(0)
    await once(this.#server, 'listening')
    return (this.#server.address() as AddressInfo).port
  }

  close(): void {
    this.#control?.destroy()
    for (const { socket } of this.#streams) socket.destroy()
    this.#server.close()
  }

  async #measure(control: Duplex): Promise<void> {
    const input = new Portions(control)
    const say = (state: number): void => void control.write(Buffer.of(state))
    await input.take(COOKIE_BYTES)
    say(PARAM_EXCHANGE)
    const { parallel = 1, reverse = false } = (await input.json()) as Parameters
    say(CREATE_STREAMS)
    while (this.#streams.length < parallel) {
      await new Promise<void>((resolve) => {
        this.#onStream = resolve
      })
    }
    say(TEST_START)
    say(TEST_RUNNING)
    const begun = performance.now()
    let running = true
    if (reverse) for (const stream of this.#streams) send(stream, () => running)
    while ((await input.take(1))[0] !== TEST_END);
    running = false
    // The client reads its streams by whole blocks, to their end: only then it looks at the control connection.
    if (reverse) for (const { socket } of this.#streams) socket.end()
    const seconds = (performance.now() - begun) / 1000
    say(EXCHANGE_RESULTS)
    await input.json()
    const streams = this.#streams.map(({ bytes }, index) => ({
      id: index === 0 ? 1 : index + 2,
      bytes: Math.max(0, bytes),
      retransmits: reverse ? 0 : -1,
      jitter: 0,
      errors: 0,
      packets: 0,
      start_time: 0,
      end_time: seconds,
    }))
    const results = { cpu_util_total: 0, cpu_util_user: 0, cpu_util_system: 0, sender_has_retransmits: -1, streams }
    const text = Buffer.from(JSON.stringify(results))
    const length = Buffer.alloc(4)
    length.writeUInt32BE(text.length)
    control.write(Buffer.concat([length, text]))
    say(DISPLAY_RESULTS)
    while ((await input.take(1))[0] !== IPERF_DONE);
    // The client closes its streams; what it sends until then is read.
    if (reverse) for (const { socket } of this.#streams) socket.destroy()
    control.end()
  }
}

function send(stream: DataStream, isRunning: () => boolean): void {
  const chunk = Buffer.alloc(131_072)
  stream.bytes = 0
  const push = (): void => {
    while (isRunning() && !stream.socket.destroyed) {
      stream.bytes += chunk.length
      if (!stream.socket.write(chunk)) {
        stream.socket.once('drain', push)
        return
      }
    }
  }
  push()
}
