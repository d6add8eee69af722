/** Two TCP layers and a wire between them in virtual time, for the tests of this folder. No internet layer: addresses go beside the frame. */
import { type Frame, FramePool } from '../../src/link/frame.ts'
import { createTcpLayer } from '../../src/transport/tcp/layer.ts'
import type {
  AddressWords,
  TcpConnection,
  TcpConnectionOptions,
  TcpFlow,
  TcpLayer,
  TcpLayerOptions,
  TcpListener,
  TcpListenOptions,
  TcpObserver,
  TcpOutput,
} from '../../src/transport/tcp/types.ts'
import { buildTcp, parseTcp } from '../../src/wire/tcp.ts'
import type { TcpOption } from '../../src/wire/tcp-options.ts'

/** A small seeded generator (mulberry32): the same seed gives the same run. */
export function seeded(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

export function ipv4(last: number): AddressWords {
  return { w0: 0, w1: 0, w2: 0xffff, w3: (0x0a000000 | last) >>> 0 }
}

export interface LinkOptions {
  /** One-way delay. */
  delayMs?: number
  loss?: number
  duplicate?: number
  /** Share of packets that are held back by up to `reorderMs`. */
  reorder?: number
  reorderMs?: number
  /** Bytes a second; with `queueBytes` in front, drop-tail. */
  rate?: number
  queueBytes?: number
  mtu?: number
  /** Mark what can be marked when an eighth of the queue is full. */
  markEcn?: boolean
  /** Called for each packet; false drops it. */
  filter?: (packet: Packet) => boolean
}

export interface Packet {
  from: 'a' | 'b'
  frame: Frame
  flow: TcpFlow
  at: number
  order: number
}

export class Host {
  readonly layer: TcpLayer
  readonly name: 'a' | 'b'
  address: AddressWords

  constructor(net: Net, name: 'a' | 'b', options: Partial<TcpLayerOptions>) {
    this.name = name
    this.address = ipv4(name === 'a' ? 1 : 2)
    const output: TcpOutput = {
      allocate: (bytes) => net.pool.allocate(bytes),
      transmit: (frame, flow) => net.send(name, frame, flow),
      mtu: () => net.link.mtu ?? 1500,
      offload: () => undefined,
    }
    const random = seeded(net.seed * 2 + (name === 'a' ? 0 : 1))
    this.layer = createTcpLayer({
      output,
      fillRandom: (bytes) => {
        for (let i = 0; i < bytes.length; i++) bytes[i] = random() * 256
      },
      ...options,
    })
  }
}

export class Net {
  now = 1000
  readonly seed: number
  readonly pool: FramePool = new FramePool()
  link: LinkOptions
  readonly a: Host
  readonly b: Host
  readonly random: () => number
  packets: Packet[] = []
  sent = 0
  dropped = 0
  marked = 0
  #order = 0
  #busyUntil = { a: 0, b: 0 }

  constructor(
    link: LinkOptions = {},
    seed = 1,
    defaults: TcpConnectionOptions = {},
    layer: Partial<TcpLayerOptions> = {},
    layerOfB: Partial<TcpLayerOptions> = layer,
  ) {
    this.link = link
    this.seed = seed
    this.random = seeded(seed + 77)
    this.a = new Host(this, 'a', { defaults, ...layer })
    this.b = new Host(this, 'b', { defaults, ...layerOfB })
  }

  send(from: 'a' | 'b', frame: Frame, flow: TcpFlow): void {
    this.sent++
    const packet: Packet = { from, frame, flow, at: 0, order: this.#order++ }
    const { link } = this
    frame.checksum = 0
    if ((link.filter !== undefined && !link.filter(packet)) || (link.loss !== undefined && this.random() < link.loss)) {
      this.dropped++
      frame.release()
      return
    }
    let at = this.now
    if (link.rate !== undefined) {
      const start = Math.max(at, this.#busyUntil[from])
      const queued = ((start - at) * link.rate) / 1000
      if (link.queueBytes !== undefined && queued + frame.length + 20 > link.queueBytes) {
        this.dropped++
        frame.release()
        return
      }
      if (link.markEcn === true && frame.ecn !== 0 && queued > link.queueBytes! / 8) {
        frame.ecn = 3
        this.marked++
      }
      at = start + ((frame.length + 20) * 1000) / link.rate
      this.#busyUntil[from] = at
    }
    at += link.delayMs ?? 0
    if (link.reorder !== undefined && this.random() < link.reorder) at += this.random() * (link.reorderMs ?? 10)
    packet.at = at
    this.enqueue(packet)
    if (link.duplicate !== undefined && this.random() < link.duplicate) {
      const copy = this.pool.allocate(frame.length)
      copy.bytes.set(frame.bytes.subarray(frame.start, frame.end), copy.start)
      copy.end = copy.start + frame.length
      this.enqueue({ from, frame: copy, flow, at: at + this.random() * 5, order: this.#order++ })
    }
  }

  /** Arrives at `packet.at`. */
  enqueue(packet: Packet): void {
    let index = this.packets.length
    while (index > 0 && this.packets[index - 1]!.at > packet.at) index--
    this.packets.splice(index, 0, packet)
  }

  /** One event: the next packet or timer. False when nothing is left. */
  step(limit: number = Number.POSITIVE_INFINITY): boolean {
    const timer = Math.min(this.a.layer.pollAt(), this.b.layer.pollAt())
    const next = this.packets[0]
    const at = next === undefined ? timer : Math.min(timer, next.at)
    if (at === Number.POSITIVE_INFINITY || at > limit) return false
    this.now = Math.max(this.now, at)
    if (next !== undefined && next.at <= timer) {
      this.packets.shift()
      this.deliver(next)
    } else {
      this.a.layer.poll(this.now)
      this.b.layer.poll(this.now)
    }
    return true
  }

  deliver(packet: Packet): void {
    const to = packet.from === 'a' ? this.b : this.a
    const { segment } = to.layer
    const { local, remote } = packet.flow
    segment.setAddresses4(local.w3, remote.w3)
    segment.ecn = packet.frame.ecn
    to.layer.receive(packet.frame, this.now)
    packet.frame.release()
  }

  /** Runs until `done`, or nothing is left, or `maxMs` of virtual time are over. */
  run(done: () => boolean = () => false, maxMs = 3_600_000): boolean {
    const limit = this.now + maxMs
    while (!done()) if (!this.step(limit)) return done()
    return true
  }

  /** Lets that much time pass. */
  pass(ms: number): void {
    const limit = this.now + ms
    while (this.step(limit)) {}
    this.now = limit
  }
}

/** A connection from a to port 80 of b, both ends, established. */
export function connectPair(
  net: Net,
  options: TcpConnectionOptions = {},
  observers: { client?: TcpObserver; server?: TcpObserver } = {},
): { client: TcpConnection; server: TcpConnection } {
  let server: TcpConnection | undefined
  net.b.layer.listen(
    {
      port: 80,
      options,
      onConnection: (listener) => {
        server = listener.accept()!
        server.observer = observers.server ?? {}
      },
    },
    net.now,
  )
  const client = net.a.layer.connect(
    { local: net.a.address, remote: net.b.address, remotePort: 80, options, observer: observers.client ?? {} },
    net.now,
  )
  net.run(() => server !== undefined && client.state === 'ESTABLISHED', 300_000)
  if (server === undefined) throw new Error(`no connection: client is ${client.state}`)
  return { client, server }
}

/** Sends `total` bytes of a known pattern from one end to the other; reads as it comes. */
export class Transfer {
  received = 0
  wrong = -1
  #offered = 0
  readonly #total: number
  readonly #from: TcpConnection
  readonly #to: TcpConnection
  readonly #net: Net
  readonly #chunk: Uint8Array
  readonly #into: Uint8Array = new Uint8Array(65536)
  readonly #close: boolean

  constructor(net: Net, from: TcpConnection, to: TcpConnection, total: number, close = true, chunk = 65536) {
    this.#net = net
    this.#from = from
    this.#to = to
    this.#total = total
    this.#close = close
    this.#chunk = new Uint8Array(chunk)
    from.observer = { ...from.observer, onWritable: () => this.#write() }
    to.observer = { ...to.observer, onReadable: () => this.#read() }
    this.#write()
    this.#read()
  }

  get done(): boolean {
    return this.received >= this.#total
  }

  #write(): void {
    while (this.#offered < this.#total) {
      const length = Math.min(this.#chunk.length, this.#total - this.#offered)
      for (let i = 0; i < length; i++) this.#chunk[i] = pattern(this.#offered + i)
      const taken = this.#from.send(this.#chunk, this.#net.now, 0, length)
      this.#offered += taken
      if (taken < length) return
    }
    if (this.#close) this.#from.shutdown(this.#net.now)
  }

  #read(): void {
    for (;;) {
      const count = this.#to.read(this.#into, this.#net.now)
      if (count === 0) return
      for (let i = 0; i < count; i++) {
        if (this.#into[i] !== pattern(this.received + i) && this.wrong < 0) this.wrong = this.received + i
      }
      this.received += count
    }
  }
}

function pattern(offset: number): number {
  return (offset * 31 + (offset >>> 8) * 7 + (offset >>> 16)) & 255
}

/** A segment as a test writes or reads it; sequence numbers relative to the two initial ones. */
export interface Said {
  flags: string
  seq: number
  ack: number
  window: number
  data: string
  options: TcpOption[]
}

const PEER_ISN = 5000

/**
 * One layer (host b) against a peer that the test plays segment by segment. The peer's sequence numbers begin at 0 with its SYN, and so do ours:
 * `said()` tells what our side has sent since the last call.
 */
export class Dialogue {
  readonly net: Net
  connection: TcpConnection | undefined
  #port = 40_000
  #localPort = 80
  #isn: number | undefined
  #out: Said[] = []

  constructor(layer: Partial<TcpLayerOptions> = {}, link: LinkOptions = {}) {
    this.net = new Net({ ...link, filter: (packet) => this.#hear(packet) }, 1, {}, layer)
  }

  get now(): number {
    return this.net.now
  }

  #hear(packet: Packet): boolean {
    const { frame } = packet
    const segment = parseTcp(frame.bytes.slice(frame.start, frame.end))
    if ((segment.flags & 2) !== 0) this.#isn = segment.sequenceNumber
    const names = 'FSRPAUEC'
    let flags = ''
    for (let bit = 0; bit < 8; bit++) if ((segment.flags & (1 << bit)) !== 0) flags += names[bit]
    this.#port = packet.flow.remotePort
    this.#localPort = packet.flow.localPort
    this.#out.push({
      flags,
      seq: (segment.sequenceNumber - (this.#isn ?? 0)) | 0,
      ack: (segment.acknowledgmentNumber - PEER_ISN) | 0,
      window: segment.window,
      data: new TextDecoder('latin1').decode(segment.payload),
      options: segment.options,
    })
    return false
  }

  /** Listens, and keeps the connection that comes. */
  listen(options: TcpConnectionOptions = {}, more: Partial<TcpListenOptions> = {}): TcpListener {
    return this.net.b.layer.listen(
      {
        port: 80,
        options: { delayedAckMs: 0, ...options },
        onConnection: (listener) => {
          this.connection = listener.accept()
        },
        ...more,
      },
      this.now,
    )
  }

  connect(options: TcpConnectionOptions = {}): TcpConnection {
    this.connection = this.net.b.layer.connect(
      {
        local: this.net.b.address,
        remote: this.net.a.address,
        remotePort: 80,
        options: { delayedAckMs: 0, ...options },
      },
      this.now,
    )
    return this.connection
  }

  /** The peer says something. Flags as letters: S, A, F, R, P, U, E, C. */
  say(
    flags: string,
    seq: number,
    ack = 0,
    more: { data?: string; window?: number; options?: TcpOption[]; urgent?: number; port?: number; ecn?: number } = {},
  ): void {
    const names = 'FSRPAUEC'
    let bits = 0
    for (const letter of flags) bits |= 1 << names.indexOf(letter)
    const bytes = buildTcp({
      sourcePort: more.port ?? this.#port,
      destinationPort: this.#localPort,
      sequenceNumber: (seq + PEER_ISN) >>> 0,
      acknowledgmentNumber: flags.includes('A') ? (ack + (this.#isn ?? 0)) >>> 0 : 0,
      flags: bits,
      window: more.window ?? 65_535,
      urgentPointer: more.urgent ?? 0,
      options: more.options ?? [],
      payload: new TextEncoder().encode(more.data ?? ''),
    })
    const frame = this.net.pool.allocate(bytes.length)
    frame.bytes.set(bytes, frame.start)
    frame.end = frame.start + bytes.length
    frame.checksum = 2
    const { segment } = this.net.b.layer
    segment.setAddresses4(this.net.a.address.w3, this.net.b.address.w3)
    segment.ecn = more.ecn ?? 0
    this.net.b.layer.receive(frame, this.now)
    frame.release()
  }

  /** What our side has sent since the last call. */
  said(): Said[] {
    const said = this.#out
    this.#out = []
    return said
  }

  /** The same as short text: `SA 0/1`, `PA 1/1 hello`. */
  heard(): string[] {
    return this.said().map(
      (one) =>
        `${one.flags} ${one.seq}/${one.flags.includes('A') ? one.ack : '-'}${one.data === '' ? '' : ` ${one.data.length > 20 ? one.data.length : one.data}`}`,
    )
  }

  /** Passive opening by the peer; leaves nothing in the ear. */
  establish(options: TcpConnectionOptions = {}, syn: TcpOption[] = [], window = 65_535, rttMs = 0): TcpConnection {
    this.listen(options)
    this.say('S', 0, 0, { options: syn, window })
    this.net.now += rttMs
    this.say('A', 1, 1, { window })
    this.said()
    return this.connection!
  }

  /** The same with other options in the SYN and in the ACK that follows it. */
  establishStamped(syn: TcpOption[], ack: TcpOption[]): TcpConnection {
    this.listen()
    this.say('S', 0, 0, { options: syn })
    this.say('A', 1, 1, { options: ack })
    this.said()
    return this.connection!
  }

  text(): string {
    const bytes = new Uint8Array(this.connection!.readableBytes)
    this.connection!.read(bytes, this.now)
    return new TextDecoder('latin1').decode(bytes)
  }

  write(text: string): void {
    this.connection!.send(new TextEncoder().encode(text), this.now)
  }
}
