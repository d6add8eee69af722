import type { RateSample } from '../delivery-rate.ts'
import type { CongestionControlName } from '../types.ts'
import type { CongestionControl } from './control.ts'
import { initialWindow, MAX_WINDOW_BYTES } from './reno.ts'
import { WindowedMax } from './windowed-max.ts'

/** 4.3.2: 2/ln(2), the smallest gain that doubles the rate each round. */
const HIGH_GAIN = 2 / Math.LN2
const DRAIN_GAIN = 1 / HIGH_GAIN
/** 4.3.4.1: one phase above the bandwidth, one below, six at it. */
const CYCLE = [1.25, 0.75, 1, 1, 1, 1, 1, 1] as const
const CYCLE_WINDOW_GAIN = 2
/** 4.1.1.3: BtlBwFilterLen in round trips; 4.1.2: RTpropFilterLen; 4.3.5: how long and how small the flight is to find the RTT. */
const BANDWIDTH_ROUNDS = 10
const MIN_RTT_WINDOW_MS = 10_000
const PROBE_RTT_MS = 200
const MIN_WINDOW_SEGMENTS = 4
/** 4.3.2.2: the pipe is full when three rounds did not raise the bandwidth by a quarter. */
const FULL_GROWTH = 1.25
const FULL_ROUNDS = 3
/** A hair below the bandwidth, so that no queue builds up from measuring errors (as Linux's bbr_pacing_margin_percent). */
const MARGIN = 0.99

type Phase = 'startup' | 'drain' | 'probe-bandwidth' | 'probe-rtt'

/**
 * BBR, version 1: draft-cardwell-iccrg-bbr-congestion-control-00, whose sections are named here. A model of the path, its bottleneck bandwidth and its shortest
 * round trip, sets the pace and the window; a loss that is no part of the model does not. Later versions take more than 2 % of loss for a full
 * queue and slow down: over links that lose by nature this one is the fastest, and at a short queue the least polite.
 */
export class Bbr implements CongestionControl {
  readonly name: CongestionControlName = 'bbr'
  readonly lossBased = false
  window: number = 2 * 536
  threshold: number = Number.POSITIVE_INFINITY
  pacingRate: number = Number.POSITIVE_INFINITY
  #mss = 536
  #initialWindow = 2 * 536
  #phase: Phase = 'startup'
  #pacingGain = HIGH_GAIN
  #windowGain = HIGH_GAIN
  /** BBR.BtlBw, in bytes a millisecond. */
  readonly #bandwidth: WindowedMax = new WindowedMax(BANDWIDTH_ROUNDS)
  #minRtt: number = Number.POSITIVE_INFINITY
  #minRttAt = 0
  /** 4.1.1.5: rounds are counted by the bytes delivered. */
  #round = 0
  #roundEnd = 0
  #roundStart = false
  #fullBandwidth = 0
  #fullRounds = 0
  #full = false
  #cycle: number
  #cycleAt = 0
  #probeDoneAt = -1
  #probeRoundDone = false
  #idleRestart = false
  /** BBR.prior_cwnd; packet conservation in the first round of recovery (4.2.3.4). */
  #priorWindow = 0
  #conservation = false
  #recovering = false
  /** The application-limited mark is to be set: the control itself holds the sender back. */
  holdsBack = false

  /** @param seed chooses where in the cycle it begins, so that flows do not probe together (4.3.4.3) */
  constructor(seed: number) {
    this.#cycle = (seed >>> 0) % (CYCLE.length - 1)
  }

  setMss(mss: number, initialSegments: number): void {
    this.#mss = mss
    if (initialSegments > 0) this.window = this.#initialWindow = initialWindow(mss, initialSegments)
    else if (this.window < mss) this.window = mss
  }

  onAck(): void {}

  onCongestion(): number {
    this.#saveWindow()
    return this.threshold
  }

  onTimeout(): void {
    this.#saveWindow()
    this.#fullBandwidth = 0
    this.#recovering = true
    this.#conservation = false
    this.window = this.#mss
  }

  undo(window: number): void {
    this.window = Math.max(this.window, window)
    this.#fullBandwidth = 0
    this.#fullRounds = 0
  }

  /** 4.4: what was found out still holds; the flight begins at the bandwidth, without a probe above it. */
  onIdle(): void {
    this.#idleRestart = true
    if (this.#phase === 'probe-bandwidth') this.#setPace(1)
  }

  /** 4.1, 4.2: the ACK enters the model, and the model sets pace and window. */
  onRateSample(sample: RateSample, now: number): void {
    this.#countRound(sample)
    this.#updateBandwidth(sample)
    if (this.#phase === 'probe-bandwidth' && this.#phaseOver(sample, now)) this.#nextPhase(now)
    this.#checkFull(sample)
    this.#checkDrain(sample, now)
    this.#updateMinRtt(sample, now)
    this.#setPace(this.#pacingGain)
    this.#setWindow(sample)
  }

  #countRound(sample: RateSample): void {
    this.#roundStart = false
    if (sample.priorBytes < this.#roundEnd) return
    this.#roundEnd = sample.totalBytes
    this.#round++
    this.#roundStart = true
    this.#conservation = false
  }

  #updateBandwidth(sample: RateSample): void {
    if (sample.intervalMs === 0) return
    const rate = sample.deliveredBytes / sample.intervalMs
    // What an idle application delivers says nothing of the path, unless it is more than was known.
    if (!sample.applicationLimited || rate >= this.#bandwidth.value) this.#bandwidth.update(rate, this.#round)
  }

  /** 4.2.3.2: bandwidth-delay product times gain. */
  #inflight(gain: number): number {
    if (this.#minRtt === Number.POSITIVE_INFINITY || this.#bandwidth.value === 0) return this.#initialWindow
    return this.#bandwidth.value * this.#minRtt * gain + 3 * this.#mss
  }

  /** 4.3.4.3 */
  #phaseOver(sample: RateSample, now: number): boolean {
    const elapsed = now - this.#cycleAt > this.#minRtt
    if (this.#pacingGain === 1) return elapsed
    const before = sample.inFlightBytes + sample.acknowledgedBytes + sample.lostBytes
    if (this.#pacingGain > 1) return elapsed && (sample.lostBytes > 0 || before >= this.#inflight(this.#pacingGain))
    return elapsed || before <= this.#inflight(1)
  }

  #nextPhase(now: number): void {
    this.#cycle = (this.#cycle + 1) % CYCLE.length
    this.#cycleAt = now
    this.#pacingGain = CYCLE[this.#cycle]!
  }

  #checkFull(sample: RateSample): void {
    if (this.#full || !this.#roundStart || sample.applicationLimited) return
    if (this.#bandwidth.value >= this.#fullBandwidth * FULL_GROWTH) {
      this.#fullBandwidth = this.#bandwidth.value
      this.#fullRounds = 0
    } else if (++this.#fullRounds >= FULL_ROUNDS) this.#full = true
  }

  /** 4.3.3: what startup has put into the queue leaves it again. */
  #checkDrain(sample: RateSample, now: number): void {
    if (this.#phase === 'startup' && this.#full) {
      this.#phase = 'drain'
      this.#pacingGain = DRAIN_GAIN
    }
    if (this.#phase === 'drain' && sample.inFlightBytes <= this.#inflight(1)) this.#enterSteady(now)
  }

  #enterSteady(now: number): void {
    this.#phase = this.#full ? 'probe-bandwidth' : 'startup'
    this.#pacingGain = this.#windowGain = HIGH_GAIN
    if (!this.#full) return
    this.#windowGain = CYCLE_WINDOW_GAIN
    this.#nextPhase(now)
  }

  /** 4.1.2 and 4.3.5: a minimum that is ten seconds old is measured anew with a flight that leaves no queue. */
  #updateMinRtt(sample: RateSample, now: number): void {
    const expired = this.#minRtt !== Number.POSITIVE_INFINITY && now > this.#minRttAt + MIN_RTT_WINDOW_MS
    if (sample.rttMs >= 0 && (sample.rttMs <= this.#minRtt || expired)) {
      this.#minRtt = Math.max(sample.rttMs, 0.001)
      this.#minRttAt = now
    }
    if (expired && !this.#idleRestart && this.#phase !== 'probe-rtt') {
      this.#saveWindow()
      this.#phase = 'probe-rtt'
      this.#pacingGain = this.#windowGain = 1
      this.#probeDoneAt = -1
    }
    this.holdsBack = this.#phase === 'probe-rtt'
    if (this.#phase === 'probe-rtt') this.#probeRtt(sample, now)
    if (sample.acknowledgedBytes > 0) this.#idleRestart = false
  }

  #probeRtt(sample: RateSample, now: number): void {
    if (this.#probeDoneAt < 0) {
      if (sample.inFlightBytes > MIN_WINDOW_SEGMENTS * this.#mss) return
      this.#probeDoneAt = now + PROBE_RTT_MS
      this.#probeRoundDone = false
      this.#roundEnd = sample.totalBytes
      return
    }
    if (this.#roundStart) this.#probeRoundDone = true
    if (!this.#probeRoundDone || now < this.#probeDoneAt) return
    this.#minRttAt = now
    this.window = Math.max(this.window, this.#priorWindow)
    this.#enterSteady(now)
  }

  /** 4.2.1; until the pipe is full the pace only rises. */
  #setPace(gain: number): void {
    if (this.#minRtt === Number.POSITIVE_INFINITY) return
    const { value } = this.#bandwidth
    const rate = value === 0 ? (HIGH_GAIN * this.#initialWindow) / this.#minRtt : value * gain * MARGIN
    if (this.#full || rate > this.pacingRate || this.pacingRate === Number.POSITIVE_INFINITY) this.pacingRate = rate
  }

  #saveWindow(): void {
    this.#priorWindow =
      this.#recovering || this.#phase === 'probe-rtt' ? Math.max(this.#priorWindow, this.window) : this.window
  }

  /** 4.2.3 */
  #setWindow(sample: RateSample): void {
    const { acknowledgedBytes, inFlightBytes } = sample
    if (sample.lostBytes > 0) this.window = Math.max(this.window - sample.lostBytes, this.#mss)
    if (sample.recovering && !this.#recovering) {
      this.#conservation = true
      this.#roundEnd = sample.totalBytes
      this.window = inFlightBytes + acknowledgedBytes
    } else if (!sample.recovering && this.#recovering) {
      this.#conservation = false
      this.window = Math.max(this.window, this.#priorWindow)
    }
    this.#recovering = sample.recovering
    if (this.#conservation) this.window = Math.max(this.window, inFlightBytes + acknowledgedBytes)
    else if (acknowledgedBytes > 0) {
      const target = this.#inflight(this.#windowGain)
      if (this.#full) this.window = Math.min(this.window + acknowledgedBytes, target)
      else if (this.window < target || sample.totalBytes < this.#initialWindow) this.window += acknowledgedBytes
      this.window = Math.max(this.window, MIN_WINDOW_SEGMENTS * this.#mss)
    }
    if (this.#phase === 'probe-rtt') this.window = Math.min(this.window, MIN_WINDOW_SEGMENTS * this.#mss)
    this.window = Math.min(Math.floor(Math.max(this.window, this.#mss)), MAX_WINDOW_BYTES)
  }
}
