/** The TCP of one host: checks and parses what arrives, finds its connection, keeps the tables and limits. */
import { CHECKSUM_NONE, type Frame } from '../../link/frame.ts'
import { TimerQueue } from '../../link/timer-queue.ts'
import { checksumAdd, foldChecksum } from '../../wire/checksum.ts'
import { PROTOCOL_TCP } from '../../wire/protocols.ts'
import { readTcpHeader, TCP_HEADER_BYTES } from '../../wire/tcp.ts'
import { readTcpOptions } from '../../wire/tcp-options.ts'
import { BufferMemory } from './buffer-memory.ts'
import { Connection } from './connection.ts'
import { createCounters } from './counters.ts'
import { TcpError } from './errors.ts'
import { FastOpen } from './fast-open.ts'
import { FlowTable, flowHash } from './flow-table.ts'
import { FlowSecrets } from './isn.ts'
import { resetOrphan } from './lifetime.ts'
import { Listener, type ListenerHost } from './listener.ts'
import { type ResolvedOptions, resolveOptions } from './options.ts'
import { isInFlight, onIcmpError, onPathMtu } from './path.ts'
import { PortTable } from './port-table.ts'
import { sendResetFor } from './reset.ts'
import { ACK, RST, Segment, SYN } from './segment.ts'
import { seqAfter } from './sequence.ts'
import { SynCookies } from './syn-cookie.ts'
import type {
  AddressWords,
  TcpConnection,
  TcpConnectionOptions,
  TcpConnectOptions,
  TcpCounters,
  TcpFlow,
  TcpIcmpError,
  TcpLayer,
  TcpLayerOptions,
  TcpListener,
  TcpListenOptions,
  TcpOutput,
  TcpTrace,
} from './types.ts'
import { wakeWriter } from './writable.ts'

const DEFAULT_MAX_CONNECTIONS = 65_536
const DEFAULT_MAX_TIME_WAIT = 16_384
const DEFAULT_MAX_ORPHANS = 32_768
const DEFAULT_MAX_FAST_OPEN_PEERS = 1024
const DEFAULT_MAX_BUFFERED_BYTES = 1024 * 1024 * 1024
const DEFAULT_CHALLENGES_PER_SECOND = 1000
/** The remote end of a listener, for the secret by which its port is chosen. */
const NOWHERE: AddressWords = { w0: 0, w1: 0, w2: 0, w3: 0 }

/** Makes the TCP of one host. */
export function createTcpLayer(options: TcpLayerOptions): TcpLayer {
  return new Layer(options)
}

class Layer implements TcpLayer, ListenerHost {
  readonly segment: Segment = new Segment()
  readonly counters: TcpCounters = createCounters()
  readonly output: TcpOutput
  readonly timers: TimerQueue = new TimerQueue()
  readonly memory: BufferMemory
  readonly secrets: FlowSecrets
  readonly cookies: SynCookies
  readonly fastOpen: FastOpen
  trace: TcpTrace | undefined = undefined
  readonly #flows: FlowTable<Connection> = new FlowTable()
  readonly #ports: PortTable
  readonly #defaults: TcpConnectionOptions | undefined
  readonly #hashKey: number
  readonly #maxConnections: number
  readonly #maxTimeWait: number
  readonly #maxOrphans: number
  readonly #challengeLimit: number
  readonly #fillRandom: (bytes: Uint8Array) => void
  /** The listener of a connection that nobody has accepted yet. */
  readonly #listenerOf: Map<Connection, Listener> = new Map()
  readonly #timeWait: Set<Connection> = new Set()
  /** In the order in which they were abandoned. */
  readonly #orphans: Set<Connection> = new Set()
  /** Complete connections whose listeners are still to be told, each behind its listener. */
  readonly #announced: (Listener | Connection)[] = []
  /** Connections whose answers wait for the end of a batch. */
  readonly #postponed: Connection[] = []
  #challengeSecond = -1
  #challengesLeft = 0

  constructor(options: TcpLayerOptions) {
    this.output = options.output
    this.secrets = new FlowSecrets(options.fillRandom)
    this.cookies = new SynCookies(options.fillRandom)
    this.memory = new BufferMemory(options.maxBufferedBytes ?? DEFAULT_MAX_BUFFERED_BYTES)
    const peers = options.maxFastOpenPeers ?? DEFAULT_MAX_FAST_OPEN_PEERS
    this.fastOpen = new FastOpen(options.fillRandom, this.counters, peers)
    this.#fillRandom = options.fillRandom
    this.#defaults = options.defaults
    this.#maxConnections = options.maxConnections ?? DEFAULT_MAX_CONNECTIONS
    this.#maxTimeWait = options.maxTimeWait ?? DEFAULT_MAX_TIME_WAIT
    this.#maxOrphans = options.maxOrphans ?? DEFAULT_MAX_ORPHANS
    this.#challengeLimit = options.challengeAcksPerSecond ?? DEFAULT_CHALLENGES_PER_SECOND
    this.#ports = new PortTable(options.ephemeralPorts)
    this.#hashKey = this.#random32()
  }

  #random32(): number {
    const bytes = new Uint8Array(4)
    this.#fillRandom(bytes)
    return (bytes[0]! << 24) | (bytes[1]! << 16) | (bytes[2]! << 8) | bytes[3]!
  }

  get connectionCount(): number {
    return this.#flows.size
  }

  get orphanCount(): number {
    return this.#orphans.size
  }

  get bufferedBytes(): number {
    return this.memory.held
  }

  // --- way in ----------------------------------------------------------------------------------

  receive(frame: Frame, now: number, more = false): void {
    this.#process(frame, now, more)
    if (this.#announced.length > 0) this.#announceAll()
    if (!more && this.#postponed.length > 0) this.#finishPostponed(now)
  }

  #process(frame: Frame, now: number, more: boolean): void {
    const { segment, counters } = this
    const { bytes, start, end } = frame
    counters.segmentsIn++
    if (frame.checksum === CHECKSUM_NONE && !this.#checksumRight(bytes, start, end)) {
      counters.checksumErrors++ // RFC9293:MUST-3
      return
    }
    const headerBytes = readTcpHeader(bytes, start, end, segment)
    // RFC9293:MUST-7: an option with an impossible length is no reason to fall over. RFC9293:MUST-6, MUST-64: unknown ones are passed over, none need be aligned.
    if (headerBytes < 0 || readTcpOptions(bytes, start + TCP_HEADER_BYTES, start + headerBytes, segment) < 0) {
      counters.malformed++
      return
    }
    segment.bytes = bytes
    segment.frame = frame
    segment.payloadStart = start + headerBytes
    segment.payloadEnd = end
    // RFC9293:MUST-57, MUST-63: nothing sent to a group, or from one, is TCP.
    if (segment.toGroup || isGroup(segment.source0, segment.source1, segment.source2, segment.source3)) return
    const connection = this.#find(segment)
    if (connection !== undefined && !this.#reusesTimeWait(connection, segment)) connection.onSegment(segment, now, more)
    else this.#toListener(segment, now)
  }

  #checksumRight(bytes: Uint8Array, start: number, end: number): boolean {
    const s = this.segment
    const pseudo = foldChecksum(
      halves(s.source0) +
        halves(s.source1) +
        halves(s.source2) +
        halves(s.source3) +
        halves(s.destination0) +
        halves(s.destination1) +
        halves(s.destination2) +
        halves(s.destination3) +
        PROTOCOL_TCP +
        (end - start),
    )
    return checksumAdd(bytes, start, end, pseudo) === 0xffff
  }

  #find(s: Segment): Connection | undefined {
    return this.#flows.find(
      this.hashOf(s),
      s.destinationPort,
      s.sourcePort,
      s.destination0,
      s.destination1,
      s.destination2,
      s.destination3,
      s.source0,
      s.source1,
      s.source2,
      s.source3,
    )
  }

  hashOf(s: Segment): number {
    return flowHash(
      this.#hashKey,
      s.destination3,
      s.source0,
      s.source1,
      s.source2,
      s.source3,
      (s.destinationPort << 16) | s.sourcePort,
    )
  }

  /** RFC9293:MAY-2, SHLD-4 (RFC 6191): a SYN that is certainly newer than the connection in TIME-WAIT begins another one. */
  #reusesTimeWait(connection: Connection, segment: Segment): boolean {
    if (connection.state !== 'TIME-WAIT' || (segment.flags & (SYN | ACK | RST)) !== SYN) return false
    const newer =
      connection.timestampsOn && segment.hasTimestamps
        ? seqAfter(segment.timestampValue, connection.timestampRecent) ||
          (segment.timestampValue === connection.timestampRecent &&
            seqAfter(segment.sequence, connection.receiver.next))
        : seqAfter(segment.sequence, connection.receiver.next)
    if (!newer || this.#ports.listenerFor(segment) === undefined) return false
    this.counters.timeWaitReused++
    connection.terminate('finished', 'SYN of a later connection')
    return true
  }

  #toListener(segment: Segment, now: number): void {
    const listener = this.#ports.listenerFor(segment)
    if (listener !== undefined) {
      listener.onSegment(segment, now)
      return
    }
    // RFC 9293 3.10.7.1: CLOSED.
    this.counters.noListener++
    this.trace?.onDropped?.(undefined, segment, 'no connection', 'RFC 9293 3.10.7.1', now)
    this.sendResetFor(segment, now)
  }

  sendResetFor(segment: Segment, now: number): void {
    if ((segment.flags & RST) !== 0) return
    this.counters.resetsSent++
    sendResetFor(this, this.flowOf(segment, undefined), segment, now)
  }

  postpone(connection: Connection): void {
    if (this.#postponed[this.#postponed.length - 1] !== connection) this.#postponed.push(connection)
  }

  #finishPostponed(now: number): void {
    for (const connection of this.#postponed) connection.finish(now)
    this.#postponed.length = 0
  }

  #announceAll(): void {
    while (this.#announced.length > 0) {
      const connection = this.#announced.pop() as Connection
      const listener = this.#announced.pop() as Listener
      listener.notify()
      connection.dispatch()
    }
  }

  // --- time ------------------------------------------------------------------------------------

  poll(now: number): void {
    if (this.#postponed.length > 0) this.#finishPostponed(now)
    this.timers.poll(now)
    if (this.memory.isWakeDue) this.memory.wake(wakeWriter)
  }

  pollAt(): number {
    // A batch that did not end with a TCP segment; writers for whom there is room again.
    if (this.#postponed.length > 0 || this.memory.isWakeDue) return Number.NEGATIVE_INFINITY
    return this.timers.pollAt()
  }

  allowChallenge(now: number): boolean {
    const second = Math.floor(now / 1000)
    if (second !== this.#challengeSecond) {
      this.#challengeSecond = second
      // Not a fixed number: the limit itself must tell an outsider nothing (CVE-2016-5696).
      const half = this.#challengeLimit >> 1
      this.#challengesLeft = half + ((this.#random32() >>> 0) % (half + 1))
    }
    if (this.#challengesLeft <= 0) {
      this.counters.challengeAcksSuppressed++
      return false
    }
    this.#challengesLeft--
    this.counters.challengeAcks++
    return true
  }

  // --- opening and closing ---------------------------------------------------------------------

  connect(options: TcpConnectOptions, now: number): TcpConnection {
    if (!this.hasRoom()) {
      this.counters.connectionsRefused++
      throw new TcpError('ENOBUFS', `the limit of ${this.#maxConnections} connections is reached`)
    }
    const resolved = resolveOptions(this.#defaults, options.options)
    const { local, remote, remotePort } = options
    // RFC9293:MUST-46: no OPEN to a broadcast or multicast address.
    if (remotePort <= 0 || remotePort > 0xffff)
      throw new TcpError('EADDRNOTAVAIL', `port ${remotePort} cannot be connected to`)
    if (isGroup(remote.w0, remote.w1, remote.w2, remote.w3))
      throw new TcpError('ENETUNREACH', 'TCP does not connect to a group')
    const localPort = options.localPort || this.#ephemeralPort(local, remote, remotePort)
    const hash = this.#hashOfFlow(local, localPort, remote, remotePort)
    this.#freeTuple(hash, local, localPort, remote, remotePort)
    const flow: TcpFlow = {
      local,
      localPort,
      remote,
      remotePort,
      trafficClass: resolved.trafficClass,
      hopLimit: resolved.hopLimit,
      route: undefined,
    }
    if (this.output.mtu(flow) <= 0) throw new TcpError('ENETUNREACH', 'there is no route to that address')
    const sequence = this.secrets.initialSequence(local, localPort, remote, remotePort, now)
    const connection = new Connection(this, flow, hash, resolved, options.observer ?? {}, false, sequence, now)
    connection.owner = options.owner
    this.#flows.add(connection)
    this.counters.activeOpens++
    const { data } = options
    if (data !== undefined && connection.sender.buffer.append(data, 0, data.length) < data.length) {
      this.#flows.delete(connection)
      connection.sender.buffer.clear()
      throw new TcpError('ENOBUFS', `the send buffer does not hold ${data.length} bytes`)
    }
    connection.open(now)
    return connection
  }

  /** A port of ours towards that remote end, RFC 6056 3.3.3. */
  #ephemeralPort(local: AddressWords, remote: AddressWords, remotePort: number): number {
    const port = this.#ports.ephemeral(this.secrets.portOffset(local, remote, remotePort), (candidate) => {
      const hash = this.#hashOfFlow(local, candidate, remote, remotePort)
      return this.#tuple(hash, local, candidate, remote, remotePort) === undefined
    })
    if (port === 0) throw new TcpError('EADDRNOTAVAIL', 'all ephemeral ports towards that address are in use')
    return port
  }

  #hashOfFlow(local: AddressWords, localPort: number, remote: AddressWords, remotePort: number): number {
    return flowHash(
      this.#hashKey,
      local.w3 | 0,
      remote.w0 | 0,
      remote.w1 | 0,
      remote.w2 | 0,
      remote.w3 | 0,
      (localPort << 16) | remotePort,
    )
  }

  #tuple(
    hash: number,
    l: AddressWords,
    localPort: number,
    r: AddressWords,
    remotePort: number,
  ): Connection | undefined {
    return this.#flows.find(hash, localPort, remotePort, l.w0, l.w1, l.w2, l.w3, r.w0, r.w1, r.w2, r.w3)
  }

  #freeTuple(hash: number, local: AddressWords, localPort: number, remote: AddressWords, remotePort: number): void {
    const other = this.#tuple(hash, local, localPort, remote, remotePort)
    if (other === undefined) return
    // Our ISN and timestamps go on from where that connection's stopped, so it may be replaced (RFC 6191).
    if (other.state !== 'TIME-WAIT')
      throw new TcpError('EADDRINUSE', 'a connection with these addresses and ports exists')
    this.counters.timeWaitReused++
    other.terminate('finished', 'active OPEN of the same addresses and ports')
  }

  listen(options: TcpListenOptions, _now: number): TcpListener {
    const port = options.port || this.#ports.freeListenPort(options, this.secrets.portOffset(NOWHERE, NOWHERE, 0))
    if (port === 0 || this.isTaken(options, port)) throw new TcpError('EADDRINUSE', `port ${port} is in use`)
    const listener = new Listener(this, options, port, this.#defaults)
    this.#ports.add(listener)
    return listener
  }

  /** Whether somebody listens where these options would. */
  isTaken(where: Pick<TcpListenOptions, 'address' | 'family'>, port: number): boolean {
    return this.#ports.conflicts(where, port)
  }

  stopListening(listener: Listener): void {
    this.#ports.remove(listener)
  }

  hasRoom(): boolean {
    return this.#flows.size < this.#maxConnections
  }

  flowOf(s: Segment, options: ResolvedOptions | undefined): TcpFlow {
    return {
      local: { w0: s.destination0, w1: s.destination1, w2: s.destination2, w3: s.destination3 },
      localPort: s.destinationPort,
      remote: { w0: s.source0, w1: s.source1, w2: s.source2, w3: s.source3 },
      remotePort: s.sourcePort,
      trafficClass: options?.trafficClass ?? 0,
      hopLimit: options?.hopLimit ?? 0,
      route: undefined,
    }
  }

  register(connection: Connection, listener: Listener): void {
    this.#flows.add(connection)
    this.#listenerOf.set(connection, listener)
  }

  announce(listener: Listener, connection: Connection): void {
    this.#announced.push(listener, connection)
  }

  completed(connection: Connection): boolean {
    const listener = this.#listenerOf.get(connection)
    if (listener === undefined || !listener.complete(connection)) return false
    this.counters.passiveOpens++
    return true
  }

  enteredTimeWait(connection: Connection): void {
    this.counters.timeWait++
    this.#orphans.delete(connection)
    this.#timeWait.add(connection)
    if (this.#timeWait.size <= this.#maxTimeWait) return
    for (const oldest of this.#timeWait) {
      this.counters.timeWaitOverflow++
      oldest.terminate('finished', 'too many connections in TIME-WAIT')
      break
    }
  }

  orphaned(connection: Connection, now: number): void {
    this.#orphans.add(connection)
    if (this.#orphans.size <= this.#maxOrphans) return
    for (const oldest of this.#orphans) {
      this.counters.orphansReset++
      resetOrphan(oldest, now)
      break
    }
  }

  closed(connection: Connection): void {
    this.#flows.delete(connection)
    this.#orphans.delete(connection)
    this.#timeWait.delete(connection)
    this.memory.forget(connection)
    const listener = this.#listenerOf.get(connection)
    if (listener !== undefined) {
      this.#listenerOf.delete(connection)
      if (!connection.accepted || connection.fastOpened) listener.forget(connection)
    }
  }

  // --- news from below -------------------------------------------------------------------------

  onIcmpError(error: TcpIcmpError, now: number): void {
    const connection = this.#quoted(error)
    if (connection !== undefined) onIcmpError(connection, error, now)
  }

  isInFlight(error: TcpIcmpError): boolean {
    const connection = this.#quoted(error)
    return connection !== undefined && isInFlight(connection, error)
  }

  #quoted({ local, localPort, remote, remotePort }: TcpIcmpError): Connection | undefined {
    const hash = this.#hashOfFlow(local, localPort, remote, remotePort)
    return this.#tuple(hash, local, localPort, remote, remotePort)
  }

  onPathMtu(remote: AddressWords | null, now: number): void {
    for (const connection of this.#flows.values()) {
      const other = connection.flow.remote
      const same =
        remote === null ||
        ((other.w0 ^ remote.w0) | (other.w1 ^ remote.w1) | (other.w2 ^ remote.w2) | (other.w3 ^ remote.w3)) === 0
      if (same && connection.state !== 'TIME-WAIT') onPathMtu(connection, now)
    }
  }

  connections(): Iterable<TcpConnection> {
    return this.#flows.values()
  }

  abortAll(now: number, silent = false): void {
    for (const listener of this.#ports.listeners()) this.#ports.remove(listener)
    for (const connection of this.#flows.values()) {
      if (silent) {
        connection.terminate('aborted', 'host went down')
        connection.dispatch()
      } else connection.abort(now)
    }
  }
}

function halves(word: number): number {
  return (word >>> 16) + (word & 0xffff)
}

/** Multicast, or IPv4's broadcast and "this network" addresses. */
function isGroup(w0: number, w1: number, w2: number, w3: number): boolean {
  if ((w0 | w1) === 0 && w2 === 0xffff) return w3 >>> 28 === 0xe || w3 === -1 || w3 === 0xffff_ffff
  return w0 >>> 24 === 0xff
}
