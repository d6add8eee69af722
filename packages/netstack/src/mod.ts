/**
 * TCP/IP as a library, for Node and browsers: nothing here touches a socket, a clock or a file. See `./sim` for the simulator,
 * `./node-net`, `./node-dgram` and `./install` for Node's own API on a stack, `./tun` for devices.
 */
export {
  type AsyncHost,
  AsyncListener,
  AsyncSocket,
  connectAsync,
  listenAsync,
  SocketError,
} from './api/async-socket.ts'
export { type Conversation, conversationsOf } from './dissect/conversation.ts'
export { type DissectOptions, dissect } from './dissect/dissect.ts'
export { type Journey, type JourneyOptions, journeyOf } from './dissect/journey.ts'
export { renderJourneyPage } from './dissect/journey-html.ts'
export { drawJourney } from './dissect/journey-svg.ts'
export { formatJourney } from './dissect/journey-text.ts'
export { type Ladder, ladderOf } from './dissect/ladder.ts'
export { drawLadder } from './dissect/ladder-svg.ts'
export { formatLadder } from './dissect/ladder-text.ts'
export { drawPlot, type PlotPanel } from './dissect/plot.ts'
export { senderMarks, senderPanels } from './dissect/series.ts'
export { type TraceRecord, TraceRecorder } from './dissect/trace.ts'
export { IpAddress } from './internet/address.ts'
export type { InternetOptions } from './internet/internet.ts'
export {
  INTERNET_LAYERS,
  LAYER_NOTES,
  LAYER_OF_PROTOCOL,
  OSI_LAYERS,
  type OsiLayer,
  osiLayer,
} from './layers/layers.ts'
export { FcsLink } from './link/fcs.ts'
export { type Frame, FramePool } from './link/frame.ts'
export { ImpairedLink } from './link/impaired-link.ts'
export { impairedLoopback } from './link/impaired-loopback.ts'
export type { ImpairmentOptions } from './link/impairment.ts'
export type { Link } from './link/link.ts'
export type { Capture, CapturedPacket } from './link/pcap/capture.ts'
export { readCapture } from './link/pcap/read.ts'
export { PcapngWriter, writePcap, writePcapng } from './link/pcap/write.ts'
export { SeededRandom } from './link/random.ts'
export { Switch } from './link/switch.ts'
export { TapLink } from './link/tap.ts'
export { TimerQueue } from './link/timer-queue.ts'
export { createWire, type WireOptions } from './link/wire.ts'
export { DhcpClient } from './stack/dhcp-client.ts'
export { DnsError, DnsResolver } from './stack/dns-resolver.ts'
export { ping, traceroute } from './stack/ping.ts'
export { type Scheduler, TaskGroup } from './stack/scheduler.ts'
export { type InterfaceOptions, Stack, type StackOptions } from './stack/stack.ts'
export {
  type TcpConnection,
  type TcpConnectionOptions,
  TcpError,
  type TcpInfo,
  type TcpListener,
  type TcpObserver,
  type TcpState,
  type TcpTrace,
} from './transport/tcp/mod.ts'
export { type Datagram, UdpError } from './transport/udp/types.ts'
export type { UdpSocket } from './transport/udp/udp-socket.ts'
