import { createDgram, type DatagramModule } from '../../api/node/datagram.ts'
import type { HostTimer, Lookup, NetHost, PipeFiles } from '../../api/node/host.ts'
import { validateLookupOptions } from '../../api/node/lookup-options.ts'
import { createNet, type NetModule } from '../../api/node/network.ts'
import { PipeTable } from '../../api/pipe.ts'
import type { ScheduledTask } from '../../stack/scheduler.ts'
import type { Stack } from '../../stack/stack.ts'
import { SimHost } from '../sim-host.ts'

/** The sockets of one boot of a simulated host: virtual time, pipes in memory, names as the host knows them. */
class SimNetHost implements NetHost {
  readonly stack: Stack
  readonly pipes: PipeTable = new PipeTable()
  pipeFiles: PipeFiles | null = null
  /** Things in use that would keep a process alive. */
  uses = 0
  readonly #host: SimHost
  readonly #boot: number

  constructor(host: SimHost) {
    this.#host = host
    this.#boot = host.boots
    this.stack = host.stack
  }

  get isUp(): boolean {
    return this.#host.isUp && this.#host.boots === this.#boot
  }

  now(): number {
    return this.#host.world.now
  }

  /** The world looks by itself what is due next. */
  kick(): void {}

  timer(delayMs: number, callback: () => void): HostTimer {
    const { scheduler } = this.#host
    let generation = 0
    const start = (): ScheduledTask => {
      const own = ++generation
      // In a turn of its own: what the callback throws is the program's, not the clock's.
      return scheduler.schedule(delayMs, () => void setImmediate(() => own === generation && this.isUp && callback()))
    }
    let task = start()
    const cancel = (): void => {
      generation++
      task.cancel()
    }
    const refresh = (): void => {
      task.cancel()
      task = start()
    }
    return { refresh, cancel }
  }

  retain(): void {
    this.uses++
  }

  release(): void {
    this.uses--
  }

  readonly lookup: Lookup = (name, options, callback) => {
    validateLookupOptions(options)
    const family = options.family === 4 || options.family === 6 ? options.family : 0
    this.#host.lookup(name, family).then(
      (found) => {
        const addresses = found.map((each) => ({ address: each.toString(), family: each.family }))
        setImmediate(() => {
          if (!this.isUp) return
          if (options.all) callback(null, addresses)
          else callback(null, addresses[0]!.address, addresses[0]!.family)
        })
      },
      (error: Error) => setImmediate(() => this.isUp && callback(asLookupError(error, name))),
    )
  }
}

/** As `dns.lookup` tells it. */
function asLookupError(error: Error & { code?: string }, hostname: string): Error {
  const { code = 'ENOTFOUND' } = error
  const errno = code === 'ENOTFOUND' || code === 'ENODATA' ? -3008 : -3001
  const shown = errno === -3008 ? 'ENOTFOUND' : 'EAI_AGAIN'
  return Object.assign(new Error(`getaddrinfo ${shown} ${hostname}`), {
    errno,
    code: shown,
    syscall: 'getaddrinfo',
    hostname,
  })
}

export function simNetHost(host: SimHost): SimNetHost {
  return host.service(makeNetHost)
}

// Named, so that a host makes each of them once for each boot.
const makeNetHost = (host: SimHost): SimNetHost => new SimNetHost(host)
const makeNet = (host: SimHost): NetModule => createNet(simNetHost(host))
const makeDgram = (host: SimHost): DatagramModule => createDgram(simNetHost(host))

declare module '../sim-host.ts' {
  interface SimHost {
    /** `node:net` on this host, in virtual time. Its sockets die with the host. @throws {Error} while the host is down */
    readonly net: NetModule
    /** `node:dgram` on this host. @throws {Error} while the host is down */
    readonly dgram: DatagramModule
  }
}

Object.defineProperties(SimHost.prototype, {
  net: {
    get(this: SimHost): NetModule {
      return this.service(makeNet)
    },
    configurable: true,
  },
  dgram: {
    get(this: SimHost): DatagramModule {
      return this.service(makeDgram)
    },
    configurable: true,
  },
})
