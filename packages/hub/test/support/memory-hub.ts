/** A hub in memory: bytes in, bytes out, no time passes unless it is told to. */
import { createHub, type Hub, type HubMessage, type HubOptions } from '@wirehub/hub'
import type { MemorySocket } from '../../src/testing/memory-socket.ts'
import { MemoryWorld } from '../../src/testing/memory-world.ts'

export interface MemoryHub {
  readonly world: MemoryWorld
  readonly hub: Hub
  /** Connects to the n-th listener. */
  connect(listener?: number): MemorySocket
  /** What is published on a pattern from here on, as it comes. */
  watch(pattern: string): HubMessage[]
}

/** Opens a hub with these listeners. */
export async function memoryHub(listen: string | string[], options: HubOptions = {}): Promise<MemoryHub> {
  const world = new MemoryWorld()
  const { net, clock, random } = world.environment
  const hub = await createHub({ net, clock, random, listen: [listen].flat(), ...options })
  return {
    world,
    hub,
    connect: (listener = 0) => world.connect(hub.addresses[listener].port as number),
    watch: (pattern) => {
      const seen: HubMessage[] = []
      hub.subscribe(pattern, (message) => seen.push(message))
      return seen
    },
  }
}
