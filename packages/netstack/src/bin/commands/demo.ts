import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { drawLadder } from '../../dissect/ladder-svg.ts'
import { formatLadder } from '../../dissect/ladder-text.ts'
import { drawPlot } from '../../dissect/plot.ts'
import { senderMarks, senderPanels } from '../../dissect/series.ts'
import {
  type Command,
  integerOption,
  parseArguments,
  print,
  refusePositionals,
  shareOption,
  UsageError,
  useColor,
} from '../command.ts'
import { DEMO_BYTES, DEMO_HOSTS, type DemoRun, runDemo } from '../demo-run.ts'

const HELP = `Examples
  netstack demo                          1 MB over a link that loses 2 % of its frames: ladder, plot and captures
  netstack demo --loss 10% --seed 7      more loss, other dice
  netstack demo --out pictures           where the files go

Options
  --out DIR                    folder for ladder.svg, plot.svg, client.pcapng, server.pcapng, trace.jsonl (default netstack-demo)
  --seed N                     fixes every byte of the run (default 1)
  --loss SHARE                 share of the frames that the link loses each way, as 2% or 0.02 (default 2%)
  --bytes N                    how much is sent (default ${DEMO_BYTES})
  --congestion-control NAME    cubic (default), reno, bbr or none
  --ipv6                       over IPv6
  --rows N                     most rows of the ladder (default 36)
`

const CONTROLS = ['cubic', 'reno', 'bbr', 'none'] as const

function write(folder: string, run: DemoRun, rows: number, title: string): void {
  mkdirSync(folder, { recursive: true })
  const files: [string, string | Uint8Array, string][] = [
    ['ladder.svg', drawLadder(run.ladder, { rows, title }), 'the ladder as a picture'],
    [
      'plot.svg',
      drawPlot(senderPanels(run.ladder, run.trace), { title, marks: senderMarks(run.ladder) }),
      'congestion window, bytes in flight, round-trip time, delivery',
    ],
    ...DEMO_HOSTS.map((host): [string, Uint8Array, string] => [
      `${host}.pcapng`,
      run.captures[host],
      `what the ${host} saw, for Wireshark`,
    ]),
    [
      'trace.jsonl',
      run.trace.map((record) => `${JSON.stringify(record)}\n`).join(''),
      `reasons: netstack ladder ${folder}/client.pcapng ${folder}/server.pcapng --trace ${folder}/trace.jsonl`,
    ],
  ]
  for (const [name, content, what] of files) {
    writeFileSync(join(folder, name), content)
    process.stderr.write(`${join(folder, name).padEnd(folder.length + 16)}  ${what}\n`)
  }
}

/** `netstack demo`. */
export const demo: Command = {
  name: 'demo',
  summary: 'handshake, 1 MB under loss, termination: ladder, plot and captures',
  help: HELP,
  async run(args) {
    const { values, positionals } = parseArguments(args, {
      out: { type: 'string' },
      seed: { type: 'string' },
      loss: { type: 'string' },
      bytes: { type: 'string' },
      'congestion-control': { type: 'string' },
      ipv6: { type: 'boolean' },
      rows: { type: 'string' },
    })
    refusePositionals(positionals, 'demo')
    const seed = integerOption('seed', values.seed, 0, Number.MAX_SAFE_INTEGER) ?? 1
    const loss = shareOption('loss', values.loss) ?? 0.02
    const bytes = integerOption('bytes', values.bytes, 1, 100_000_000) ?? DEMO_BYTES
    const rows = integerOption('rows', values.rows, 10, 100_000) ?? 36
    const name = values['congestion-control'] ?? 'cubic'
    const congestionControl = CONTROLS.find((control) => control === name)
    if (congestionControl === undefined) throw new UsageError(`--congestion-control is one of ${CONTROLS.join(', ')}`)
    const run = await runDemo({ seed, loss, bytes, congestionControl, family: values.ipv6 === true ? 6 : 4 })
    for (const line of run.story) print(line)
    print('')
    print(formatLadder(run.ladder, { rows, color: useColor() }))
    print('')
    for (const line of run.verdict) print(line)
    write(values.out ?? 'netstack-demo', run, rows, run.title)
    return 0
  },
}
