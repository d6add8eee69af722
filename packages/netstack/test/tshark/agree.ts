// Compares our dissector with Wireshark's: every field that both know by name has the same value and stands at the same bytes.
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { dissect } from '../../src/dissect/dissect.ts'
import type { DissectedField } from '../../src/dissect/tree.ts'
import type { Capture, CapturedPacket } from '../../src/link/pcap/capture.ts'
import { writePcapng } from '../../src/link/pcap/write.ts'

interface TsharkField {
  name: string
  show: string
  value: string
  position: number
  size: number
}

function attribute(tag: string, name: string): string {
  const match = new RegExp(` ${name}="([^"]*)"`).exec(tag)
  return match === null
    ? ''
    : match[1].replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&amp;', '&')
}

// Port 9 is read as plain data: tshark guesses at payloads of ports it does not know, and random bytes then look malformed.
const OPTIONS =
  '-d udp.port==9,data -d tcp.port==9,data -o ip.defragment:FALSE -o ipv6.defragment:FALSE -o ip.check_checksum:TRUE ' +
  '-o tcp.relative_sequence_numbers:FALSE -o tcp.check_checksum:TRUE -o udp.check_checksum:TRUE'

/** What tshark says of each packet of a capture: its fields in order, flat. */
function readByTshark(file: Uint8Array): TsharkField[][] {
  const folder = mkdtempSync(join(tmpdir(), 'netstack-tshark-'))
  try {
    const path = join(folder, 'capture.pcapng')
    writeFileSync(path, file)
    const options = OPTIONS.split(' ')
    const pdml = execFileSync('tshark', ['-n', '-r', path, '-T', 'pdml', ...options], {
      encoding: 'utf8',
      maxBuffer: 1 << 28,
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    return pdml
      .split('<packet>')
      .slice(1)
      .map((packet) =>
        [...packet.matchAll(/<field [^>]*>/g)].map(([tag]) => ({
          name: attribute(tag, 'name'),
          show: attribute(tag, 'show'),
          value: attribute(tag, 'value'),
          position: Number(attribute(tag, 'pos')),
          size: Number(attribute(tag, 'size')),
        })),
      )
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function flatten(fields: readonly DissectedField[]): DissectedField[] {
  return fields.flatMap((field) => [field, ...flatten(field.fields ?? [])])
}

/** Fields that stand on the wire in words of 4 bytes, and that tshark prints in bytes. */
const COUNTED_IN_BYTES = new Set(['ip.hdr_len', 'tcp.hdr_len'])

/** Whether tshark's text says the value of our field. */
function says(theirs: TsharkField, ours: DissectedField): boolean {
  const value = COUNTED_IN_BYTES.has(ours.filter!) ? Number(ours.value) * 4 : ours.value
  if (typeof value === 'number') {
    const shown = { True: 1, False: 0 }[theirs.show] ?? Number(theirs.show)
    return shown === value || ours.text === theirs.show
  }
  if (typeof value === 'string') return theirs.show === value
  if (value === undefined) return false
  const hex = [...value].map((byte) => byte.toString(16).padStart(2, '0')).join('')
  return ours.text === theirs.show || theirs.value === hex || theirs.show.replaceAll(':', '') === hex
}

/** Fields that tshark does not print when they are zero. */
const LEFT_OUT_WHEN_ZERO = new Set(['icmp.length', 'icmpv6.length', 'icmp.mtu'])

const COUNTER_BITS: Readonly<Record<string, number>> = { 'tcp.flags.ae': 4, 'tcp.flags.cwr': 2, 'tcp.flags.ece': 1 }

/** Compares one packet; returns the number of fields that both know. */
function compare(packet: CapturedPacket, theirs: readonly TsharkField[], linkType: number, fcsBytes: number): number {
  const malformed = theirs.find((field) => field.name.startsWith('_ws.malformed'))
  const found = dissect(packet.bytes, { linkType, fcsBytes })
  assert.equal(malformed, undefined, `tshark calls a packet malformed: ${found.summary}`)
  assert.equal(found.layers.find((layer) => layer.error !== undefined)?.error, undefined, found.summary)
  const queues = Map.groupBy(theirs, (field) => field.name)
  let count = 0
  const fields = found.layers.flatMap((layer) =>
    flatten(layer.fields).map((ours) => ({ ours, quoted: layer.quoted === true })),
  )
  for (const { ours, quoted } of fields) {
    if (ours.filter === undefined) continue
    const candidates = queues.get(ours.filter)
    // Where both ends have agreed on Accurate ECN, tshark reads three flags as one counter (RFC 9768 section 3.1).
    const counter = queues.get('tcp.flags.ace')?.[0].show
    if (candidates === undefined && counter !== undefined && COUNTER_BITS[ours.filter] !== undefined) {
      assert.equal(ours.value, Number(counter) & COUNTER_BITS[ours.filter] ? 1 : 0, ours.filter)
      continue
    }
    // Of a quoted TCP header that is cut tshark prints less than is there.
    if (candidates === undefined && (quoted || (ours.value === 0 && LEFT_OUT_WHEN_ZERO.has(ours.filter)))) continue
    assert.ok(candidates !== undefined, `tshark shows no ${ours.filter} in ${found.summary}`)
    const match = candidates.find(
      (candidate) =>
        says(candidate, ours) &&
        candidate.position <= ours.start &&
        ours.end <= candidate.position + Math.max(candidate.size, 1),
    )
    assert.ok(
      match !== undefined,
      `${ours.filter}: ours ${ours.text} at ${ours.start}-${ours.end}, tshark's ${candidates.map((one) => `${one.show} at ${one.position}+${one.size}`).join(', ')}`,
    )
    count++
  }
  return count
}

/** Skips the test where tshark is not installed; in CI that is a failure. */
export function tsharkMissing(context: TestContext): boolean {
  if (spawnSync('tshark', ['--version']).status === 0) return false
  assert.equal(
    process.env.CI,
    undefined,
    'tshark is not installed, and in CI this test must run: apt-get install tshark',
  )
  context.skip('tshark is not installed: apt-get install tshark')
  return true
}

/** Compares each packet of a capture; returns how many fields were compared. */
export function agreeOnCapture(capture: Capture, file: Uint8Array = writePcapng(capture)): number {
  const theirs = readByTshark(file)
  assert.equal(theirs.length, capture.packets.length)
  return capture.packets.reduce((total, packet, i) => {
    const { linkType, fcsBytes } = capture.interfaces[packet.interface]
    return total + compare(packet, theirs[i], linkType, fcsBytes ?? 0)
  }, 0)
}

/** The same for packets that are in no capture yet. */
export function agree(packets: readonly Uint8Array[], linkType: number, fcsBytes = 0): number {
  const seen = packets.map(
    (bytes, i): CapturedPacket => ({ timeMs: i, interface: 0, bytes, originalLength: bytes.length }),
  )
  return agreeOnCapture({ interfaces: [{ linkType, name: 'test', fcsBytes }], packets: seen })
}
