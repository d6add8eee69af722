import { closeSync, openSync, writeSync } from 'node:fs'
import './host-net.ts'
import type { SimulationOptions } from '../options.ts'
import { type Platform, runSimulation } from '../run.ts'
import type { World } from '../world.ts'
import { ThreadPoolWatch } from './thread-pool.ts'
import { installVirtualGlobals } from './virtual-globals.ts'

// Taken before anybody makes them virtual.
const { setImmediate: realSetImmediate, setTimeout: realSetTimeout, clearTimeout: realClearTimeout } = globalThis
const realRandom = Math.random

/** Immediates in a row that may beget each other before the clock moves on all the same. */
const MAX_IMMEDIATES = 100_000

class NodePlatform implements Platform {
  readonly #threads: ThreadPoolWatch

  constructor(threads: ThreadPoolWatch) {
    this.#threads = threads
  }

  async drain(): Promise<void> {
    for (let round = 0; round < MAX_IMMEDIATES; round++) {
      await new Promise<void>((resolve) => realSetImmediate(resolve))
      if (!process.getActiveResourcesInfo().includes('Immediate')) return
    }
    throw new Error(`${MAX_IMMEDIATES} immediates in a row have begotten each other: the clock cannot move on`)
  }

  pending(): string[] {
    return this.#threads.pending()
  }

  outside(): string[] {
    return this.#threads.outside()
  }

  pause(mayEnd: boolean): Promise<void> {
    if (!mayEnd) return new Promise((resolve) => realSetTimeout(resolve, 1))
    return new Promise((resolve) => {
      const done = (): void => {
        realClearTimeout(timer)
        process.off('beforeExit', done)
        resolve()
      }
      // Without a reference: where real handles are all that is left and none of them is active, Node would end, and says so.
      const timer = realSetTimeout(done, 1).unref()
      process.once('beforeExit', done)
    })
  }

  install(world: World): () => void {
    return installVirtualGlobals(world)
  }
}

/**
 * Runs a program in a world of hosts, links and faults, on a virtual clock. One seed fixes every byte, unless the program
 * does what `world.nondeterminism` then names.
 *
 *     await simulate({ hosts: { a: {}, b: {} }, links: [['a', 'b']] }, async (world) => {
 *       const [reply] = await world.host('a').ping('b')
 *     })
 *
 * @throws {SimulationError} with the seed and the expanded options
 */
export async function simulate<T>(options: SimulationOptions, body: (world: World) => Promise<T> | T): Promise<T> {
  const fromEnvironment = process.env['NETSTACK_SEED']
  const seed =
    options.seed ?? (fromEnvironment === undefined ? Math.floor(realRandom() * 0x1_0000_0000) : Number(fromEnvironment))
  if (!Number.isSafeInteger(seed)) throw new RangeError(`a seed is an integer, not ${fromEnvironment ?? seed}`)
  const threads = new ThreadPoolWatch()
  threads.start()
  try {
    return await runSimulation(options, seed, new NodePlatform(threads), (world) => prepare(world, threads), body)
  } finally {
    threads.stop()
  }
}

function prepare(world: World, threads: ThreadPoolWatch): void {
  threads.onReal = (kind) => world.nondeterminism.add(`${kind} outside of the simulation`)
  world.openFile = (path) => {
    const descriptor = openSync(path, 'w')
    return {
      // Synchronous, so that writing a capture is no thread-pool work.
      write: (bytes) => {
        for (let done = 0; done < bytes.length; ) done += writeSync(descriptor, bytes, done)
      },
      close: () => closeSync(descriptor),
    }
  }
}
