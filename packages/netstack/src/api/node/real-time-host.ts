import { randomFillSync } from 'node:crypto'
import dns from 'node:dns'
import { hostname } from 'node:os'
import { FramePool } from '../../link/frame.ts'
import { Stack, type StackOptions } from '../../stack/stack.ts'
import { PipeTable } from '../pipe.ts'
import { nodeNet } from './builtins.ts'
import type { HostTimer, Lookup, LookupAddress, LookupCallback, NetHost, PipeFiles } from './host.ts'
import { kernelPipeFiles } from './kernel-pipes.ts'
import { validateLookupOptions } from './lookup-options.ts'

// Whoever makes timers virtual means those of programs: this host lives in real time.
const { setTimeout, clearTimeout, setInterval, clearInterval, setImmediate } = globalThis
const now = performance.now.bind(performance)
const realLookup = dns.lookup

/** Addresses besides loopback, of ranges that are nobody's (RFC 2544, RFC 4193): programs that refuse loopback have somewhere to go. */
const OWN_ADDRESSES = ['198.18.0.1/32', 'fd6e:6574:7374::1/128']

/** Longer than any program runs; Node's longest interval. */
const FOREVER_MS = 2 ** 31 - 1

/** A stack that lives in this process and its time: it is polled when something is due, and keeps the process alive while sockets are in use. */
export class RealTimeHost implements NetHost {
  readonly stack: Stack
  readonly pipes: PipeTable = new PipeTable()
  readonly pipeFiles: PipeFiles | null = kernelPipeFiles
  readonly isUp: boolean = true
  #uses = 0
  #anchor: NodeJS.Timeout | null = null
  #isPollDue = false
  #timer: NodeJS.Timeout | null = null
  #timerAt: number = Number.POSITIVE_INFINITY

  constructor(options: Partial<StackOptions> = {}) {
    this.stack = new Stack({
      random: unpredictable,
      fillRandom: (bytes) => randomFillSync(bytes),
      clock: now,
      // Whoever reads may keep a frame's memory: it need not be cleared before a packet is read into it.
      pool: new FramePool({ memory: (bytes) => new Uint8Array(Buffer.allocUnsafeSlow(bytes).buffer as ArrayBuffer) }),
      ...options,
    })
    for (const address of OWN_ADDRESSES) this.stack.addAddress(this.stack.internet.loopback, address)
  }

  now(): number {
    return now()
  }

  kick(): void {
    if (this.#isPollDue) return
    const at = this.stack.pollAt()
    if (at === Number.POSITIVE_INFINITY) return
    const wait = at - now()
    if (wait <= 0) {
      this.#isPollDue = true
      setImmediate(() => {
        this.#isPollDue = false
        this.#poll()
      })
    } else if (at < this.#timerAt) this.#setTimer(at, wait)
  }

  #setTimer(at: number, wait: number): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timerAt = at
    this.#timer = setTimeout(
      () => {
        this.#timer = null
        this.#timerAt = Number.POSITIVE_INFINITY
        this.#poll()
      },
      Math.min(Math.ceil(wait), FOREVER_MS),
    )
    this.#timer.unref()
  }

  #poll(): void {
    try {
      this.stack.poll(now())
    } finally {
      this.kick()
    }
  }

  timer(delayMs: number, callback: () => void): HostTimer {
    const timer = setTimeout(callback, delayMs).unref()
    return { refresh: () => void timer.refresh(), cancel: () => clearTimeout(timer) }
  }

  retain(): void {
    if (this.#uses++ === 0) this.#anchor = setInterval(() => {}, FOREVER_MS)
  }

  release(): void {
    if (--this.#uses > 0 || this.#anchor === null) return
    clearInterval(this.#anchor)
    this.#anchor = null
  }

  readonly lookup: Lookup = lookup
}

const drawn = new Uint32Array(1024)
let undrawn = 0

/** A number in [0, 1): whoever guessed the next one would know the ports of sockets, and the identifiers of questions to DNS (RFC 5452, RFC 6056). */
function unpredictable(): number {
  if (undrawn === 0) {
    randomFillSync(drawn)
    undrawn = drawn.length
  }
  return drawn[--undrawn]! / 0x1_0000_0000
}

/** `localhost` and this machine's name are the stack's own; other names are the resolver's of the machine, as `dns.lookup` asks it. */
const lookup: Lookup = (name, options, callback) => {
  if (dns.lookup === realLookup && nodeNet.isIP(name) === 0 && (name === 'localhost' || name === hostname())) {
    validateLookupOptions(options)
    answer(callback, options, [
      { address: '127.0.0.1', family: 4 },
      { address: '::1', family: 6 },
    ])
    return
  }
  ;(dns.lookup as Lookup)(name, options, callback)
}

function answer(callback: LookupCallback, options: Parameters<Lookup>[1], known: LookupAddress[]): void {
  const { family } = options
  const wanted = family === 4 || family === 6 ? known.filter((each) => each.family === family) : known
  // In a turn of its own, as the answer of a thread would be.
  setImmediate(() => {
    if (options.all) callback(null, wanted)
    else callback(null, wanted[0]!.address, wanted[0]!.family)
  })
}
