import { IpAddress } from '../../packages/netstack/src/internet/address.ts'
import { World } from '../../packages/netstack/src/sim/world.ts'
import type { TcpConnection } from '../../packages/netstack/src/transport/tcp/mod.ts'

// Speech over a network that loses frames: 50 messages a second of 160 bytes (G.711, 20 ms each), as datagrams and as a byte
// stream. Everything happens in virtual time from one seed: the figures are exact, and the same on every machine.

export type VoiceTransport = 'udp' | 'tcp'

/** What a listener would notice. Times in milliseconds, shares of all messages. */
export interface VoiceFigure {
  /** Never arrived. */
  readonly lost: number
  /** Arrived more than {@link LATE_MS} after it was spoken. */
  readonly late: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly maxMs: number
  /** Interarrival jitter of RFC 3550 6.4.1, mean over the call. */
  readonly jitterMs: number
  /** Ethernet, IP and transport headers of one message. */
  readonly headerBytes: number
  /** Frames of both directions for each message, ACKs and retransmissions too. */
  readonly frames: number
}

export const VOICE_LOSS_RATES: readonly number[] = [0, 0.005, 0.01, 0.02, 0.03, 0.05]
/** Speech is played so long after it was spoken: the network's 30 ms and a jitter buffer as long again. What comes later is useless. */
export const LATE_MS = 60
export const MESSAGE_BYTES = 160
const INTERVAL_MS = 20
const ONE_WAY_MS = 30
const CALL_MS = 300_000
const MESSAGES = CALL_MS / INTERVAL_MS
const PORT = 5004

/** One call: who sends what when is fixed; the world loses some of it. */
class Call {
  readonly world: World
  /** When each message had arrived whole; NaN while it has not. */
  readonly arrivedMs: Float64Array = new Float64Array(MESSAGES).fill(Number.NaN)
  arrivals = 0
  frames = 0
  headerBytes = 0
  readonly message: Uint8Array = new Uint8Array(MESSAGE_BYTES)

  constructor(loss: number) {
    const tcp = { defaults: { noDelay: true } }
    const link = { ends: ['speaker', 'listener'] as const, delayMs: ONE_WAY_MS }
    this.world = new World({ hosts: { speaker: { tcp }, listener: { tcp } }, links: [link], families: [4] }, 1)
    this.world.start()
    // The neighbour is found, and TCP's handshake is over, before frames are lost and counted.
    const socket = this.world.host('speaker').stack.udp.open({ family: 4 })
    socket.send(this.message, this.addresses[1], PORT)
    this.runUntil(1000)
    socket.close()
    this.world.link('speaker-listener').impair({ loss })
  }

  count(): void {
    for (const [index, { tap }] of this.world.link('speaker-listener').ends.entries()) {
      tap.sinks.add((_bytes, start, end, _now, direction) => {
        if (direction === 'in') return
        this.frames++
        if (index === 0 && this.headerBytes === 0) this.headerBytes = end - start - MESSAGE_BYTES
      })
    }
  }

  get addresses(): readonly [local: IpAddress, remote: IpAddress] {
    const [local, remote] = ['speaker', 'listener'].map((name) => IpAddress.parse(this.world.host(name).address()!))
    return [local!, remote!]
  }

  arrive(sequence: number): void {
    this.arrivedMs[sequence] = this.world.now
    this.arrivals++
  }

  runUntil(time: number): void {
    for (let next = this.world.pollAt(); next <= time; next = this.world.pollAt()) this.world.advance(next)
    this.world.advance(time)
  }

  /** Sends every message at its time, then waits for what is still under way. Returns when the first was sent. */
  speak(send: (message: Uint8Array) => void, isOver: () => boolean): number {
    const { world, message } = this
    const startMs = world.now
    const view = new DataView(message.buffer)
    for (let sequence = 0; sequence < MESSAGES; sequence++) {
      this.runUntil(startMs + sequence * INTERVAL_MS)
      view.setUint32(0, sequence)
      send(message)
    }
    while (!isOver()) this.runUntil(world.now + 100)
    this.world.close()
    return startMs
  }
}

function overUdp(call: Call): number {
  const [local, remote] = call.addresses
  const [speaker, listener] = ['speaker', 'listener'].map((name) => call.world.host(name).stack.udp.open({ family: 4 }))
  listener!.bind(null, PORT)
  listener!.onReadable = () => {
    const { bytes } = listener!.read()!
    call.arrive(new DataView(bytes.buffer, bytes.byteOffset).getUint32(0))
  }
  speaker!.bind(local, PORT)
  const end = call.world.now + CALL_MS + 1000
  call.count()
  return call.speak(
    (message) => speaker!.send(message, remote, PORT),
    () => call.world.now >= end,
  )
}

function overTcp(call: Call): number {
  const { world } = call
  const [local, remote] = call.addresses
  let received = 0
  const listener = world.host('listener').stack.tcp.listen(
    {
      port: PORT,
      onConnection: () => {
        const onReadable = (connection: TcpConnection): void => {
          received += connection.readableBytes
          connection.consume(connection.readableBytes, world.now)
          while ((call.arrivals + 1) * MESSAGE_BYTES <= received) call.arrive(call.arrivals)
        }
        const connection = listener.accept()!
        connection.observer = { onReadable }
        onReadable(connection)
      },
    },
    world.now,
  )
  const connection = world.host('speaker').stack.tcp.connect({ local, remote, remotePort: PORT }, world.now)
  while (connection.state !== 'ESTABLISHED') call.runUntil(world.now + 10)
  call.count()
  return call.speak(
    (message) => {
      if (connection.send(message, world.now) !== message.length) throw new Error('the send buffer is full')
    },
    () => call.arrivals === MESSAGES,
  )
}

/** Delays of the messages that arrived, in the order of their sending. */
function delaysOf({ arrivedMs }: Call, startMs: number): number[] {
  const delays: number[] = []
  for (const [sequence, atMs] of arrivedMs.entries())
    if (!Number.isNaN(atMs)) delays.push(atMs - startMs - sequence * INTERVAL_MS)
  return delays
}

function meanJitter(delays: readonly number[]): number {
  let jitter = 0
  let sum = 0
  for (let i = 1; i < delays.length; i++) {
    jitter += (Math.abs(delays[i]! - delays[i - 1]!) - jitter) / 16
    sum += jitter
  }
  return sum / Math.max(1, delays.length - 1)
}

const round = (value: number): number => Math.round(value * 10_000) / 10_000
const roundMs = (value: number): number => Math.round(value * 100) / 100

/** Five minutes of speech with that share of the frames lost, each way. `delays` are sorted. */
export function speakOver(transport: VoiceTransport, loss: number): { figure: VoiceFigure; delays: number[] } {
  const call = new Call(loss)
  const startMs = transport === 'udp' ? overUdp(call) : overTcp(call)
  const inOrder = delaysOf(call, startMs)
  const delays = inOrder.toSorted((a, b) => a - b)
  const percentile = (share: number): number => delays[Math.ceil(share * delays.length) - 1]!
  const figure: VoiceFigure = {
    lost: round(1 - delays.length / MESSAGES),
    late: round(delays.filter((delay) => delay > LATE_MS).length / MESSAGES),
    p50Ms: roundMs(percentile(0.5)),
    p99Ms: roundMs(percentile(0.99)),
    maxMs: roundMs(percentile(1)),
    jitterMs: roundMs(meanJitter(inOrder)),
    headerBytes: call.headerBytes,
    frames: Math.round((call.frames / MESSAGES) * 100) / 100,
  }
  return { figure, delays }
}
