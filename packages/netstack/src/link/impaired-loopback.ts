import type { FramePool } from './frame.ts'
import { ImpairedLink } from './impaired-link.ts'
import type { ImpairmentOptions } from './impairment.ts'
import type { Link } from './link.ts'
import type { LoopbackLink } from './loopback.ts'
import type { SeededRandom } from './random.ts'
import type { TimerQueue } from './timer-queue.ts'

const ETHERNET_MTU = 1500

/** Faults on the way from a host to itself, in packets as small as those of a cable: for `StackOptions.loopback`. */
export function impairedLoopback(
  options: ImpairmentOptions & { mtu?: number },
  random: SeededRandom,
): (plain: LoopbackLink, pool: FramePool, timers: TimerQueue) => Link {
  const { mtu = ETHERNET_MTU, ...send } = options
  return (plain, pool, timers) => {
    plain.mtu = mtu
    return new ImpairedLink(plain, { send }, random, pool, timers)
  }
}
