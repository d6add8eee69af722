// Namespaces, devices and stacks of a test, closed together in the end.
import { randomFillSync } from 'node:crypto'
import { FramePool } from '../../src/link/frame.ts'
import { type Pollable, RealTimeDriver } from '../../src/link/tun/driver.ts'
import { openTun, type TunLink } from '../../src/link/tun/tun-link.ts'
import { Stack, type StackOptions } from '../../src/stack/stack.ts'
import { until } from './bout.ts'
import type { PeerSocket } from './hosts.ts'
import { Namespace } from './namespace.ts'

/** Whatever was opened, closed in the end. */
export class Stage {
  readonly pool: FramePool = new FramePool()
  readonly #closing: (() => void | Promise<void>)[] = []

  namespace(): Namespace {
    const made = new Namespace()
    this.#closing.push(() => made.close())
    return made
  }

  tun(mtu: number): TunLink {
    const tun = openTun({ up: false, mtu, offload: false }, this.pool)
    this.#closing.push(() => tun.close())
    return tun
  }

  stack(options: Partial<StackOptions>, ...tuns: TunLink[]): [Stack, () => void] {
    const fillRandom = (bytes: Uint8Array): void => void randomFillSync(bytes)
    const stack = new Stack({
      random: Math.random,
      fillRandom,
      clock: () => performance.now(),
      pool: this.pool,
      ...options,
    })
    const kick = this.drive(stack, ...tuns)
    this.#closing.push(() => stack.tcp.abortAll(performance.now(), true))
    return [stack, kick]
  }

  /** Gives something with deadlines its time. */
  drive(what: Pollable, ...tuns: TunLink[]): () => void {
    const driver = new RealTimeDriver(what)
    for (const tun of tuns) tun.onBatch = driver.kick
    this.#closing.push(() => driver.close())
    return driver.kick
  }

  onClose(action: () => void): void {
    this.#closing.push(action)
  }

  async close(): Promise<void> {
    for (const action of this.#closing.reverse()) await action()
  }
}

export async function onStage(play: (stage: Stage) => Promise<void>): Promise<void> {
  const stage = new Stage()
  try {
    await play(stage)
  } finally {
    await stage.close()
  }
}

/** Both ends of a connection, once it is open. */
export async function connected(
  from: () => PeerSocket,
  accept: () => PeerSocket | undefined,
): Promise<[PeerSocket, PeerSocket]> {
  const one = from()
  let other: PeerSocket | undefined
  await until(() => (other ??= accept()) !== undefined && one.state === 'ESTABLISHED', 'connecting')
  return [one, other!]
}
