import type { SimulationOptions } from './options.ts'
import { World } from './world.ts'

/** What the run must know of the platform that the programs run on. */
export interface Platform {
  /** Lets everything run that can run without time passing: microtasks, immediates, ticks. */
  drain(): Promise<void>
  /** Work under way outside of the simulation (files, thread pool), by kind: the clock waits for it. */
  pending(): string[]
  /** Real sockets, timers and the like that the program has opened, by kind: asked when nothing else can happen. */
  outside(): string[]
  /** Waits a moment of real time for such work; with `mayEnd` it keeps no process alive that nothing else does. */
  pause(mayEnd: boolean): Promise<void>
  /** Makes the platform's own timers and random numbers virtual; returns what undoes it. */
  install(world: World): () => void
}

/** A simulation that failed: the message has the seed and what the options were expanded to. */
export class SimulationError extends Error {
  readonly seed: number

  constructor(message: string, world: World, options?: ErrorOptions) {
    super(`${message}\n${describeRun(world)}`, options)
    this.name = 'SimulationError'
    this.seed = world.seed
  }
}

/** The seed and the expanded options, as a failing run prints them. */
function describeRun(world: World): string {
  const { links, routes } = world.topology
  const { faults = [], hosts } = world.options
  const expanded = { seed: world.seed, hosts, links, routes, faults }
  const lines = [`simulation: seed ${world.seed}, ended at ${world.now} ms`, `options: ${JSON.stringify(expanded)}`]
  if (world.nondeterminism.size > 0) {
    lines.push(`the seed alone did not fix this run: ${[...world.nondeterminism].join('; ')}`)
  }
  return lines.join('\n')
}

const DEFAULT_TIME_LIMIT_MS = 86_400_000

/** How much real time the clock waits for work outside, before the run has failed. */
const PENDING_LIMIT_MS = 60_000

/**
 * Runs `body` in a world of its own. The clock stands still while anything can run, and jumps when nothing can.
 *
 * @throws {SimulationError} when the body or a program fails, when nothing could ever happen again, or at the time limit
 */
export async function runSimulation<T>(
  options: SimulationOptions,
  seed: number,
  platform: Platform,
  prepare: (world: World) => void,
  body: (world: World) => Promise<T> | T,
): Promise<T> {
  const world = new World(options, seed)
  prepare(world)
  const restore = options.virtualGlobals === false ? () => {} : platform.install(world)
  const outcome: { settled: boolean; value?: T; error?: unknown; failed: boolean } = { settled: false, failed: false }
  try {
    world.start()
    Promise.resolve(body(world)).then(
      (value) => {
        outcome.value = value
        outcome.settled = true
      },
      (error: unknown) => {
        outcome.error = error
        outcome.failed = true
        outcome.settled = true
      },
    )
    await drive(world, platform, () => outcome.settled)
    for (const kind of platform.outside()) world.nondeterminism.add(`${kind} outside of the simulation`)
    if (outcome.failed) throw outcome.error
    return outcome.value as T
  } catch (error) {
    if (error instanceof SimulationError) throw error
    throw new SimulationError(error instanceof Error ? error.message : String(error), world, { cause: error })
  } finally {
    restore()
    world.close()
  }
}

async function drive(world: World, platform: Platform, isDone: () => boolean): Promise<void> {
  const limit = world.options.timeLimitMs ?? DEFAULT_TIME_LIMIT_MS
  let pauses = 0
  for (;;) {
    await platform.drain()
    if (world.failures.length > 0) throw world.failures[0]
    if (isDone()) return
    const pending = platform.pending()
    if (pending.length > 0) {
      if (++pauses > PENDING_LIMIT_MS) throw new SimulationError(`${pending.join(', ')} did not end`, world)
      await platform.pause(false)
      continue
    }
    if (world.onQuiet?.() === true) continue
    const next = world.pollAt()
    const outside = next === Number.POSITIVE_INFINITY ? platform.outside() : []
    if (outside.length > 0) {
      for (const kind of outside) world.nondeterminism.add(`${kind} outside of the simulation`)
      if (++pauses > PENDING_LIMIT_MS) throw new SimulationError(`nothing happened but ${outside.join(', ')}`, world)
      await platform.pause(world.onQuiet !== null)
      continue
    }
    pauses = 0
    if (next === Number.POSITIVE_INFINITY) {
      throw new SimulationError(
        'the simulation stands still: no timer is set, no frame is under way, and it has not ended',
        world,
      )
    }
    if (next > limit) throw new SimulationError(`the time limit of ${limit} ms was reached`, world)
    world.advance(next)
  }
}
