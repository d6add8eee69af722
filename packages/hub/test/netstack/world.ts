/** Simulated machines around a hub: a switch, and links that lose, delay and reorder. */
import { createHub, type Hub, type HubOptions } from '@wirehub/hub'
import type { SimHost, SimulationOptions, World } from '@wirehub/netstack/sim'

/** 2 % of the frames of every link are lost, others are overtaken. */
export const FAULTY = { loss: 0.02, reorder: 0.02, delayMs: 10, jitterMs: 3 }

/** Machines joined by one switch, each by a faulty link that is called `<name>-switch`. */
export function star(names: readonly string[], impair: object = FAULTY): SimulationOptions {
  return {
    hosts: {
      ...Object.fromEntries(names.map((name) => [name, { loopback: impair }])),
      switch: { kind: 'switch' },
    },
    links: names.map((name) => ({ ends: [name, 'switch'] as const, impair })),
    families: [4],
    // What should have happened by then never will.
    timeLimitMs: 600_000,
  }
}

/** What a hub takes from the machine that it runs on. When that one crashes, its sockets and timers are gone. */
function environment(host: SimHost): Pick<HubOptions, 'net' | 'clock' | 'random'> {
  const { world, scheduler, net } = host
  const random = world.random.fork(`hub on ${host.name} ${host.boots}`)
  return {
    net: net as unknown as NonNullable<HubOptions['net']>,
    clock: {
      now: () => world.epochMs + world.now,
      monotonic: () => world.now,
      setTimeout: (callback, delayMs) => scheduler.schedule(delayMs, callback),
      clearTimeout: (timer) => (timer as { cancel(): void } | undefined)?.cancel(),
      setImmediate: (callback) => void setImmediate(callback),
    },
    random: {
      next: random.next,
      bytes: (count) => {
        const bytes = new Uint8Array(count)
        random.fill(bytes)
        return bytes
      },
    },
  }
}

/** Starts a hub on a machine. */
export function hubOn(host: SimHost, options: HubOptions = {}): Promise<Hub> {
  return createHub({ ...environment(host), ...options })
}

/** What every frame of a run came to. */
export function captured(world: World): () => Buffer {
  const pieces: Buffer[] = []
  world.capture((bytes) => pieces.push(Buffer.from(bytes)))
  return () => Buffer.concat(pieces)
}
