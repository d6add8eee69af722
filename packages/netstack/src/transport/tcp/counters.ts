import type { TcpCounters } from './types.ts'

/** All counters at zero. */
export function createCounters(): TcpCounters {
  return {
    segmentsIn: 0,
    segmentsOut: 0,
    checksumErrors: 0,
    malformed: 0,
    resetsSent: 0,
    resetsReceived: 0,
    retransmitted: 0,
    noListener: 0,
    listenOverflow: 0,
    synCookiesSent: 0,
    synCookiesAccepted: 0,
    synCookiesFailed: 0,
    fastOpenAccepted: 0,
    fastOpenRefused: 0,
    challengeAcks: 0,
    challengeAcksSuppressed: 0,
    pawsDropped: 0,
    outsideWindow: 0,
    activeOpens: 0,
    passiveOpens: 0,
    timeWait: 0,
    timeWaitReused: 0,
    timeWaitOverflow: 0,
    orphansReset: 0,
    connectionsRefused: 0,
    outOfOrderDropped: 0,
    memoryRefused: 0,
    fastOpenPeersEvicted: 0,
    allocationFailures: 0,
  }
}
