import crypto from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'
import type { World } from '../world.ts'
import { installVirtualClock } from './virtual-clock.ts'
import { installVirtualTimers } from './virtual-timers.ts'

/**
 * Replaces timers, clocks and sources of random numbers by those of the world, for programs that know
 * nothing of it. What is inside Node (its own timers, TLS) stays real. Returns what undoes it.
 */
export function installVirtualGlobals(world: World): () => void {
  const undoTimers = installVirtualTimers(world)
  const undoRandom = installVirtualRandom(world)
  const undoClock = installVirtualClock(world)
  return () => {
    undoClock()
    undoRandom()
    undoTimers()
  }
}

type FillCallback = (error: Error | null, bytes: NodeJS.ArrayBufferView) => void

function installVirtualRandom(world: World): () => void {
  const random = world.random.fork('Math.random')
  const secrets = world.random.fork('crypto')
  const realRandom = Math.random
  const { randomBytes, randomFillSync, randomFill, randomInt, randomUUID } = crypto
  const web = globalThis.crypto
  const fill = <T extends NodeJS.ArrayBufferView>(view: T, offset = 0, size = view.byteLength - offset): T => {
    secrets.fill(new Uint8Array(view.buffer, view.byteOffset + offset, size))
    return view
  }
  const bytes = (size: number, callback?: (error: Error | null, made: Buffer) => void): Buffer | undefined => {
    const made = fill(Buffer.alloc(size))
    if (callback === undefined) return made
    setImmediate(callback, null, made)
    return undefined
  }
  const integer = (low: number, high?: number | FillCallback, callback?: unknown): number | undefined => {
    const [from, to] = typeof high === 'number' ? [low, high] : [0, low]
    const done = (typeof high === 'function' ? high : callback) as ((error: null, value: number) => void) | undefined
    const value = from + secrets.integer(to - from)
    if (done === undefined) return value
    setImmediate(done, null, value)
    return undefined
  }
  const uuid = (): string => {
    const made = fill(new Uint8Array(16))
    made[6] = (made[6] & 0x0f) | 0x40
    made[8] = (made[8] & 0x3f) | 0x80
    const hex = Buffer.from(made).toString('hex')
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
  }
  const fillLater = (view: NodeJS.ArrayBufferView, ...rest: unknown[]): void => {
    const callback = rest.pop() as FillCallback
    setImmediate(callback, null, fill(view, ...(rest as number[])))
  }
  Object.assign(crypto, {
    randomBytes: bytes,
    randomFillSync: fill,
    randomFill: fillLater,
    randomInt: integer,
    randomUUID: uuid,
  })
  // Own properties hide those of the prototype until they are deleted.
  Object.assign(web, {
    getRandomValues: <T extends NodeJS.ArrayBufferView>(view: T): T => fill(view),
    randomUUID: uuid,
  })
  Math.random = random.next
  syncBuiltinESMExports()
  return () => {
    Math.random = realRandom
    Object.assign(crypto, { randomBytes, randomFillSync, randomFill, randomInt, randomUUID })
    Reflect.deleteProperty(web, 'getRandomValues')
    Reflect.deleteProperty(web, 'randomUUID')
    syncBuiltinESMExports()
  }
}
