// The command as its users run it: a process of its own, over captures of a simulated transfer.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { type TraceRecord, TraceRecorder } from '../dissect/trace.ts'
import { IpAddress } from '../internet/address.ts'
import { simulate } from '../sim/node/simulate.ts'
import type { TcpConnection } from '../transport/tcp/mod.ts'

const BIN = fileURLToPath(new URL('../../bin/netstack.js', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'netstack-bin-'))
const client = join(folder, 'client.pcapng')
const server = join(folder, 'server.pcapng')
const trace = join(folder, 'trace.jsonl')

function netstack(...args: string[]): { code: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [BIN, ...args], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    env: { ...process.env, NO_COLOR: '1' },
  })
  return { code: status, out: stdout, err: stderr }
}

/** 200 kB over a lossy link, captured at both ends, with what both stacks record. */
async function record(): Promise<void> {
  const link = { ends: ['a', 'b'] as const, impair: { loss: 0.02, delayMs: 20 } }
  const records: TraceRecord[] = []
  await simulate({ seed: 3, hosts: { a: {}, b: {} }, links: [link], families: [4] }, async (world) => {
    world.capture(client, { host: 'a' })
    world.capture(server, { host: 'b' })
    const [here, there] = ['a', 'b'].map((host) => new TraceRecorder(host, { epochMs: world.epochMs }))
    const [a, b] = ['a', 'b'].map((host) => world.host(host).stack)
    a.tcp.trace = here
    b.tcp.trace = there
    await new Promise<void>((resolve, reject) => {
      const listener = b.tcp.listen(
        {
          port: 80,
          onConnection: () => {
            const connection = listener.accept()!
            const drain = (): void => connection.consume(connection.readableBytes, world.now)
            connection.observer = {
              onReadable: drain,
              onEnd: () => connection.shutdown(world.now),
              onStateChange: (one, from, to, reason) => there.onStateChange(one, from, to, reason, world.now),
            }
            drain()
          },
        },
        world.now,
      )
      const bytes = new Uint8Array(200_000).fill(0x61)
      let sent = 0
      const push = (connection: TcpConnection): void => {
        sent += connection.send(bytes, world.now, sent)
        if (sent === bytes.length) connection.shutdown(world.now)
      }
      const remote = IpAddress.parse(world.host('b').address()!)
      const local = a.internet.findPath(remote)!.source
      const observer = {
        onConnected: push,
        onWritable: push,
        onStateChange: (one: TcpConnection, from: string, to: string, reason: string) =>
          here.onStateChange(one, from, to, reason, world.now),
        onClosed: (_connection: TcpConnection, reason: string) =>
          reason === 'finished' ? resolve() : reject(new Error(reason)),
      }
      a.tcp.connect({ local, remote, remotePort: 80, observer }, world.now)
    })
    records.push(...here.records, ...there.records)
  })
  writeFileSync(trace, `${records.map((entry) => JSON.stringify(entry)).join('\n')}\n`)
}

before(record)
after(() => rmSync(folder, { recursive: true }))

test('usage: help begins with examples; wrong usage is one line on stderr and exit code 2', () => {
  const help = netstack('--help')
  assert.deepEqual([help.code, help.err], [0, ''])
  assert.match(help.out, /^Examples\n/)
  assert.match(netstack('--version').out, /^\d+\.\d+\.\d+\n$/)
  for (const command of ['layers', 'dissect', 'ladder', 'plot', 'journey']) {
    assert.match(netstack(command, '--help').out, /^Examples\n {2}netstack /)
  }
  for (const args of [
    [],
    ['nothing'],
    ['dissect'],
    ['ladder', '--rows', 'x', client],
    ['layers', '--wrong'],
    ['layers', 'something'],
    ['journey', '--packet', '3'],
    ['run', join(folder, 'none.js')],
    ['dissect', client, '--packet', '99999'],
  ]) {
    const wrong = netstack(...args)
    assert.equal(wrong.code, 2, args.join(' '))
    if (args.length > 0) assert.match(wrong.err, /^netstack: [^\n]+\n$/)
  }
  const none = join(folder, 'none')
  const missing = netstack('dissect', none)
  assert.deepEqual([missing.code, missing.err], [1, `netstack: there is no file ${none}\n`])
  const unreadable = netstack('dissect', trace)
  assert.equal(unreadable.code, 1)
  assert.ok(unreadable.err.startsWith(`netstack: ${trace}: `) && unreadable.err.includes('neither pcap nor pcapng'))
})

test('a name that is nearly right is answered by the right one', () => {
  assert.match(netstack('lader').err, /no command "lader"; is netstack ladder meant\?/)
  assert.match(netstack('run', 'app.js', '--los', '2%').err, /no option --los; is --loss meant\?/)
  assert.match(netstack('run', 'app.js', '--zzz').err, /no option --zzz; --help lists them/)
})

test('layers: every folder and every command that the table names is there', () => {
  const root = new URL('../../../../', import.meta.url)
  const { osi, internet } = JSON.parse(netstack('layers', '--json').out)
  const commands = netstack('--help').out
  for (const { here } of [...osi, ...internet]) {
    assert.ok(existsSync(new URL(here.folder, root)), here.folder)
    const [program, command] = here.command.split(' ')
    if (program === 'netstack') assert.match(commands, new RegExp(`^  ${command} `, 'm'))
    else assert.ok(existsSync(new URL(`packages/cli/src/commands/${command}.ts`, root)), here.command)
  }
})

test('layers: the table as text and as JSON', () => {
  assert.match(netstack('layers').out, /HTTP skips layers 5 and 6/)
  const table = JSON.parse(netstack('layers', '--json').out)
  assert.deepEqual([table.osi.length, table.internet.length], [7, 4])
})

test('dissect: one line a packet, one packet in full, JSON lines', () => {
  const lines = netstack('dissect', client).out.trimEnd().split('\n')
  assert.match(
    lines.find((line) => line.includes('[SYN]'))!,
    /a\/\S+ out {2}10\.0\.1\.1 > 10\.0\.1\.2 {2}tcp {2}\d+ > 80 \[SYN\]/,
  )
  const number = lines.findIndex((line) => line.includes('[SYN]')) + 1
  assert.match(
    netstack('dissect', client, '--packet', String(number), '--hex').out,
    /layer 4 {2}Transmission Control Protocol[\s\S]*Maximum Segment Size[\s\S]*000030 /,
  )
  const json = netstack('dissect', client, '--json')
    .out.trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  assert.equal(json.length, lines.length)
  assert.equal(json[number - 1].layers[2].protocol, 'tcp')
})

test('ladder: captured at both ends it tells what was lost; with the trace, why it was sent again', () => {
  const { out, code } = netstack('ladder', client, server, '--trace', trace)
  assert.equal(code, 0)
  for (const state of ['SYN-SENT', 'ESTABLISHED', 'FIN-WAIT-1', 'CLOSE-WAIT', 'LAST-ACK', 'TIME-WAIT'])
    assert.match(out, new RegExp(`\\b${state}\\b`))
  assert.match(out, /lost on the way/)
  assert.match(out, /\^ retransmitted: .*\(RFC \d+/)
  assert.match(out, /payload sent: 20\d,\d{3} bytes to the right, 0 to the left; [1-9]\d* retransmitted, [1-9]\d* lost/)
  const alone = netstack('ladder', client)
  assert.match(alone.out, /SYN seq=0/)
  const svg = join(folder, 'ladder.svg')
  assert.equal(netstack('ladder', client, server, '--trace', trace, '--svg', svg).code, 0)
  assert.match(readFileSync(svg, 'utf8'), /^<svg [\s\S]*<\/svg>\n$/)
})

test('plot: from a capture alone, and with what the stack sampled', () => {
  const measured = netstack('plot', client)
  assert.match(measured.out, /bytes in flight/)
  const sampled = netstack('plot', client, server, '--trace', trace, '--title', 'a < b')
  assert.match(sampled.out, /cwnd/)
  assert.match(sampled.out, /<title>a &lt; b<\/title>/)
})

test('journey: text, SVG, HTML; of a message, or of a frame that was captured', () => {
  assert.match(netstack('journey', 'hi there').out, /68 69 20 74 68 65 72 65[\s\S]*UP, in the receiver/)
  assert.match(netstack('journey', '--ipv6', '--udp', '--svg', '-').out, /IPv6 40[\s\S]*udp|UDP 8/)
  const page = netstack('journey', '--html', '-').out
  assert.match(page, /^<!doctype html>/)
  assert.doesNotMatch(page, /(?:src|href)="https?:/)
  assert.match(netstack('journey', '--capture', client, '--packet', '3').out, /DOWN/)
  assert.equal(netstack('journey', 'x'.repeat(5000)).code, 1)
})
