/**
 * One turn of the event loop: what is dispatched during it is flushed at its end, connection by connection. Holds the
 * fan-out that is open at this moment (at most one).
 */
import type { Connection } from './connection.ts'
import type { Clock } from './environment.ts'
import type { FanOut } from './fan-out.ts'
import type { Outbound } from './outbound.ts'
import type { SlabPool } from './slab.ts'

/** Longer reads are streams: they gain from leaving together. */
const SMALL_READ_BYTES = 4096

/** The connections that have something to write, and the moment at which they do. */
export class Turn {
  readonly clock: Clock
  readonly pool: SlabPool
  #waiting: Outbound[] = []
  #spare: Outbound[] = []
  #scheduled = false
  #openFanOut: FanOut | undefined = undefined
  /** Whose messages are being delivered now: who is paused when a subscriber falls behind. */
  origins: Connection[] = []
  readonly #reading: Connection[] = []
  /** Whether a read of this turn has been answered ahead of its end. */
  #answered = false
  readonly #end = (): void => {
    this.#scheduled = false
    this.#answered = false
    this.flush()
  }

  constructor(clock: Clock, pool: SlabPool) {
    this.clock = clock
    this.pool = pool
  }

  /** A connection's bytes are being read: it is the origin of what follows. */
  reads(connection: Connection): void {
    this.#reading[0] = connection
    this.origins = this.#reading
  }

  /** Puts a connection on the list for the end of this turn. */
  join(outbound: Outbound): void {
    this.#waiting.push(outbound)
    this.schedule()
  }

  /** Makes sure that the turn has an end. */
  schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    this.clock.setImmediate(this.#end)
  }

  /** A fan-out takes messages from now on; it has closed the one before, so that order holds on every connection. */
  openedFanOut(fanOut: FanOut): void {
    this.#openFanOut = fanOut
    this.schedule()
  }

  /** Hands what the open fan-out has encoded to its connections. */
  closeFanOut(): void {
    const fanOut = this.#openFanOut
    if (fanOut === undefined) return
    this.#openFanOut = undefined
    fanOut.distribute()
  }

  /**
   * A read has been handled. What the first small one of a turn has brought about leaves at once: a request that comes alone waits for nobody.
   * When more connections have something to say in the same turn, everything else leaves together at its end.
   */
  hasRead(bytes: number): void {
    if (!this.#scheduled || this.#answered || bytes > SMALL_READ_BYTES) return
    this.#answered = true
    this.flush()
  }

  /** Writes everything that waits. */
  flush(): void {
    this.closeFanOut()
    const waiting = this.#waiting
    this.#waiting = this.#spare
    this.#spare = waiting
    for (let i = 0; i < waiting.length; i++) waiting[i].flush()
    waiting.length = 0
  }
}
