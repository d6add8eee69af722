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
 * | types.ts, tcp-info.ts, errors.ts, options.ts | the surface |
 * | segment.ts, sequence.ts | a parsed segment, reused; arithmetic modulo 2^32 |
 * | layer.ts, flow-table.ts, port-table.ts, reset.ts | demultiplexing, limits, CLOSED (RFC 9293 3.10.7.1) |
 * | listener.ts, handshake.ts, syn-cookie.ts, isn.ts, siphash.ts | LISTEN (3.10.7.2), SYN segments, cookies, initial sequence numbers |
 * | fast-open.ts | cookies of RFC 7413 and the peers that gave us theirs |
 * | connection.ts, state.ts, events.ts | user calls (3.10.1-3.10.6); the one place where the state changes; what the owner is told |
 * | arrival-syn-sent.ts, arrival.ts | 3.10.7.3 and 3.10.7.4: one function for each step, in its order |
 * | sender.ts, send-buffer.ts, segment-writer.ts, chronograph.ts | what may be sent when; segments into frames |
 * | recovery.ts, scoreboard.ts, rack.ts, tail-loss-probe.ts, prr.ts, undo.ts, duplicate-sack.ts, rtt.ts | loss recovery, RTO |
 * | congestion/ | CUBIC, Reno, BBR, none |
 * | delivery-rate.ts, pacer.ts | where a control or an option asks for them: the path's rate, and segments that leave at one |
 * | buffer-memory.ts, writable.ts | what all buffers hold together; when a writer waits, and is told to go on |
 * | receiver.ts, receive-buffer.ts, kept-frames.ts, byte-blocks.ts | reassembly, SACK, window and its tuning, delayed ACK |
 * | timers.ts, lifetime.ts, path.ts | deadlines and what happens at them; MSS, path MTU, ICMP |
 */
export { TcpError } from './errors.ts'
export { createTcpLayer } from './layer.ts'
export type { TcpInfo } from './tcp-info.ts'
export type {
  CongestionControlName,
  TcpCloseReason,
  TcpConnection,
  TcpConnectionOptions,
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
