/**
 * Runs the programs of examples/tcp, as they are on disk, on a simulated machine: their `node:net` is the machine's, and so are
 * their arguments, standard streams and console.
 */
import { Console } from 'node:console'
import { EventEmitter } from 'node:events'
import { registerHooks } from 'node:module'
import { PassThrough } from 'node:stream'
import type { NetModule, SimHost } from '@wirehub/netstack/sim'

const folder = new URL('../../../../examples/tcp/', import.meta.url).href
const MARK = '?machine='
const machines: { net: unknown; process: unknown; console: unknown }[] = []
Object.assign(globalThis, { simulatedMachines: machines })

registerHooks({
  resolve(specifier, context, next) {
    const mark = context.parentURL?.indexOf(MARK) ?? -1
    if (mark < 0 || specifier !== 'node:net') return next(specifier, context)
    return { url: `simulated-net:${context.parentURL?.slice(mark)}`, shortCircuit: true }
  },
  load(url, context, next) {
    const [path, machine] = url.split(MARK)
    if (machine === undefined) return next(url, context)
    const own = `globalThis.simulatedMachines[${machine}]`
    if (path === 'simulated-net:') return { format: 'module', source: `export default ${own}.net`, shortCircuit: true }
    // On one line with the first of the program, whose line numbers stay.
    const { source } = next(url, context)
    return { format: 'module', source: `const { process, console } = ${own}; ${source}`, shortCircuit: true }
  },
})

/** A program on a machine of the simulation. */
export class SimProgram {
  output = ''
  readonly stdin: PassThrough = new PassThrough()
  /** Resolves when the module has been evaluated: a top-level await included. */
  readonly evaluated: Promise<unknown>

  /**
   * @param where what the program's 127.0.0.1 stands for: itself, or the name of another machine
   */
  constructor(host: SimHost, name: string, args: readonly (string | number)[], where?: string) {
    const stdout = new PassThrough().setEncoding('utf8')
    stdout.on('data', (text: string) => {
      this.output += text
    })
    const argv = ['node', name, ...args.map(String)]
    const own = Object.assign(new EventEmitter(), {
      argv,
      platform: 'linux',
      stdout,
      stderr: stdout,
      stdin: this.stdin,
    })
    const net = where === undefined ? host.net : elsewhere(host.net, where)
    const index = machines.push({ net, process: own, console: new Console(stdout, stdout) }) - 1
    this.evaluated = import(`${folder}${name}${MARK}${index}`)
  }
}

/** A `net` whose 127.0.0.1 is another machine for those that connect, and all of this one for those that listen. */
function elsewhere(net: NetModule, where: string): NetModule {
  const named = (args: unknown[], address: string): unknown[] =>
    args.map((each) => (each === '127.0.0.1' ? address : each))
  return {
    ...net,
    connect: (...args) => net.connect(...named(args, where)),
    createServer: (...args) => {
      const server = net.createServer(...args)
      const listen = server.listen.bind(server) as (...args: unknown[]) => typeof server
      server.listen = (...given: unknown[]) => listen(...named(given, '0.0.0.0'))
      return server
    },
  }
}
