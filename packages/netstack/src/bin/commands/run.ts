import { createRequire } from 'node:module'
import { resolve } from 'node:path'
import type { ImpairmentOptions } from '../../link/impairment.ts'
import { type Command, integerOption, parseArguments, shareOption, UsageError } from '../command.ts'
import { type ProgramOptions, runInRealTime, runInVirtualTime } from '../run-program.ts'

const HELP = `Examples
  netstack run app.js --loss 2% --seed 7                     every packet between the program's sockets may be lost
  netstack run app.js --delay 20ms --reorder 5% --virtual    on a virtual clock: the same seed gives the same bytes
  netstack run app.js -- --port 8080                         arguments for the program stand behind --

Runs a program (CommonJS or ESM) with its TCP on a stack of its own, loopback alone. net, http, https and fetch need no change. What
stays real: pipes of Node's own modules, files, child processes, dns. The seed is printed.

Options
  --seed N            fixes the dice (default: NETSTACK_SEED, else chosen)
  --loss SHARE        packets lost, as 2% or 0.02
  --duplicate SHARE   packets that come twice
  --corrupt SHARE     packets in which a bit is flipped
  --reorder SHARE     packets that overtake those before them
  --delay TIME        each way, as 20ms or 1s
  --jitter TIME       standard deviation of the delay
  --rate BITS         bits a second, as 10mbit
  --mtu BYTES         largest packet (default 1500)
  --udp               dgram too: without it datagrams stay the machine's, and c-ares (dns.resolve) always does
  --virtual           on a virtual clock that jumps to whatever comes next
`

/** Milliseconds. */
function timeOption(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const match = /^(\d+(?:\.\d+)?)(ms|s|us)?$/.exec(text)
  if (match === null) throw new UsageError(`--${name} takes a time such as 20ms, not "${text}"`)
  return Number(match[1]) * { us: 0.001, ms: 1, s: 1000 }[(match[2] ?? 'ms') as 'ms']
}

/** Bits a second. */
function rateOption(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const match = /^(\d+(?:\.\d+)?)([kmg]?)(bit)?$/i.exec(text)
  if (match === null) throw new UsageError(`--rate takes bits a second such as 10mbit, not "${text}"`)
  return Number(match[1]) * { '': 1, k: 1e3, m: 1e6, g: 1e9 }[match[2]!.toLowerCase() as 'm']
}

const OPTIONS = {
  seed: { type: 'string' },
  loss: { type: 'string' },
  duplicate: { type: 'string' },
  corrupt: { type: 'string' },
  reorder: { type: 'string' },
  delay: { type: 'string' },
  jitter: { type: 'string' },
  rate: { type: 'string' },
  mtu: { type: 'string' },
  virtual: { type: 'boolean' },
  udp: { type: 'boolean' },
} as const

function readOptions(args: readonly string[]): ProgramOptions & { virtual: boolean } {
  const behind = args.indexOf('--')
  const own = behind < 0 ? args : args.slice(0, behind)
  const { values, positionals } = parseArguments(own, OPTIONS)
  const [program, ...rest] = positionals
  if (program === undefined) throw new UsageError('run takes a program: netstack run app.js')
  const wanted: ImpairmentOptions = {
    loss: shareOption('loss', values.loss),
    duplicate: shareOption('duplicate', values.duplicate),
    corrupt: shareOption('corrupt', values.corrupt),
    reorder: shareOption('reorder', values.reorder),
    delayMs: timeOption('delay', values.delay),
    jitterMs: timeOption('jitter', values.jitter),
    rateBitsPerSecond: rateOption(values.rate),
  }
  const given = Object.entries(wanted).filter(([, value]) => value !== undefined)
  return {
    program: findProgram(program),
    args: [...rest, ...(behind < 0 ? [] : args.slice(behind + 1))],
    seed:
      integerOption('seed', values.seed ?? process.env['NETSTACK_SEED'], 0, 0xffff_ffff) ??
      Math.floor(Math.random() * 0x1_0000_0000),
    impair: Object.fromEntries(given),
    mtu: integerOption('mtu', values.mtu, 576, 65_535) ?? 1500,
    virtual: values.virtual === true,
    udp: values.udp === true,
  }
}

/** As `node program` finds it: with its ending left off, or the main file of a folder. Throws UsageError when there is none. */
function findProgram(program: string): string {
  try {
    return createRequire(import.meta.url).resolve(resolve(program))
  } catch {
    throw new UsageError(`there is no program ${program}`)
  }
}

/** `netstack run`. */
export const run: Command = {
  name: 'run',
  summary: "one's own program on the stack, under faults, in real or virtual time",
  help: HELP,
  async run(args) {
    const options = readOptions(args)
    process.stderr.write(`netstack: seed ${options.seed}\n`)
    try {
      if (options.virtual) return await runInVirtualTime(options)
      await runInRealTime(options)
    } catch (error) {
      // The program's own error first, as Node shows it; where the simulation stood comes behind.
      const { cause } = error as Error
      process.stderr.write(`${(cause instanceof Error ? cause : (error as Error)).stack}\n`)
      if (cause instanceof Error) throw error
      return 1
    }
    return Number(process.exitCode ?? 0)
  },
}
