/** `wirehub bench`: measures any NATS server. */
import { HubError, parseLiteral } from '@wirehub/hub'
import { measureLatency } from '../bench/latency.ts'
import { type RawTarget, rawTarget } from '../bench/raw-connection.ts'
import { measureThroughput } from '../bench/throughput.ts'
import { clientOptions, credentialsOf, serverOf, timeoutMs } from '../client.ts'
import { type Command, exitCodes, type OptionValues, wholeNumber } from '../command.ts'

const WARM_UP_SHARE = 0.1

export const bench: Command = {
  name: 'bench',
  summary: 'Measures throughput and round trips of any NATS server.',
  usage: '[options]',
  examples: [
    ['wirehub bench', 'one publisher, one subscriber, 128 bytes; then round trips'],
    ['wirehub bench --subscribers 10 --size 16', 'fan-out of small messages'],
    ['wirehub bench --server nats://10.0.0.5:4222 --json', 'another server, figures as JSON'],
  ],
  options: {
    ...clientOptions,
    publishers: { type: 'string', value: 'N', help: 'connections that publish; default 1' },
    subscribers: { type: 'string', value: 'N', help: 'connections that subscribe; default 1' },
    messages: { type: 'string', short: 'n', value: 'N', help: 'messages in all; default 1000000' },
    size: { type: 'string', value: 'BYTES', help: 'payload; default 128' },
    requests: { type: 'string', value: 'N', help: 'round trips; default 10000, 0 for none' },
    subject: { type: 'string', value: 'SUBJECT', help: 'default wirehub.bench' },
    json: { type: 'boolean', help: 'figures as JSON' },
  },
  async run(values) {
    const target = targetOf(values)
    parseLiteral((values.subject as string | undefined) ?? 'wirehub.bench')
    const plan = {
      publishers: wholeNumber(values, 'publishers', 1, 1),
      subscribers: wholeNumber(values, 'subscribers', 1, 0),
      messages: wholeNumber(values, 'messages', 1_000_000, 1),
      payloadBytes: wholeNumber(values, 'size', 128, 0),
      subject: (values.subject as string | undefined) ?? 'wirehub.bench',
    }
    const warmUp = { ...plan, messages: Math.max(plan.publishers, Math.ceil(plan.messages * WARM_UP_SHARE)) }
    await measureThroughput(target, warmUp, progressBar('warming up'))
    const throughput = await measureThroughput(target, plan, progressBar('throughput'))
    const requests = wholeNumber(values, 'requests', 10_000, 0)
    const latency =
      requests === 0
        ? undefined
        : await measureLatency(target, requests, plan.payloadBytes, `${plan.subject}.echo`, progressBar('round trips'))
    if (values.json === true) process.stdout.write(`${JSON.stringify({ plan, throughput, latency })}\n`)
    else {
      const million = (value: number): string => `${(value / 1e6).toFixed(3)} M/s`
      const rows = [
        ['server', `${target.host}:${target.port}`],
        ['load', `${plan.publishers} -> ${plan.subscribers}, ${plan.payloadBytes} bytes, ${plan.messages} messages`],
        ['published', million(throughput.published)],
        ...(plan.subscribers > 0 ? [['delivered', million(throughput.delivered)]] : []),
        ['payload', `${(throughput.bytes / 1e6).toFixed(1)} MB/s`],
        ...(latency === undefined
          ? []
          : [
              [
                'round trip',
                `p50 ${latency.p50.toFixed(0)} us, p99 ${latency.p99.toFixed(0)} us, p99.9 ${latency.p999.toFixed(0)} us`,
              ],
            ]),
      ]
      process.stdout.write(`${rows.map(([name, value]) => `${name.padEnd(11)} ${value}`).join('\n')}\n`)
    }
    return exitCodes.ok
  },
}

function targetOf(values: OptionValues): RawTarget {
  for (const name of ['nkey', 'tls-ca', 'tls-cert', 'tls-key']) {
    if (values[name] === undefined) continue
    throw new HubError('WIREHUB_ERR_USAGE', `The benchmark measures plain TCP: it cannot use --${name}.`, {
      place: 'wirehub bench',
      cure: 'Give it a user and a password, or a token.',
    })
  }
  return rawTarget(serverOf(values), credentialsOf(values), timeoutMs(values))
}

/** A progress bar on stderr, on a terminal only. */
function progressBar(label: string): (share: number) => void {
  if (!process.stderr.isTTY) return () => {}
  let shown = -1
  return (share) => {
    const percent = Math.min(100, Math.floor(share * 100))
    if (percent === shown) return
    shown = percent
    const filled = Math.round(percent / 4)
    process.stderr.write(
      `\r${label.padEnd(12)} ${'#'.repeat(filled)}${'.'.repeat(25 - filled)} ${percent}%${percent === 100 ? '\r\x1b[K' : ''}`,
    )
  }
}
