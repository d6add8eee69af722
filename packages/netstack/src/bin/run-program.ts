import module from 'node:module'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { defaultHost, setDefaultHost } from '../api/node/default-host.ts'
import { install } from '../api/node/install.ts'
import { emptyPipeFiles } from '../api/node/pipe-files.ts'
import { RealTimeHost } from '../api/node/real-time-host.ts'
import { impairedLoopback } from '../link/impaired-loopback.ts'
import type { ImpairmentOptions } from '../link/impairment.ts'
import { SeededRandom } from '../link/random.ts'
import { simNetHost } from '../sim/node/host-net.ts'
import { simulate } from '../sim/node/simulate.ts'
import { referencedTimers } from '../sim/node/virtual-timers.ts'

/** A program and what its packets go through. */
export interface ProgramOptions {
  /** Path of the program: CommonJS or ESM. */
  readonly program: string
  readonly args: readonly string[]
  readonly seed: number
  /** Faults on the way from the program to itself. */
  readonly impair: ImpairmentOptions
  readonly mtu: number
  /** Datagrams pass through the stack too. */
  readonly udp: boolean
}

/** Node's exit code for a program whose top-level await never settles. */
const UNSETTLED = 13

/** Runs the program in the machine's time. Resolves when its modules have been evaluated; it goes on as long as it wants to. */
export async function runInRealTime(options: ProgramOptions): Promise<void> {
  const random = new SeededRandom(options.seed)
  const isImpaired = Object.keys(options.impair).length > 0
  setDefaultHost(
    new RealTimeHost(
      isImpaired
        ? { loopback: impairedLoopback({ ...options.impair, mtu: options.mtu }, random.fork('loopback')) }
        : {},
    ),
  )
  install(defaultHost(), options)
  await load(options)
}

/** Runs the program on a virtual clock; the seed fixes every byte. Resolves with an exit code when nothing keeps it alive any more. */
export function runInVirtualTime(options: ProgramOptions): Promise<number> {
  const hosts = { program: { loopback: { ...options.impair, mtu: options.mtu } } }
  return simulate({ seed: options.seed, hosts, links: [] }, async (world) => {
    const host = simNetHost(world.host('program'))
    host.pipeFiles = emptyPipeFiles
    setDefaultHost(host)
    install(host, options)
    let isLoaded = false
    // Real handles that are there and do nothing (bound, for instance) would not keep Node alive.
    let isIdle = false
    process.on('beforeExit', () => {
      isIdle = true
    })
    const isWorking = (): boolean => !isIdle && hasWork()
    const ended = new Promise<void>((resolve) => {
      // Where Node would end the program: its clock has no reason to move on.
      world.onQuiet = () => {
        const isAlive = host.uses > 0 || referencedTimers(world) > 0 || isWorking()
        const isStuck = world.pollAt() === Number.POSITIVE_INFINITY && !isWorking()
        isIdle = false
        if (isAlive && !isStuck) return false
        world.onQuiet = null
        resolve()
        return true
      }
    })
    const loaded = load(options).then(() => {
      isLoaded = true
      return ended
    })
    await Promise.race([loaded, ended])
    return isLoaded ? Number(process.exitCode ?? 0) : UNSETTLED
  })
}

/** Files, child processes, real sockets: what Node itself would wait for. Standard streams are no work. */
const WORK = /^(FS|FileHandle|GetAddrInfo|GetNameInfo|Query|ZLIB|Process|Worker|MessagePort|TCP|UDP|TLS|StatWatcher)/

function hasWork(): boolean {
  return process.getActiveResourcesInfo().some((kind) => WORK.test(kind))
}

async function load({ program, args, udp }: ProgramOptions): Promise<void> {
  const path = resolve(program)
  process.argv = [process.argv[0]!, path, ...args]
  replaceModules(udp ? ['net', 'dgram'] : ['net'])
  await import(pathToFileURL(path).href)
}

/** The program's own imports of these modules are ours; those of Node's modules are patched. */
function replaceModules(names: readonly string[]): void {
  const root = new URL('../', import.meta.url).href
  const suffix = import.meta.url.endsWith('.ts') ? '.ts' : '.js'
  const replaced = new Map(
    names.flatMap((name) => {
      const url = new URL(`node-${name}${suffix}`, root).href
      return [
        [name, url],
        [`node:${name}`, url],
      ]
    }),
  )
  module.registerHooks({
    resolve(specifier, context, next) {
      const url = replaced.get(specifier)
      if (url === undefined || context.parentURL?.startsWith(root)) return next(specifier, context)
      return { url, shortCircuit: true }
    },
  })
}
