import { FcsLink } from '../link/fcs.ts'
import type { Frame, FramePool } from '../link/frame.ts'
import { ImpairedLink } from '../link/impaired-link.ts'
import type { ImpairmentOptions, LossReason, LossSink } from '../link/impairment.ts'
import type { Link } from '../link/link.ts'
import type { SeededRandom } from '../link/random.ts'
import { TapLink } from '../link/tap.ts'
import type { TimerQueue } from '../link/timer-queue.ts'
import { createWire, type WireEnd } from '../link/wire.ts'
import { GateLink } from './gate.ts'
import type { ExpandedEnd, ExpandedLink } from './topology.ts'

/** Is shown each frame that a link loses, and why; must copy what it keeps. */
export type LinkLossSink = (link: SimLink, frame: Frame, now: number, reason: LossReason) => void

/** One end of a simulated link: tap, then gate, then FCS, then faults, then the wire. */
export interface SimLinkEnd {
  readonly end: ExpandedEnd
  /** What the interface, or the switch, is plugged into. */
  readonly link: Link
  readonly tap: TapLink
  readonly gate: GateLink
  readonly impaired: ImpairedLink
  readonly fcs: FcsLink | null
  readonly wire: WireEnd
}

/** A link of a simulation. Faults act on frames as they leave an end. */
export class SimLink {
  readonly name: string
  readonly options: ExpandedLink
  readonly ends: readonly [SimLinkEnd, SimLinkEnd]
  /** Told when the link goes up or down, so that the interfaces lose their carrier. */
  onCarrier: ((up: boolean) => void) | null = null
  readonly losses: Set<LinkLossSink> = new Set()
  readonly #clock: () => number
  #isUp = true

  constructor(options: ExpandedLink, random: SeededRandom, pool: FramePool, timers: TimerQueue, clock: () => number) {
    this.#clock = clock
    this.name = options.name
    this.options = options
    const { medium = 'ethernet', mtu = 1500, delayMs = 0 } = options
    const { maxFrames } = options
    const wires = createWire(timers, { medium, mtu, delayMs, ...(maxFrames !== undefined && { maxFrames }) })
    const build = (index: 0 | 1): SimLinkEnd => {
      const own = index === 0 ? options.forward : options.backward
      const send = { ...options.impair, ...own }
      const stream = random.fork(index === 0 ? 'forward' : 'backward')
      const impaired = new ImpairedLink(wires[index], { send }, stream, pool, timers)
      const fcs = options.fcs === true ? new FcsLink(impaired) : null
      const gate = new GateLink(fcs ?? impaired)
      const tap = new TapLink(gate)
      impaired.send.onLoss = this.#onLoss
      wires[index].onLoss = this.#onLoss
      gate.onLoss = this.#onLoss
      if (fcs !== null) fcs.onLoss = this.#onLoss
      return { end: options.ends[index], link: tap, tap, gate, impaired, fcs, wire: wires[index] }
    }
    this.ends = [build(0), build(1)]
  }

  readonly #onLoss: LossSink = (frame, now, reason) => {
    for (const sink of this.losses) sink(this, frame, now, reason)
  }

  get isUp(): boolean {
    return this.#isUp
  }

  /** Cuts the cable: what is under way is lost, and both ends know. */
  down(): void {
    if (!this.#isUp) return
    this.#isUp = false
    const now = this.#clock()
    for (const { wire, impaired } of this.ends) {
      wire.connected = false
      wire.clear((frame) => this.#onLoss(frame, now, 'link went down'))
      impaired.clear(now)
    }
    this.onCarrier?.(false)
  }

  up(): void {
    if (this.#isUp) return
    this.#isUp = true
    for (const { wire } of this.ends) wire.connected = true
    this.onCarrier?.(true)
  }

  /** Changes faults from now on, in one direction (`forward` leaves the first end) or both. */
  impair(options: ImpairmentOptions, direction: 'forward' | 'backward' | 'both' = 'both'): void {
    if (direction !== 'backward') this.ends[0].impaired.send.set(options)
    if (direction !== 'forward') this.ends[1].impaired.send.set(options)
  }

  /** Loses every frame without telling the ends. */
  partition(on: boolean, direction: 'forward' | 'backward' | 'both' = 'both'): void {
    this.impair({ partition: on }, direction)
  }

  /** Frames under way. */
  get framesInFlight(): number {
    return this.ends.reduce((sum, end) => sum + end.wire.framesInFlight + end.impaired.send.framesInFlight, 0)
  }
}
