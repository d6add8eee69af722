import { ServerResponse } from 'node:http'
import type { World } from '../world.ts'

/** Makes `Date`, `performance.now`, `process.hrtime`, `AbortSignal.timeout` and the Date header of `node:http` virtual. Returns what undoes it. */
export function installVirtualClock(world: World): () => void {
  const RealDate = globalThis.Date
  const realNow = performance.now
  const realHrtime = process.hrtime
  const realTimeout = AbortSignal.timeout
  const undoHeader = installDateHeader()
  globalThis.Date = virtualDate(world, RealDate)
  performance.now = () => world.now
  process.hrtime = virtualHrtime(world)
  AbortSignal.timeout = (milliseconds) => {
    const controller = new AbortController()
    const reason = new DOMException('The operation was aborted due to timeout', 'TimeoutError')
    world.scheduler.schedule(milliseconds, () => controller.abort(reason))
    return controller.signal
  }
  return () => {
    globalThis.Date = RealDate
    performance.now = realNow
    process.hrtime = realHrtime
    AbortSignal.timeout = realTimeout
    undoHeader()
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

function virtualHrtime(world: World): NodeJS.HRTime {
  const bigint = (): bigint => BigInt(Math.round(world.now * 1e6))
  const hrtime = (before: [number, number] = [0, 0]): [number, number] => {
    const passed = bigint() - (BigInt(before[0]) * 1_000_000_000n + BigInt(before[1]))
    return [Number(passed / 1_000_000_000n), Number(passed % 1_000_000_000n)]
  }
  return Object.assign(hrtime, { bigint })
}

/** Node writes this header from a clock of its own: it is set before Node comes to it. */
function installDateHeader(): () => void {
  const { prototype } = ServerResponse
  const real = prototype.writeHead
  function writeHead(this: ServerResponse, ...args: unknown[]): ServerResponse {
    const given = args.slice(1).some((headers) => namesDate(headers))
    if (this.sendDate && !this.headersSent && !given && !this.hasHeader('date')) {
      this.setHeader('Date', new Date().toUTCString())
    }
    return Reflect.apply(real, this, args)
  }
  prototype.writeHead = writeHead as typeof real
  return () => {
    prototype.writeHead = real
  }
}

/** Headers as an object, as pairs, or as a flat list of names and values. */
function namesDate(headers: unknown): boolean {
  if (typeof headers !== 'object' || headers === null) return false
  const names = Array.isArray(headers) ? headers.flat() : Object.keys(headers)
  return names.some((name) => String(name).toLowerCase() === 'date')
}
