// The detectors alone: how fast clean traffic of many kinds is found clean, what dirty traffic costs, and how long the worst
// inputs take.
//
//     node --conditions=@wirehub/source bench/scrub/detectors.ts [--seconds 0.5] [--rounds 3]

import { parseArgs } from 'node:util'
import { CLEAN } from '../../packages/scrub/corpus/clean.ts'
import { Random } from '../../packages/scrub/corpus/random.ts'
import { defaultDetectors } from '../../packages/scrub/src/detectors/mod.ts'
import { compileScanner } from '../../packages/scrub/src/scan/scanner.ts'
import { clean, dirty } from './payloads.ts'

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '0.5' }, rounds: { type: 'string', default: '3' } },
})
const milliseconds = Number(values.seconds) * 1000
const rounds = Number(values.rounds)

const startedAt = performance.now()
const scanner = compileScanner(defaultDetectors)
console.log(`${defaultDetectors.length} detectors compiled in ${(performance.now() - startedAt).toFixed(0)} ms\n`)

function megabytesPerSecond(payloads: readonly Buffer[], work: (payload: Buffer) => void): number {
  const figures: number[] = []
  for (let round = 0; round < rounds; round++) {
    let bytes = 0
    const from = performance.now()
    while (performance.now() - from < milliseconds) {
      for (const payload of payloads) {
        work(payload)
        bytes += payload.length
      }
    }
    figures.push(bytes / 1000 / (performance.now() - from))
  }
  return figures.sort((a, b) => a - b)[rounds >> 1]
}

let findings = 0
const sink = (): void => {
  findings++
}
const scan = (payload: Buffer): void => {
  scanner.scan(payload, 0, payload.length, sink)
}
const mayMatch = (payload: Buffer): void => {
  scanner.mayMatch(payload, 0, payload.length)
}

function row(name: string, payloads: readonly Buffer[]): void {
  findings = 0
  for (const payload of payloads) scan(payload)
  const perPayload = findings / payloads.length
  const candidates = payloads.filter((payload) => scanner.mayMatch(payload, 0, payload.length)).length
  const size = payloads.reduce((sum, payload) => sum + payload.length, 0) / payloads.length
  console.log(
    `${name.padEnd(28)}${size.toFixed(0).padStart(7)} B${megabytesPerSecond(payloads, mayMatch).toFixed(0).padStart(9)}${megabytesPerSecond(payloads, scan).toFixed(0).padStart(9)}${((candidates / payloads.length) * 100).toFixed(0).padStart(11)} %${perPayload.toFixed(2).padStart(10)}`,
  )
}

console.log(
  `${''.padEnd(28)}     size  mayMatch     scan   candidates  findings\n${''.padEnd(28)}              MB/s     MB/s   of payloads     each`,
)
row('ticket, clean', [clean(512)])
row('ticket, clean', [clean(16_384)])
row('ticket, nine planted', [dirty(1024)])
for (const [kind, make] of Object.entries(CLEAN)) {
  const random = new Random(1)
  row(
    `clean: ${kind}`,
    Array.from({ length: 200 }, () => Buffer.from(make(random))),
  )
}

console.log('\none mebibyte of                    ms')
const EVIL = [
  'a@',
  'a.a@a.',
  '://a:b@',
  'eyJhbGciOiJI.',
  '-----BEGIN PRIVATE KEY-----',
  'password=',
  'phone 1',
  '4111 1111 ',
  '1-1-1-1-',
  '+49 ',
  'DE89 3704 ',
  '1.1.1.1.',
  'aa:aa:aa:',
  'twitter_key="a',
  'national id ',
  'id number 1',
  'steuer 1 ',
  '13',
  'a',
  '\0',
]
for (const unit of EVIL) {
  const bytes = Buffer.from(unit.repeat(Math.ceil(2 ** 20 / unit.length)).slice(0, 2 ** 20))
  const from = performance.now()
  scan(bytes)
  console.log(`${JSON.stringify(unit).padEnd(32)}${(performance.now() - from).toFixed(0).padStart(6)}`)
}
