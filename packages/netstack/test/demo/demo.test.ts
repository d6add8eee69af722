// `netstack demo` as its users run it.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { conversationsOf } from '../../src/dissect/conversation.ts'
import { readCaptureFile } from '../../src/link/pcap/node.ts'

const BIN = fileURLToPath(new URL('../../bin/netstack.js', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'netstack-demo-'))
after(() => rmSync(folder, { recursive: true }))

const FILES = ['ladder.svg', 'plot.svg', 'client.pcapng', 'server.pcapng', 'trace.jsonl']

function netstack(...args: string[]): { code: number | null; out: string; err: string } {
  const env = { ...process.env, NO_COLOR: '1' }
  const { status, stdout, stderr } = spawnSync(process.execPath, [BIN, ...args], { encoding: 'utf8', env })
  return { code: status, out: stdout, err: stderr }
}

test('three lines say what it is; then handshake, loss and repair with reason and clause, termination, and the figures', () => {
  const out = join(folder, 'plain')
  const run = netstack('demo', '--out', out)
  assert.equal(run.code, 0, run.err)
  const lines = run.out.split('\n')
  assert.equal(lines.indexOf(''), 3)
  assert.match(run.out, /SYN-SENT[^\n]*SYN seq=0[\s\S]*ESTABLISHED[^\n]*SYN,ACK seq=0 ack=1/)
  assert.match(run.out, /len=1448 -+X[\s\S]*\^ lost: random loss on client-server/)
  assert.match(run.out, /\^ retransmitted: [^\n]*\(RFC 8985 6\.2\)/)
  assert.match(run.out, /FIN-WAIT-1[^\n]*FIN[\s\S]*TIME-WAIT[^\n]*FIN,ACK[^\n]*LAST-ACK/)
  assert.match(run.out, /All 1,000,000 bytes arrived once and in order/)
  assert.match(run.out, /The link lost \d+ segments/)
  assert.ok(lines.length < 80, 'the bulk is summed up')
  assert.match(readFileSync(join(out, 'ladder.svg'), 'utf8'), /lost: random loss on client-server/)
  assert.match(readFileSync(join(out, 'plot.svg'), 'utf8'), />cwnd<[\s\S]*>RTO</)
  for (const host of ['client', 'server']) {
    const conversations = conversationsOf(readCaptureFile(join(out, `${host}.pcapng`)))
    assert.equal(conversations.length, 1)
    assert.equal(conversations[0].segments[0].segment.sequenceNumber > 0, true)
  }
})

test('one seed gives the same bytes in every file, another seed others; the command that it names draws the same ladder', () => {
  const [first, second, other] = ['a', 'b', 'c'].map((name) => join(folder, name))
  const text = netstack('demo', '--seed', '9', '--bytes', '80000', '--loss', '5%', '--out', first).out
  assert.equal(netstack('demo', '--seed', '9', '--bytes', '80000', '--loss', '0.05', '--out', second).out, text)
  for (const file of FILES) assert.ok(readFileSync(join(first, file)).equals(readFileSync(join(second, file))), file)
  netstack('demo', '--seed', '10', '--bytes', '80000', '--loss', '5%', '--out', other)
  assert.ok(!readFileSync(join(first, 'client.pcapng')).equals(readFileSync(join(other, 'client.pcapng'))))
  const captures = ['client.pcapng', 'server.pcapng'].map((name) => join(first, name))
  const ladder = netstack('ladder', ...captures, '--trace', join(first, 'trace.jsonl'), '--rows', '36').out
  assert.ok(text.includes(ladder.trimEnd()), 'captures and trace hold all that the ladder shows')
})

test('IPv6, other congestion controls, no loss; wrong usage is told', () => {
  const out = join(folder, 'six')
  const six = netstack(
    'demo',
    '--ipv6',
    '--bytes',
    '20000',
    '--loss',
    '0',
    '--congestion-control',
    'reno',
    '--out',
    out,
  )
  assert.match(six.out, /\[2001:db8:0:1::1\]:\d+[\s\S]*The link lost 0 segments/)
  for (const args of [
    ['--loss', 'much'],
    ['--loss', '200%'],
    ['--congestion-control', 'vegas'],
    ['--seed', 'x'],
    ['file'],
  ]) {
    const wrong = netstack('demo', ...args)
    assert.equal(wrong.code, 2, args.join(' '))
    assert.match(wrong.err, /^netstack: [^\n]+\n$/)
  }
})
