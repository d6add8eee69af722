import type { TcpState } from './types.ts'

/** Loss-recovery state as Linux names it (tcpi_ca_state). */
export type CongestionState = 'open' | 'disorder' | 'cwr' | 'recovery' | 'loss'

/** What Linux's `struct tcp_info` gives; its field name stands behind each (`tcpi_` left off). Times in milliseconds, sizes in bytes unless said otherwise. */
export interface TcpInfo {
  readonly state: TcpState
  /** ca_state */
  readonly congestionState: CongestionState
  /** Name of the congestion control. */
  readonly congestionControl: string
  /** retransmits: of the oldest segment, by timer. */
  readonly retransmits: number
  /** probes: zero-window or keep-alive probes unanswered. */
  readonly probes: number
  /** backoff: doublings of the RTO. */
  readonly backoff: number
  /** options */
  readonly timestamps: boolean
  readonly sack: boolean
  readonly windowScaling: boolean
  readonly ecn: boolean
  /** snd_wscale, rcv_wscale */
  readonly sendWindowScale: number
  readonly receiveWindowScale: number
  /** rto */
  readonly rtoMs: number
  /** ato */
  readonly delayedAckMs: number
  /** snd_mss, rcv_mss, advmss, pmtu */
  readonly sendMss: number
  readonly receiveMss: number
  readonly advertisedMss: number
  readonly pathMtu: number
  /** unacked, sacked, lost, retrans: in segments of the send MSS. */
  readonly unackedSegments: number
  readonly sackedSegments: number
  readonly lostSegments: number
  readonly retransmittedInFlightSegments: number
  /** RFC 6675 pipe. */
  readonly bytesInFlight: number
  /** last_data_sent, last_data_recv, last_ack_recv: milliseconds ago. */
  readonly lastDataSentMs: number
  readonly lastDataReceivedMs: number
  readonly lastAckReceivedMs: number
  /** rtt (smoothed), rttvar, min_rtt, rcv_rtt */
  readonly smoothedRttMs: number
  readonly rttVarianceMs: number
  readonly minRttMs: number
  readonly receiveRttMs: number
  /** snd_cwnd, snd_ssthresh in bytes (Infinity: not yet set) */
  readonly congestionWindowBytes: number
  readonly slowStartThresholdBytes: number
  /** snd_wnd, rcv_wnd, rcv_space */
  readonly sendWindowBytes: number
  readonly receiveWindowBytes: number
  readonly receiveSpaceBytes: number
  /** reordering in segments; reord_seen */
  readonly reordering: number
  readonly reorderingSeen: number
  /** total_retrans (segments), bytes_retrans */
  readonly totalRetransmitted: number
  readonly bytesRetransmitted: number
  /** bytes_acked, bytes_received, bytes_sent (retransmissions counted) */
  readonly bytesAcked: number
  readonly bytesReceived: number
  readonly bytesSent: number
  /** segs_out, segs_in, data_segs_out, data_segs_in */
  readonly segmentsOut: number
  readonly segmentsIn: number
  readonly dataSegmentsOut: number
  readonly dataSegmentsIn: number
  /** notsent_bytes */
  readonly notSentBytes: number
  /** delivery_rate in bytes a second */
  readonly deliveryRate: number
  /** delivered, delivered_ce: in segments */
  readonly delivered: number
  readonly deliveredCe: number
  /** dsack_dups */
  readonly duplicateSacks: number
  /** rcv_ooopack */
  readonly outOfOrderSegments: number
  /** busy_time, rwnd_limited, sndbuf_limited */
  readonly busyMs: number
  readonly receiveWindowLimitedMs: number
  readonly sendBufferLimitedMs: number
}
