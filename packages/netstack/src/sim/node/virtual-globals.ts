import type { ScheduledTask } from '../../stack/scheduler.ts'
import type { World } from '../world.ts'

type Callback = (...args: unknown[]) => void

/** What virtual timers give in the place of Node's `Timeout`. */
class VirtualTimeout {
  readonly #world: World
  readonly #callback: () => void
  readonly #delayMs: number
  readonly #repeats: boolean
  readonly #onEnd: () => void
  #task: ScheduledTask | null = null
  readonly id: number

  constructor(world: World, id: number, callback: () => void, delayMs: number, repeats: boolean, onEnd: () => void) {
    this.#world = world
    this.id = id
    this.#callback = callback
    // As in Node: less than a millisecond, or nonsense, is one.
    this.#delayMs = delayMs >= 1 && delayMs <= 2_147_483_647 ? Math.trunc(delayMs) : 1
    this.#repeats = repeats
    this.#onEnd = onEnd
    this.refresh()
  }

  ref(): this {
    return this
  }

  unref(): this {
    return this
  }

  hasRef(): boolean {
    return true
  }

  refresh(): this {
    this.#task?.cancel()
    this.#task = this.#world.scheduler.schedule(this.#delayMs, () => {
      if (this.#repeats) this.refresh()
      else this.#onEnd()
      this.#callback()
    })
    return this
  }

  close(): this {
    this.#task?.cancel()
    this.#onEnd()
    return this
  }

  [Symbol.toPrimitive](): number {
    return this.id
  }

  [Symbol.dispose](): void {
    this.close()
  }
}

/**
 * Replaces global timers, `Date`, `performance.now` and `Math.random` by those of the world, for programs that know nothing of
 * it. Node's own inner timers stay real. Returns what undoes it.
 */
export function installVirtualGlobals(world: World): () => void {
  const random = world.random.fork('Math.random')
  const saved = {
    setTimeout: globalThis.setTimeout,
    setInterval: globalThis.setInterval,
    clearTimeout: globalThis.clearTimeout,
    clearInterval: globalThis.clearInterval,
    Date: globalThis.Date,
  }
  const savedRandom = Math.random
  const savedNow = performance.now
  const timeouts = new Map<number, VirtualTimeout>()
  let nextId = 1
  const make =
    (repeats: boolean) =>
    (callback: Callback, delayMs = 1, ...args: unknown[]) => {
      if (typeof callback !== 'function') throw new TypeError('The "callback" argument must be of type function.')
      const id = nextId++
      const made = new VirtualTimeout(
        world,
        id,
        () => callback(...args),
        Number(delayMs),
        repeats,
        () => timeouts.delete(id),
      )
      timeouts.set(id, made)
      return made
    }
  const clear = (timeout: unknown): void => {
    if (timeout instanceof VirtualTimeout) timeout.close()
    else if (typeof timeout === 'number' || typeof timeout === 'string') timeouts.get(Number(timeout))?.close()
    else saved.clearTimeout(timeout as NodeJS.Timeout | undefined)
  }
  Object.assign(globalThis, {
    setTimeout: make(false),
    setInterval: make(true),
    clearTimeout: clear,
    clearInterval: clear,
    Date: virtualDate(world, saved.Date),
  })
  Math.random = random.next
  performance.now = () => world.now
  return () => {
    Object.assign(globalThis, saved)
    Math.random = savedRandom
    performance.now = savedNow
  }
}

function virtualDate(world: World, RealDate: DateConstructor): DateConstructor {
  const now = (): number => Math.floor(world.epochMs + world.now)
  return new Proxy(RealDate, {
    construct: (target, args, newTarget) => Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget),
    apply: () => new RealDate(now()).toString(),
    get: (target, property, receiver) => (property === 'now' ? now : Reflect.get(target, property, receiver)),
  })
}
