/**
 * TCP (RFC 9293), without sockets, clocks or randomness of its own.
 *
 *     const tcp = createTcpLayer({ output, fillRandom })            // one per host; the stack drives it
 *     tcp.segment.setAddresses4(source, destination); tcp.segment.ecn = ...; tcp.receive(frame, now)   // way in: the stack owns the frame throughout
 *     tcp.poll(now), tcp.pollAt()                                   // timers
 *     tcp.onIcmpError(error, now), tcp.onPathMtu(remote, now)
 *     const connection = tcp.connect({ local, remote, remotePort, observer }, now)
 *     const listener = tcp.listen({ port, onConnection: (listener) => { const connection = listener.accept() } }, now)
 *
 * Who owns which bytes. On the way out TCP asks `output.allocate(n)` for a frame, writes header and payload at `start..end` (the payload is copied from the send buffer once) and the checksum,
 * and `output.transmit(frame, flow)` takes it. On the way in the stack shows a frame; TCP copies what it keeps into the connection's receive buffer and forgets the frame on return.
 * `send` copies out of the caller's memory; `peek` shows the receive buffer's memory until the next call on that connection.
 *
 * `transmit` must never deliver synchronously into the same layer or call user code: links queue. Observer calls come when processing is over, so everything may be called from them.
 *
 * `now` is milliseconds as a float, never going back. Addresses are four words (`AddressWords`), IPv4 as ::ffff:a.b.c.d. Sequence numbers are int32 inside (segment.ts).
 *
 * | file | role |
 * | --- | --- |
 * | segment.ts | a parsed segment, reused |
 * | types.ts, tcp-info.ts, errors.ts | the surface |
 * | layer.ts, flow-table.ts, timer-heap.ts | demultiplexing, deadlines, TIME-WAIT limits |
 * | listener.ts, handshake.ts, syn-cookie.ts, isn.ts | passive and active opening |
 * | connection.ts, state.ts | one connection: user calls; the one place where the state changes |
 * | arrival.ts | RFC 9293 3.10.7: one function per step, in its order |
 * | sender.ts, send-buffer.ts, scoreboard.ts, recovery.ts, rtt.ts | sending, loss recovery, RTO |
 * | congestion/ | Reno, CUBIC, none |
 * | receiver.ts, receive-buffer.ts | reassembly, SACK, window, delayed ACK |
 */
export { TcpError, type TcpErrorCode } from './errors.ts'
export { createTcpLayer } from './layer.ts'
export { Segment } from './segment.ts'
export type { CongestionState, TcpInfo } from './tcp-info.ts'
export type {
  AddressWords,
  CongestionControlName,
  TcpCloseReason,
  TcpConnection,
  TcpConnectionOptions,
  TcpConnectOptions,
  TcpCounterName,
  TcpCounters,
  TcpFlow,
  TcpIcmpError,
  TcpLayer,
  TcpLayerOptions,
  TcpListener,
  TcpListenOptions,
  TcpObserver,
  TcpOutput,
  TcpState,
  TcpTrace,
} from './types.ts'
