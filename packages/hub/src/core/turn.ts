/**
 * One turn of the event loop: what is dispatched during it is flushed at its end, connection by connection. Holds the
 * fan-out that is open at this moment (at most one).
 */
import type { Connection } from './connection.ts'
import type { Clock } from './environment.ts'
import type { FanOut } from './fan-out.ts'
import type { Outbound } from './outbound.ts'
import type { SlabPool } from './slab.ts'

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
  readonly #end = (): void => this.flush()

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

  /** The fan-out that takes messages now; opening one closes the other, so that order holds on every connection. */
  get openFanOut(): FanOut | undefined {
    return this.#openFanOut
  }

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

  /** Ends the turn now. */
  flush(): void {
    this.#scheduled = false
    this.closeFanOut()
    const waiting = this.#waiting
    this.#waiting = this.#spare
    this.#spare = waiting
    for (let i = 0; i < waiting.length; i++) waiting[i].flush()
    waiting.length = 0
  }
}
