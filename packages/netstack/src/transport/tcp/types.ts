/** The surface between TCP and the rest: what the stack gives it, and what it gives the stack and the api. See mod.ts for the summary. */
import type { IcmpErrorKind } from '../../internet/packet.ts'
import type { Frame } from '../../link/frame.ts'
import type { LinkOffload } from '../../link/link.ts'
import type { Segment } from './segment.ts'
import type { TcpInfo } from './tcp-info.ts'

/** An IP address as four big-endian 32-bit words (either signedness); IPv4 as ::ffff:a.b.c.d. Immutable. Any class with these fields will do. */
export interface AddressWords {
  readonly w0: number
  readonly w1: number
  readonly w2: number
  readonly w3: number
}

/** The states of RFC 9293 3.3.2. A connection begins and ends in CLOSED; LISTEN is the state of a {@link TcpListener}. */
export type TcpState =
  | 'CLOSED'
  | 'LISTEN'
  | 'SYN-SENT'
  | 'SYN-RECEIVED'
  | 'ESTABLISHED'
  | 'FIN-WAIT-1'
  | 'FIN-WAIT-2'
  | 'CLOSE-WAIT'
  | 'CLOSING'
  | 'LAST-ACK'
  | 'TIME-WAIT'

/** Where one connection's segments go. One object lives as long as the connection; the stack may keep its route in `route`. */
export interface TcpFlow {
  /** The same for all segments of a connection. RFC9293:MUST-45 */
  readonly local: AddressWords
  readonly localPort: number
  readonly remote: AddressWords
  readonly remotePort: number
  /** DSCP of the IP header, already shifted left by 2 (the ECN bits are in `Frame.ecn`). RFC9293:MUST-48, SHLD-21, SHLD-22. */
  trafficClass: number
  /** TTL or hop limit; 0 for the stack's default (RFC9293:MUST-49). */
  hopLimit: number
  /** Belongs to the stack: its cached route, or undefined. TCP only carries it. */
  route: unknown
}

/**
 * What TCP needs below it; the stack implements it, once per TCP layer.
 * None of its methods may call back into TCP before it returns: frames are queued by the link and delivered later.
 */
export interface TcpOutput {
  /**
   * A frame for `transportBytes` bytes of TCP header and payload, empty, `start === end` at an offset that is a multiple of 4 with room for all lower headers in front.
   * TCP owns it until it hands it to `transmit`. Undefined when out of buffers: TCP then behaves as if the segment had been lost.
   */
  allocate(transportBytes: number): Frame | undefined
  /**
   * Takes the frame. `start..end` spans TCP header and payload. TCP has written the header, and has set `frame.ecn`; and the checksum: complete (CHECKSUM_VALID), or with
   * {@link TcpOutput.offload} the folded pseudo-header sum (CHECKSUM_PARTIAL with checksumStart/-Offset). With `gsoSize > 0` the frame is a super-segment
   * that the stack cuts or passes on to a device that cuts; TCP makes one only where `offload` allows it. Whatever it brings about, nothing is
   * handed to `receive` before this call has returned.
   */
  transmit(frame: Frame, flow: TcpFlow): void
  /** Path MTU towards the flow's remote address in bytes (IP header included); also says no by 0 when there is no route. Asked at connect and after `onPathMtu`. */
  mtu(flow: TcpFlow): number
  /**
   * What the device on this flow's way out does itself: checksums, super-segments, and whether their payload may lie elsewhere than in
   * the frame (`tail`), which is then done with when `transmit` returns. Undefined for nothing. Asked with `mtu`.
   */
  offload(flow: TcpFlow): LinkOffload | undefined
  /** Negative advice (RFC9293:MUST-20 (b), RFC 1122 3.3.1.4): segments of this flow have been retransmitted several times (R1); its route or neighbour may be dead. */
  suspect?(flow: TcpFlow): void
}

/** Why a segment was sent, sent again or dropped; `rule` names the RFC clause. For ladders and plots. */
export interface TcpTrace {
  /** A segment leaves. `bytes[start..end]` is TCP header and payload, to be read before returning. `reason` is undefined for a first transmission that needs no explanation. */
  onSent?(
    connection: TcpConnection | undefined,
    bytes: Uint8Array,
    start: number,
    end: number,
    reason: string | undefined,
    rule: string | undefined,
    now: number,
  ): void
  /** A segment was taken from the network and thrown away, or only partly used. */
  onDropped?(connection: TcpConnection | undefined, segment: Segment, reason: string, rule: string, now: number): void
  /** After a segment or timer has been processed: a moment to sample `connection.info()`. */
  onSample?(connection: TcpConnection, now: number): void
}

/** How a connection ended (RFC9293:MUST-12). `finished` is the orderly way: both FINs acknowledged (and TIME-WAIT over, or left to the layer). */
export type TcpCloseReason =
  | 'finished'
  | 'aborted' // abort() was called here
  | 'reset' // RST received; ECONNRESET
  | 'refused' // RST answered our SYN; ECONNREFUSED
  | 'timeout' // retransmission limit or user timeout; ETIMEDOUT
  | 'keepalive-timeout' // ETIMEDOUT
  | 'host-unreachable' // EHOSTUNREACH by ICMP while connecting
  | 'network-unreachable' // ENETUNREACH
  | 'protocol-unreachable' // ECONNREFUSED by ICMP port/protocol unreachable while connecting
  | 'no-memory' // a limit of the layer

/**
 * What a connection tells its owner. Calls come after a segment, a timer or a user call has been processed completely, so that every method of the connection may be called
 * from within. All optional.
 */
export interface TcpObserver {
  /** The one place of change reports here, with the reason and clause. Called at once, in the middle of processing: observe only. */
  onStateChange?(connection: TcpConnection, from: TcpState, to: TcpState, reason: string): void
  /** ESTABLISHED was reached. For a passive connection the listener's onConnection comes in its place. */
  onConnected?(connection: TcpConnection): void
  /** More bytes can be read than before. */
  onReadable?(connection: TcpConnection): void
  /** The peer's FIN has arrived in order: after the readable bytes there is nothing more. Once. */
  onEnd?(connection: TcpConnection): void
  /** After `send` took less than was offered: at least a third of the send buffer is free again, and `maxBufferedBytes` leaves room. */
  onWritable?(connection: TcpConnection): void
  /** Everything given to `send` has been acknowledged by the peer. */
  onDrained?(connection: TcpConnection): void
  /** Urgent data is announced up to `connection.urgentPosition` (RFC9293:MUST-32). */
  onUrgent?(connection: TcpConnection): void
  /** A soft ICMP error (RFC9293:MUST-47, RFC 9293 3.9.2.2; without this observer it is not told: SHLD-20): told, not obeyed, once established. */
  onSoftError?(connection: TcpConnection, error: TcpIcmpError): void
  /** The oldest segment has been retransmitted three times (R1) without an answer; it goes on until R2. RFC9293:SHLD-9, SHLD-10 */
  onTrouble?(connection: TcpConnection): void
  /** The connection is gone for its user; the layer may keep TIME-WAIT. The last call. */
  onClosed?(connection: TcpConnection, reason: TcpCloseReason): void
}

/** Which congestion control a connection uses: `bbr` goes by bandwidth and delay and not by loss; `none` sends what the peer's window allows. */
export type CongestionControlName = 'cubic' | 'reno' | 'bbr' | 'none'

/** Options of one connection; defaults come from the layer's `defaults`, then from the values named here. */
export interface TcpConnectionOptions {
  /** Nagle's algorithm off (RFC9293:MUST-17). Default false. */
  noDelay?: boolean
  /** Delay of an ACK in milliseconds, below 500 (RFC9293:MUST-40, SHLD-18). Default 40. 0 acknowledges each segment at once. */
  delayedAckMs?: number
  /** Keep-alive: default off (RFC9293:MUST-25). Idle time defaults to 7,200,000 ms (MUST-28), interval 75,000 ms, 9 probes. */
  keepAlive?: boolean
  keepAliveIdleMs?: number
  keepAliveIntervalMs?: number
  keepAliveProbes?: number
  /** Largest bytes unacknowledged and unsent that the connection buffers. Default 4 MiB; memory is taken as it is used. */
  sendBufferBytes?: number
  /** Largest receive buffer that auto-tuning may reach. Default 6 MiB. */
  receiveBufferBytes?: number
  /** Receive buffer at the beginning; the first window offered. Default 128 KiB. Equal to `receiveBufferBytes` it switches auto-tuning off. */
  initialReceiveBufferBytes?: number
  /** Separate pieces kept out of order; a segment that would make one more is dropped. RFC 2018 needs no number; this bounds memory and time. Default 512. */
  maxOutOfOrderPieces?: number
  /** Default 'cubic'. */
  congestionControl?: CongestionControlName
  /** HyStart++ (RFC 9406): leave slow start when the delay rises. Default false. */
  hystart?: boolean
  /** Segments leave evenly over the round trip, not in bursts as ACKs come. BBR always does. Default false. */
  pacing?: boolean
  /** TCP Fast Open (RFC 7413) for connections that we open: asks for a cookie, and with one sends data in the SYN. The data may arrive twice. Default false. */
  fastOpen?: boolean
  /** Initial window in segments (RFC 6928). Default 10. */
  initialWindowSegments?: number
  /** Largest MSS to offer and to use; default as the MTU says. */
  maxSegmentBytes?: number
  /** Each default true. */
  windowScaling?: boolean
  timestamps?: boolean
  sack?: boolean
  /** RFC 3168. Default false; a listener answers a peer that asks for it when true. */
  ecn?: boolean
  /**
   * When full segments meet no answer but timeouts, smaller ones are tried: a router on the way drops what is too big and tells
   * nobody (RFC 2923 2.1, RFC 4821 7.7). A long outage looks the same.
   * Ten minutes later a larger one is tried. Default false.
   */
  blackHoleDetection?: boolean
  /** Abort when data stays unacknowledged this long (RFC 5482; RFC9293:MUST-21). Default 0: the retransmission limits decide. */
  userTimeoutMs?: number
  /** Retransmissions of a SYN (default 7, so 255 s; Linux has 6) and of data (R2, default 15) before giving up. RFC9293:MUST-20, MUST-21, MUST-22, MUST-23, SHLD-11 */
  synRetries?: number
  retries?: number
  /**
   * The same for an orphan, which nobody waits for any more (after `abandon`), as Linux's tcp_orphan_retries: of data, and of window probes that meet
   * no answer. Where a shut window is all that they are answered by, it ends when two minutes lie between probes. Default 8; no more than `retries`.
   */
  orphanRetries?: number
  /** Smallest RTO in milliseconds. RFC 6298 2.4 says 1 s, Linux 200 ms. Default 200. */
  minRtoMs?: number
  /** TIME-WAIT in milliseconds: 2 MSL. Default 60,000. */
  timeWaitMs?: number
  /** How long FIN-WAIT-2 may last once nobody reads any more (after `abandon`). Default 60,000. */
  finWait2TimeoutMs?: number
  /** DSCP << 2, TTL (0: default). */
  trafficClass?: number
  hopLimit?: number
}

/** One connection, active or passive. All methods are synchronous and may be called inside any observer call except onStateChange. */
export interface TcpConnection {
  readonly flow: TcpFlow
  readonly state: TcpState
  observer: TcpObserver
  /** Free for whoever owns the connection (the api keeps its Socket here). */
  owner: unknown

  /**
   * Copies as many of `bytes[start..end]` into the send buffer as fit and sends what may be sent; the caller keeps its memory. Returns the number taken; less than offered means:
   * wait for onWritable. Allowed before ESTABLISHED (queued, RFC 9293 3.10.2). `push` false holds PSH and the last partial segment back because more follows at once (corking; RFC9293:MAY-15, MAY-16).
   * With `lent`, where the device gathers, many bytes are not copied but read where they lie, until they are acknowledged: while `hasLoans`, the caller leaves them as they are.
   * @throws TcpError `EPIPE` after shutdown() or when the connection is gone.
   */
  send(bytes: Uint8Array, now: number, start?: number, end?: number, push?: boolean, lent?: boolean): number
  /** Bytes that were lent are still needed. */
  readonly hasLoans: boolean
  /** Copies those: the caller may do with its memory what it likes. */
  reclaim(): void
  /** Like send; the last byte taken is the last urgent one (RFC 9293 3.8.5; RFC9293:MUST-30, MUST-62). */
  sendUrgent(bytes: Uint8Array, now: number): number
  /** Bytes that `send` would take now. */
  readonly writableBytes: number
  /** Bytes taken by `send` and not yet acknowledged (sent or not). */
  readonly pendingBytes: number

  /** Bytes that can be read in order now. */
  readonly readableBytes: number
  /** Copies up to `target.length` bytes out and frees their room. Returns the number. Sends a window update where it is due (RFC9293:MUST-39). */
  read(target: Uint8Array, now: number): number
  /**
   * The first readable bytes in memory that is the caller's for good: a large payload in that of the packet it came in, without a copy;
   * anything else copied into what `memory` makes, at most `most` bytes. To be called only when there are some.
   */
  take<Memory extends Uint8Array>(
    most: number,
    memory: (bytes: number) => Memory,
    now: number,
  ): Memory | Uint8Array<ArrayBuffer>
  /** A view of the first contiguous readable bytes, without a copy, valid until the next call on this connection; empty when none. Allocates the view only. Follow it by `consume`. */
  peek(): Uint8Array
  /** Frees the first `count` readable bytes. */
  consume(count: number, now: number): void
  /** True when the peer's FIN was received and every byte before it was read. */
  readonly ended: boolean
  /** Stream offset just behind the last urgent byte, counted in bytes received since the beginning, or -1 (RFC9293:MUST-31, MUST-32, MUST-33). */
  readonly urgentPosition: number
  /** Bytes consumed since the beginning: subtract from `urgentPosition` for the distance. */
  readonly consumedBytes: number

  /** CLOSE of RFC 9293 3.10.4: FIN after everything queued; reading goes on (half-close). Idempotent. */
  shutdown(now: number): void
  /** The user will read no more: arriving data is answered by RST from now on (RFC 9293 3.6.1, RFC9293:SHLD-3), and FIN-WAIT-2 is limited in time. Implies shutdown(). Of a connection that is CLOSED it frees what is unread, which counts for `maxBufferedBytes` until then. */
  abandon(now: number): void
  /** ABORT of RFC 9293 3.10.5: RST where the state asks for it, buffers dropped, onClosed('aborted'). */
  abort(now: number): void

  setNoDelay(on: boolean, now: number): void
  /** Times and count that are 0 or left out stay as they are. */
  setKeepAlive(on: boolean, idleMs: number, now: number, intervalMs?: number, probes?: number): void
  setUserTimeout(timeoutMs: number): void
  /** STATUS of RFC 9293 3.10.6, with what Linux's struct tcp_info has. Allocates. */
  info(now: number): TcpInfo
}

/** A listening endpoint. */
export interface TcpListener {
  readonly address: AddressWords | undefined
  readonly port: number
  /** Connections whose handshake is complete and that `accept` has not taken. */
  readonly acceptQueue: number
  /** Handshakes under way. */
  readonly halfOpen: number
  /** Takes the oldest complete connection. Undefined when there is none. */
  accept(): TcpConnection | undefined
  /** Ends listening; unaccepted connections are reset (RFC 9293 3.10.4). */
  close(now: number): void
}

export interface TcpListenOptions {
  /** Undefined: any address of either family. RFC9293:MUST-43 */
  address?: AddressWords
  /** With `address` undefined: 4 or 6 restricts to that family. */
  family?: 4 | 6
  /** 0 chooses one. */
  port: number
  /** Complete connections waiting for accept; default 511. Twice as many may be half open before SYN cookies answer. */
  backlog?: number
  /** 'auto' (default): when the table of half-open connections is full; 'always'; 'never': drop SYNs then. RFC 4987 3.6. */
  synCookies?: 'auto' | 'always' | 'never'
  /**
   * TCP Fast Open (RFC 7413): how many connections whose handshake is not complete may have given us data, and been given to `accept`, at a time
   * (PendingFastOpenRequests of 5.1). Default 0: cookies are neither given nor taken. Data of a SYN may come twice: for protocols that bear it.
   */
  fastOpenBacklog?: number
  /** A connection is waiting in the accept queue. */
  onConnection(listener: TcpListener): void
  options?: TcpConnectionOptions
}

export interface TcpConnectOptions {
  /** Chosen by the stack (RFC9293:MUST-44). */
  local: AddressWords
  /** 0 chooses an ephemeral one (RFC 6056). */
  localPort?: number
  remote: AddressWords
  remotePort: number
  observer?: TcpObserver
  owner?: unknown
  /** The first bytes to send, queued before the SYN leaves: with the option `fastOpen` the SYN carries what fits. @throws TcpError ENOBUFS beyond `sendBufferBytes`, or what `maxBufferedBytes` leaves. */
  data?: Uint8Array
  options?: TcpConnectionOptions
}

/** An ICMP error about a TCP segment of ours, already matched to our address by the internet layer. */
export interface TcpIcmpError {
  /** Our address and port as quoted (the quoted packet's source). */
  readonly local: AddressWords
  readonly localPort: number
  readonly remote: AddressWords
  readonly remotePort: number
  /** The quoted sequence number, int32: an error about nothing in flight is ignored (RFC 5927 4.1). */
  readonly sequence: number
  readonly kind: IcmpErrorKind
  /** With fragmentation-needed / packet-too-big: the MTU told, 0 when none. */
  readonly mtu: number
}

/** Layer-wide counters: what was dropped, and where. Names as in Linux `nstat` where one exists. */
export type TcpCounters = Record<TcpCounterName, number>
export type TcpCounterName =
  | 'segmentsIn'
  | 'segmentsOut'
  | 'checksumErrors'
  | 'malformed'
  | 'resetsSent'
  | 'resetsReceived'
  | 'retransmitted'
  | 'noListener'
  | 'listenOverflow'
  | 'synCookiesSent'
  | 'synCookiesAccepted'
  | 'synCookiesFailed'
  | 'fastOpenAccepted'
  | 'fastOpenRefused'
  | 'challengeAcks'
  | 'challengeAcksSuppressed'
  | 'pawsDropped'
  | 'outsideWindow'
  | 'activeOpens'
  | 'passiveOpens'
  | 'timeWait'
  | 'timeWaitReused'
  | 'timeWaitOverflow'
  | 'orphansReset'
  | 'connectionsRefused'
  | 'outOfOrderDropped'
  | 'memoryRefused'
  | 'fastOpenPeersEvicted'
  | 'allocationFailures'

/** The demultiplexer that the stack drives. */
export interface TcpLayer {
  /** The record to fill before `receive`: addresses, `ecn`, `toGroup`. */
  readonly segment: Segment
  readonly counters: TcpCounters
  /** Connections in any state but CLOSED. */
  readonly connectionCount: number
  /** Those of them that were abandoned and are neither CLOSED nor in TIME-WAIT. */
  readonly orphanCount: number
  /** Payload in the send and receive buffers of all connections, of those too that have ended and were neither read to the end nor abandoned. */
  readonly bufferedBytes: number
  trace: TcpTrace | undefined

  /**
   * A TCP packet has arrived: `frame.start..end` spans TCP header and payload; addresses and `ecn` stand in {@link TcpLayer.segment}. Verifies the checksum unless the frame says it is valid or partial
   * (RFC9293:MUST-2, MUST-3), parses, finds the connection, processes. The caller keeps the frame and may reuse it on return.
   * `more`: another frame of the same batch follows at once; ACKs and answers then wait for the last of them, or for `poll` (RFC9293:MUST-58, MUST-59).
   */
  receive(frame: Frame, now: number, more?: boolean): void
  /** Runs every timer that is due at `now`. */
  poll(now: number): void
  /** The earliest time at which `poll` has something to do, Infinity for none. O(1) amortised. */
  pollAt(): number

  /** OPEN, active (RFC 9293 3.10.1). The SYN is sent before it returns. @throws TcpError EADDRINUSE, EADDRNOTAVAIL, ENETUNREACH, ENOBUFS. */
  connect(options: TcpConnectOptions, now: number): TcpConnection
  /** OPEN, passive. @throws TcpError EADDRINUSE. */
  listen(options: TcpListenOptions, now: number): TcpListener
  /** Whether a listener there would take what another one already has. */
  isTaken(where: Pick<TcpListenOptions, 'address' | 'family'>, port: number): boolean
  /** RFC 9293 3.9.2.2 and RFC 5461/5927. */
  onIcmpError(error: TcpIcmpError, now: number): void
  /** Whether the segment that an error quotes is in flight (RFC 5927 4.1). */
  isInFlight(error: TcpIcmpError): boolean
  /** The path MTU towards `remote` (null: towards anybody) has changed: asks `output.mtu` again for its connections and cuts and resends what was too big (RFC 9293 3.7.2, RFC 8201). */
  onPathMtu(remote: AddressWords | null, now: number): void
  /** All connections in any state but CLOSED, TIME-WAIT included; for monitoring and for address removal. */
  connections(): Iterable<TcpConnection>
  /** RST for everything (host crash: `silent` sends nothing). */
  abortAll(now: number, silent?: boolean): void
}

/** What the layer is made with. */
export interface TcpLayerOptions {
  output: TcpOutput
  /** Fills bytes with unpredictable (or, in a simulation, seeded) randomness: keys for ISNs, cookies, ports. */
  fillRandom(bytes: Uint8Array): void
  defaults?: TcpConnectionOptions
  /** Most connections in any state; default 65,536. */
  maxConnections?: number
  /** Most TIME-WAIT entries; the oldest go first. Default 16,384. */
  maxTimeWait?: number
  /** Most connections that were abandoned and have not ended; the oldest is reset. Default 32,768. */
  maxOrphans?: number
  /**
   * Most payload that all connections together hold to be acknowledged or to be read, in order or not; as the highest value of Linux's tcp_mem
   * (tcp(7)), whose default depends on the machine. Above three quarters of it no receive window grows. From seven eighths on what is out of order
   * is dropped. At the limit a connection may still hold 4 KiB to be acknowledged and a window of two segments: what comes behind that window is
   * dropped and sent again by the peer, and `send` takes less until `onWritable`. Default 1 GiB.
   */
  maxBufferedBytes?: number
  /** Most peers whose fast-open cookie is remembered, or that get none for a while; the oldest makes room. Default 1,024. */
  maxFastOpenPeers?: number
  /** Challenge ACKs per second over all connections (RFC 5961 7). Default 1,000. */
  challengeAcksPerSecond?: number
  ephemeralPorts?: readonly [first: number, last: number]
}
