import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseIpv4, parseMac } from '../wire/address.ts'
import { pseudoHeaderSum4 } from '../wire/checksum.ts'
import { buildEthernet, ETHERTYPE_IPV4 } from '../wire/ethernet.ts'
import { buildIpv4 } from '../wire/ipv4.ts'
import { LINKTYPE_ETHERNET, LINKTYPE_NULL, LINKTYPE_RAW } from '../wire/link-types.ts'
import { buildTcp, lengthOfTcp, TCP_ACK, TCP_PSH, TCP_SYN, type TcpInit } from '../wire/tcp.ts'
import { dissect } from './dissect.ts'
import { formatDissection, formatHexDump, formatSummary } from './text.ts'
import { type DissectedField, findField } from './tree.ts'

const source = parseIpv4('192.0.2.1')
const destination = parseIpv4('198.51.100.2')

function frame(segment: Partial<TcpInit>): Uint8Array {
  const whole = { sourcePort: 49152, destinationPort: 8080, window: 64240, ...segment }
  const payload = buildTcp(whole, pseudoHeaderSum4(source, destination, 6, lengthOfTcp(whole)))
  return buildEthernet({
    source: parseMac('02:00:00:00:00:01'),
    destination: parseMac('02:00:00:00:00:02'),
    type: ETHERTYPE_IPV4,
    payload: buildIpv4({ protocol: 6, source, destination, payload }),
    fcs: true,
  })
}

test('a SYN is shown layer by layer, each field with the bytes that it takes', () => {
  const bytes = frame({ sequenceNumber: 1000, flags: TCP_SYN, options: [{ name: 'maximum-segment-size', size: 1460 }] })
  const found = dissect(bytes, { linkType: LINKTYPE_ETHERNET, fcsBytes: 4 })
  assert.deepEqual(
    found.layers.map((layer) => [layer.layer, layer.protocol, layer.start, layer.end]),
    [
      [2, 'ethernet', 0, 14],
      [3, 'ipv4', 14, 34],
      [4, 'tcp', 34, 58],
    ],
  )
  assert.equal(
    formatSummary(found),
    '192.0.2.1 > 198.51.100.2  tcp  49152 > 8080 [SYN] seq=1000 win=64240 len=0 Maximum Segment Size 1460',
  )
  const text = formatDissection(found)
  assert.match(text, /^layer 4 {2}Transmission Control Protocol, bytes 34-57 {2}\(RFC 9293 section 3\.1\)$/m)
  assert.match(text, /^ +46\.0-3 {2}Data Offset +6 \(24 bytes\)$/m)
  assert.match(text, /^ +47\.6 {4}SYN +set$/m)
  assert.match(text, /Frame check sequence +0x[0-9a-f]{8} {2}\[correct\]/)
  assert.match(text, /^ +58-59 {2}Padding +0000$/m)
})

test('a flipped bit is told at the layer that notices it', () => {
  const bytes = frame({
    flags: TCP_ACK | TCP_PSH,
    payload: new TextEncoder().encode('GET / HTTP/1.1\r\nHost: example.test\r\n\r\n'),
  })
  const payloadAt = 14 + 20 + 20 + 5
  const flipped = bytes.slice()
  flipped[payloadAt] ^= 1
  const withFcs = dissect(flipped, { linkType: LINKTYPE_ETHERNET, fcsBytes: 4 })
  assert.equal(withFcs.layers[0].error, 'the frame check sequence is wrong')
  const without = dissect(flipped.subarray(0, flipped.length - 4))
  assert.equal(without.layers.find((layer) => layer.error !== undefined)?.protocol, 'tcp')
  const whole = dissect(bytes, { fcsBytes: 4 })
  assert.equal(whole.protocol, 'http')
  assert.equal(whole.summary, 'GET / HTTP/1.1')
  assert.equal(findField(whole.layers[3].fields, 'host')?.text, 'example.test')
})

test('whatever the bytes are, they are shown, within their bounds, and nothing is thrown', () => {
  const real = frame({
    flags: TCP_SYN,
    options: [{ name: 'timestamps', value: 1, echoReply: 2 }],
    payload: new Uint8Array(20),
  })
  const mutated = fc
    .tuple(fc.array(fc.tuple(fc.nat(real.length - 1), fc.nat(255)), { maxLength: 6 }), fc.nat(real.length))
    .map(([changes, length]) => {
      const bytes = real.slice()
      for (const [at, value] of changes) bytes[at] = value
      return bytes.subarray(0, length)
    })
  const within = (fields: readonly DissectedField[], length: number): boolean =>
    fields.every(
      (field) =>
        field.start >= 0 && field.end <= length && field.start <= field.end && within(field.fields ?? [], length),
    )
  const protocols = fc.tuple(
    fc.constantFrom([0x45, 0, 0, 200, 0, 0, 0, 0, 64], [0x60, 0, 0, 0, 0, 100]),
    fc.constantFrom(1, 6, 17, 58, 0, 43, 44, 60),
    fc.uint8Array({ maxLength: 120 }),
  )
  const packet = protocols.map(([head, protocol, tail]) => Uint8Array.from([...head, protocol, 0, 0, ...tail]))
  fc.assert(
    fc.property(
      fc.oneof(mutated, packet, fc.uint8Array({ maxLength: 100 })),
      fc.constantFrom(LINKTYPE_ETHERNET, LINKTYPE_RAW, LINKTYPE_NULL, 999),
      fc.constantFrom(0, 4),
      (bytes, linkType, fcsBytes) => {
        const found = dissect(bytes, { linkType, fcsBytes })
        assert.ok(found.layers.every((layer) => layer.end <= bytes.length && within(layer.fields, bytes.length)))
        formatDissection(found)
        formatSummary(found)
      },
    ),
    { numRuns: process.env.WIREHUB_TEST_LONG === undefined ? 3000 : 300_000 },
  )
})

test('a hex dump has the bytes and what of them can be printed', () => {
  assert.equal(
    formatHexDump(new TextEncoder().encode('0123456789abcdef\n!')).split('\n')[1],
    '000010  0a 21                                             .!',
  )
})
