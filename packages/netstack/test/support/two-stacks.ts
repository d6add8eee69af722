// Two stacks on one wire in virtual time, for programs above the stack: one is tested, the other made to say anything.

import type { NetworkInterface } from '../../src/internet/interface.ts'
import type { InternetOptions } from '../../src/internet/internet.ts'
import { FramePool } from '../../src/link/frame.ts'
import { SeededRandom } from '../../src/link/random.ts'
import { TimerQueue } from '../../src/link/timer-queue.ts'
import { createWire } from '../../src/link/wire.ts'
import { TaskGroup } from '../../src/stack/scheduler.ts'
import { Stack } from '../../src/stack/stack.ts'

export interface End {
  readonly stack: Stack
  readonly network: NetworkInterface
}

export class TwoStacks {
  now = 0
  readonly pool = new FramePool()
  readonly timers = new TimerQueue()
  readonly scheduler: TaskGroup
  readonly near: End
  readonly far: End

  constructor(near: string[], far: string[], internet: InternetOptions = {}) {
    const clock = (): number => this.now
    this.scheduler = new TaskGroup(this.timers, clock)
    const [left, right] = createWire(this.timers)
    const make = (seed: number, link: typeof left, addresses: string[]): End => {
      const random = new SeededRandom(seed)
      const { pool, timers } = this
      const stack = new Stack({ random: random.next, fillRandom: random.fill, clock, pool, timers, internet })
      const network = stack.addInterface('eth0', link, { mac: `02:00:00:00:00:0${seed}`, addresses })
      return { stack, network }
    }
    this.near = make(1, left, near)
    this.far = make(2, right, far)
  }

  /** Lets virtual time pass. */
  run(ms: number): void {
    const end = this.now + ms
    for (;;) {
      const at = Math.min(this.timers.pollAt(), this.near.stack.pollAt(), this.far.stack.pollAt())
      if (at > end) break
      this.now = Math.max(this.now, at)
      this.timers.poll(this.now)
      this.near.stack.poll(this.now)
      this.far.stack.poll(this.now)
    }
    this.now = end
  }

  /** The same, letting promises settle in between. */
  async settle(ms: number, stepMs = 100): Promise<void> {
    for (let passed = 0; passed < ms; passed += stepMs) {
      this.run(Math.min(stepMs, ms - passed))
      for (let turn = 0; turn < 20; turn++) await Promise.resolve()
    }
  }
}
