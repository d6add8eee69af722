import { RawConnection } from './connection.ts'
import { within } from './deadline.ts'
import { type Batch, encodeBatches, type LoadSpec, sidOf } from './load.ts'
import type { RunningServer } from './server.ts'

/** How far publishers may run ahead of the slowest subscriber: far enough that the server always has work, below its pending limits. */
const windowBytes = 16 * 1024 * 1024
const roundTimeoutMs = 60_000
const ping = Buffer.from('PING\r\n')

export interface Measured {
  /** Messages published and delivered to every subscriber. */
  readonly messages: number
  readonly seconds: number
  /** Processor time of the server. */
  readonly cpuSeconds: number
  /** Processor time of this process, the load generator. */
  readonly generatorSeconds: number
}

export interface RunOptions {
  readonly verify?: boolean
  readonly timeoutMs?: number
}

/** Publishers and subscribers of one row on one server, connected once and measured several times. */
export class ThroughputBench {
  readonly #server: Pick<RunningServer, 'port' | 'cpuSeconds'>
  readonly #batches: readonly Batch[]
  readonly #publishers: RawConnection[] = []
  readonly #subscribers: Subscriber[] = []
  #sentBytes = 0
  #wake: (() => void) | undefined

  private constructor(server: Pick<RunningServer, 'port' | 'cpuSeconds'>, batches: readonly Batch[]) {
    this.#server = server
    this.#batches = batches
  }

  static async open(
    server: Pick<RunningServer, 'port' | 'cpuSeconds'>,
    spec: LoadSpec,
    batches: readonly Batch[] = encodeBatches(spec),
  ): Promise<ThroughputBench> {
    const bench = new ThroughputBench(server, batches)
    for (let index = 0; index < spec.subscribers; index += 1) {
      const connection = await RawConnection.ready(server.port, `SUB ${spec.interest} ${sidOf(spec, index)}\r\n`)
      bench.#subscribers.push(new Subscriber(connection, () => bench.#received()))
    }
    for (let index = 0; index < spec.publishers; index += 1)
      bench.#publishers.push(await RawConnection.ready(server.port))
    return bench
  }

  get messagesPerRepetition(): number {
    return this.#batches.reduce((sum, batch) => sum + batch.messages, 0)
  }

  /**
   * Publishes every batch so many times and waits until each subscriber has received exactly the bytes that must come of it.
   *
   * @param options.verify compares every byte that the first subscriber receives (one publisher only)
   * @param options.timeoutMs how long delivery may take
   * @throws Error when the server closes a connection, sends -ERR, delivers other bytes, or does not finish in time
   */
  async run(repetitions: number, { verify = false, timeoutMs = roundTimeoutMs }: RunOptions = {}): Promise<Measured> {
    const expected = repetitions * this.#batches.reduce((sum, batch) => sum + batch.deliverBytes, 0)
    this.#sentBytes = 0
    for (const subscriber of this.#subscribers) subscriber.expect(expected)
    if (verify && this.#batches.length === 1) this.#subscribers[0]!.verify(this.#batches[0]!.deliver)
    const failures = [...this.#publishers, ...this.#subscribers.map((subscriber) => subscriber.connection)].map(
      ({ failed }) => failed,
    )
    const cpu = this.#server.cpuSeconds()
    const generator = process.cpuUsage()
    const begun = performance.now()
    const sent = this.#publishers.map((publisher, index) =>
      this.#publish(publisher, this.#batches[index]!, repetitions),
    )
    const received = this.#subscribers.map((subscriber) => subscriber.complete)
    const missing = () => this.#subscribers.map(({ bytes }) => expected - bytes).filter((bytes) => bytes > 0)
    try {
      await within(Promise.race([Promise.all([...sent, ...received]), ...failures]), timeoutMs, 'delivery')
    } catch (error) {
      const behind = missing()
      throw new Error(
        `${(error as Error).message} (${behind.length} of ${this.#subscribers.length} subscribers lack up to ${Math.max(0, ...behind)} bytes)`,
      )
    }
    const seconds = (performance.now() - begun) / 1000
    const cpuSeconds = this.#server.cpuSeconds() - cpu
    const { user, system } = process.cpuUsage(generator)
    for (const subscriber of this.#subscribers) await subscriber.settle()
    return {
      messages: repetitions * this.messagesPerRepetition,
      seconds,
      cpuSeconds,
      generatorSeconds: (user + system) / 1e6,
    }
  }

  async #publish(publisher: RawConnection, batch: Batch, repetitions: number): Promise<void> {
    for (let sent = 0; sent < repetitions; sent += 1) {
      while (this.#ahead() > windowBytes) await this.#progress()
      this.#sentBytes += batch.deliverBytes
      if (!publisher.socket.write(batch.publish)) {
        await Promise.race([new Promise<void>((resolve) => publisher.socket.once('drain', resolve)), publisher.failed])
      }
    }
  }

  #ahead(): number {
    let least = Number.POSITIVE_INFINITY
    for (const { bytes } of this.#subscribers) if (bytes < least) least = bytes
    return this.#sentBytes - least
  }

  #progressed: Promise<void> | undefined

  #progress(): Promise<void> {
    this.#progressed ??= new Promise((resolve) => {
      this.#wake = resolve
    })
    return this.#progressed
  }

  #received(): void {
    if (this.#wake === undefined || this.#ahead() > windowBytes / 2) return
    const wake = this.#wake
    this.#wake = undefined
    this.#progressed = undefined
    wake()
  }

  close(): void {
    for (const { connection } of this.#subscribers) connection.close()
    for (const connection of this.#publishers) connection.close()
  }
}

/** Counts what one connection receives, and on demand compares it. */
class Subscriber {
  readonly connection: RawConnection
  bytes = 0
  complete: Promise<void> = Promise.resolve()
  #expected = 0
  #done: () => void = () => {}
  #pattern: Buffer | undefined
  #at = 0
  readonly #onProgress: () => void

  constructor(connection: RawConnection, onProgress: () => void) {
    this.connection = connection
    this.#onProgress = onProgress
  }

  expect(bytes: number): void {
    this.bytes = 0
    this.#expected = bytes
    this.#pattern = undefined
    this.complete = new Promise((resolve) => {
      this.#done = resolve
    })
    this.connection.onBytes = (chunk, length) => this.#read(chunk, length)
  }

  /** From now on every byte is compared with this pattern, repeated. */
  verify(pattern: Buffer): void {
    this.#pattern = pattern
    this.#at = 0
  }

  #read(chunk: Buffer, length: number): void {
    if (chunk[0] === 0x2d && chunk.toString('latin1', 0, 4) === '-ERR') {
      this.connection.fail(new Error(`the server said: ${chunk.toString('latin1', 0, Math.min(length, 200)).trim()}`))
      return
    }
    if (this.#pattern !== undefined) this.#compare(chunk, length, this.#pattern)
    this.bytes += length
    this.#onProgress()
    if (this.bytes >= this.#expected) this.#done()
  }

  #compare(chunk: Buffer, length: number, pattern: Buffer): void {
    let at = 0
    while (at < length) {
      const part = Math.min(length - at, pattern.length - this.#at)
      if (chunk.compare(pattern, this.#at, this.#at + part, at, at + part) !== 0) {
        const upTo = firstDifference(chunk, at, pattern, this.#at, part)
        if (chunk.compare(ping, 0, ping.length, at + upTo, at + upTo + ping.length) === 0) {
          this.#at = (this.#at + upTo) % pattern.length
          at += upTo + ping.length
          continue
        }
        const got = JSON.stringify(chunk.toString('latin1', at + upTo, Math.min(length, at + upTo + 60)))
        this.connection.fail(new Error(`byte ${this.bytes + at + upTo} is not what was published: ${got}`))
        this.#pattern = undefined
        return
      }
      at += part
      this.#at = (this.#at + part) % pattern.length
    }
  }

  /** After a round: nothing but the server's own PINGs may have come beside the messages. */
  async settle(): Promise<void> {
    let extra = this.bytes - this.#expected
    let tail = ''
    const { promise, resolve } = Promise.withResolvers<void>()
    this.connection.onBytes = (chunk, length) => {
      extra += length
      tail = (tail + chunk.toString('latin1', Math.max(0, length - 64), length)).slice(-64)
      if (tail.endsWith('PONG\r\n')) resolve()
    }
    this.connection.socket.write(ping)
    await within(Promise.race([promise, this.connection.failed]), 20_000, 'an answer after the round')
    const pings = (extra - 'PONG\r\n'.length) / ping.length
    if (!Number.isInteger(pings) || pings > 3)
      throw new Error(`${extra} bytes came that were not published: duplicates, or another encoding`)
    this.connection.onBytes = () => {}
  }
}

function firstDifference(a: Buffer, atA: number, b: Buffer, atB: number, length: number): number {
  for (let index = 0; index < length; index += 1) if (a[atA + index] !== b[atB + index]) return index
  return length
}
