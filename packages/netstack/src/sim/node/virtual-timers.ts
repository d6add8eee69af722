import { syncBuiltinESMExports } from 'node:module'
import timers from 'node:timers'
import timersPromises from 'node:timers/promises'
import type { ScheduledTask } from '../../stack/scheduler.ts'
import type { World } from '../world.ts'

type Callback = (...args: unknown[]) => void

/** What virtual timers give in the place of Node's `Timeout`. */
class VirtualTimeout {
  readonly id: number
  readonly #world: World
  readonly #callback: () => void
  readonly #delayMs: number
  readonly #repeats: boolean
  readonly #onEnd: () => void
  #task: ScheduledTask | null = null
  #hasRef = true

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
    this.#hasRef = true
    return this
  }

  /** Without effect on the simulation, which ends when its body does. */
  unref(): this {
    this.#hasRef = false
    return this
  }

  hasRef(): boolean {
    return this.#hasRef
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

interface TimerFunctions {
  setTimeout: unknown
  setInterval: unknown
  clearTimeout: unknown
  clearInterval: unknown
}

const referenced: WeakMap<World, () => number> = new WeakMap()

/** Timers that would keep a process alive. Those of `node:timers/promises` are not counted: somebody awaits them. */
export function referencedTimers(world: World): number {
  return referenced.get(world)?.() ?? 0
}

/** Replaces the timers of the global object, of `node:timers` and of `node:timers/promises`. Returns what undoes it. */
export function installVirtualTimers(world: World): () => void {
  const realClear = globalThis.clearTimeout
  const timeouts = new Map<number, VirtualTimeout>()
  referenced.set(world, () => {
    let count = 0
    for (const each of timeouts.values()) if (each.hasRef()) count++
    return count
  })
  let nextId = 1
  const make =
    (repeats: boolean) =>
    (callback: Callback, delayMs: unknown = 1, ...args: unknown[]): VirtualTimeout => {
      if (typeof callback !== 'function') {
        const error = new TypeError('The "callback" argument must be of type function.')
        throw Object.assign(error, { code: 'ERR_INVALID_ARG_TYPE' })
      }
      const id = nextId++
      const call = (): void => callback(...args)
      const made = new VirtualTimeout(world, id, call, Number(delayMs), repeats, () => timeouts.delete(id))
      timeouts.set(id, made)
      return made
    }
  const clear = (timeout: unknown): void => {
    if (timeout instanceof VirtualTimeout) timeout.close()
    else if (typeof timeout === 'number' || typeof timeout === 'string') timeouts.get(Number(timeout))?.close()
    else realClear(timeout as NodeJS.Timeout | undefined)
  }
  const virtual: TimerFunctions = {
    setTimeout: make(false),
    setInterval: make(true),
    clearTimeout: clear,
    clearInterval: clear,
  }
  const undo = [replace(globalThis, virtual), replace(timers, virtual), replace(timersPromises, promised(world))]
  syncBuiltinESMExports()
  return () => {
    for (const each of undo) each()
    syncBuiltinESMExports()
  }
}

function replace(target: object, by: object): () => void {
  const saved = Object.fromEntries(Object.keys(by).map((key) => [key, Reflect.get(target, key)]))
  Object.assign(target, by)
  return () => Object.assign(target, saved)
}

interface PromisedOptions {
  signal?: AbortSignal
}

/** `node:timers/promises` on the world's clock. */
function promised(world: World): object {
  const wait = <T>(delayMs: unknown = 1, value?: T, options: PromisedOptions = {}): Promise<T> =>
    new Promise((resolve, reject) => {
      const { signal } = options
      const abort = (): void => {
        task.cancel()
        reject(
          Object.assign(new Error('The operation was aborted', { cause: signal?.reason }), {
            name: 'AbortError',
            code: 'ABORT_ERR',
          }),
        )
      }
      const task = world.scheduler.schedule(Math.max(1, Math.trunc(Number(delayMs)) || 1), () => {
        signal?.removeEventListener('abort', abort)
        resolve(value as T)
      })
      if (signal?.aborted) abort()
      else signal?.addEventListener('abort', abort, { once: true })
    })
  async function* every<T>(delayMs: unknown = 1, value?: T, options: PromisedOptions = {}): AsyncGenerator<T> {
    for (;;) yield await wait(delayMs, value, options)
  }
  return { setTimeout: wait, setInterval: every }
}
