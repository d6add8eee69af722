import type { IpAddress } from '../internet/address.ts'
import type { IcmpErrorKind } from '../internet/packet.ts'
import type { Scheduler } from './scheduler.ts'
import type { Stack } from './stack.ts'

export interface PingOptions {
  /** Requests to send. */
  count?: number
  intervalMs?: number
  timeoutMs?: number
  /** Payload of each request. */
  bytes?: number
  /** 0 for the host's default. */
  hopLimit?: number
}

/** What became of one echo request. */
export interface PingResult {
  readonly sequenceNumber: number
  readonly outcome: 'reply' | 'timeout' | 'no-route' | IcmpErrorKind
  /** Who answered, or told of an error; null for nobody. */
  readonly from: IpAddress | null
  readonly roundTripMs: number
  readonly hopLimit: number
}

const DEFAULTS: Required<PingOptions> = { count: 1, intervalMs: 1000, timeoutMs: 3000, bytes: 56, hopLimit: 0 }

/** Sends echo requests and waits for what comes back. Resolves when the last has been answered or given up. */
export async function ping(
  stack: Stack,
  scheduler: Scheduler,
  target: IpAddress,
  options: PingOptions = {},
): Promise<PingResult[]> {
  const { count, intervalMs, timeoutMs, bytes, hopLimit } = { ...DEFAULTS, ...options }
  const socket = stack.internet.icmp.echo.open()
  const data = new Uint8Array(bytes).map((_, index) => index)
  const waiting = new Map<number, (result: PingResult) => void>()
  const sentAt = new Map<number, number>()
  const settle = (sequenceNumber: number, rest: Omit<PingResult, 'sequenceNumber' | 'roundTripMs'>): void => {
    const roundTripMs = scheduler.now() - (sentAt.get(sequenceNumber) ?? scheduler.now())
    waiting.get(sequenceNumber)?.({ sequenceNumber, roundTripMs, ...rest })
  }
  socket.onReply = (reply) =>
    settle(reply.sequenceNumber, { outcome: 'reply', from: reply.from, hopLimit: reply.hopLimit })
  socket.onError = (error, sequenceNumber) =>
    settle(sequenceNumber, { outcome: error.kind, from: error.reporter, hopLimit: 0 })
  const one = (sequenceNumber: number): Promise<PingResult> =>
    new Promise((resolve) => {
      const timer = scheduler.schedule(timeoutMs, () =>
        settle(sequenceNumber, { outcome: 'timeout', from: null, hopLimit: 0 }),
      )
      waiting.set(sequenceNumber, (result) => {
        timer.cancel()
        waiting.delete(sequenceNumber)
        resolve(result)
      })
      sentAt.set(sequenceNumber, scheduler.now())
      const outcome = socket.send(target, sequenceNumber, data, hopLimit, scheduler.now())
      if (outcome !== 'sent') settle(sequenceNumber, { outcome: 'no-route', from: null, hopLimit: 0 })
    })
  const pending: Promise<PingResult>[] = []
  for (let sequenceNumber = 1; sequenceNumber <= count; sequenceNumber++) {
    pending.push(one(sequenceNumber))
    if (sequenceNumber < count) await new Promise<void>((resolve) => scheduler.schedule(intervalMs, resolve))
  }
  const results = await Promise.all(pending)
  socket.close()
  return results
}

/** One step of a route. */
export interface Hop {
  readonly hopLimit: number
  /** Null when nobody answered in time. */
  readonly from: IpAddress | null
  readonly roundTripMs: number
  readonly outcome: PingResult['outcome']
}

export interface TracerouteOptions {
  /** Routers on the way at most. */
  maxHops?: number
  timeoutMs?: number
}

/** Finds the routers on the way by echo requests with a growing hop limit. Ends at the target, at an error, or at `maxHops`. */
export async function traceroute(
  stack: Stack,
  scheduler: Scheduler,
  target: IpAddress,
  options: TracerouteOptions = {},
): Promise<Hop[]> {
  const hops: Hop[] = []
  for (let hopLimit = 1; hopLimit <= (options.maxHops ?? 30); hopLimit++) {
    const [result] = await ping(stack, scheduler, target, { hopLimit, timeoutMs: options.timeoutMs ?? 3000 })
    const { from, roundTripMs, outcome } = result
    hops.push({ hopLimit, from, roundTripMs, outcome })
    if (outcome !== 'time-exceeded' && outcome !== 'timeout') break
  }
  return hops
}
