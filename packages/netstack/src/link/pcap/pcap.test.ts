import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { WireError } from '../../wire/error.ts'
import { LINKTYPE_ETHERNET, LINKTYPE_RAW } from '../../wire/link-types.ts'
import type { Capture } from './capture.ts'
import { CaptureFile, readCaptureFile } from './node.ts'
import { readCapture } from './read.ts'
import { writePcap, writePcapng } from './write.ts'

const packetOf = fc.record(
  {
    timeMs: fc.nat(4_000_000_000).map((microseconds) => microseconds / 1000),
    interface: fc.nat(1),
    bytes: fc.uint8Array({ maxLength: 70 }),
    direction: fc.constantFrom('in' as const, 'out' as const),
    comment: fc.string({ unit: 'grapheme', maxLength: 20 }),
  },
  { requiredKeys: ['timeMs', 'interface', 'bytes'] },
)

const captureOf = fc.array(packetOf, { maxLength: 8 }).map(
  (packets): Capture => ({
    interfaces: [
      { linkType: LINKTYPE_ETHERNET, name: 'client-eth0', fcsBytes: 4 },
      { linkType: LINKTYPE_RAW, description: 'towards the kernel' },
    ],
    packets: packets.map((packet) => ({ ...packet, originalLength: packet.bytes.length + 5 })),
  }),
)

test('a capture survives pcapng whole', () => {
  fc.assert(
    fc.property(captureOf, (capture) => {
      assert.deepEqual(readCapture(writePcapng(capture)), capture)
    }),
  )
})

test('a time is read as the number that was written, near the beginning and today', () => {
  for (const timeMs of [7605.712, 0.001, 4_000_000.001, 1_795_791_600_123.456, 1_795_791_600_123.4]) {
    const packets = [{ timeMs, interface: 0, bytes: Uint8Array.of(1), originalLength: 1 }]
    const capture: Capture = { interfaces: [{ linkType: LINKTYPE_RAW }], packets }
    for (const file of [writePcapng(capture), writePcap(capture)])
      assert.equal(readCapture(file).packets[0]!.timeMs, timeMs)
  }
})

test('a capture of one link type survives pcap but for names, directions and comments', () => {
  fc.assert(
    fc.property(captureOf, (capture) => {
      const one: Capture = {
        interfaces: [{ linkType: LINKTYPE_ETHERNET, fcsBytes: 4 }],
        packets: capture.packets.map((packet) => ({ ...packet, interface: 0 })),
      }
      const plain = one.packets.map(({ timeMs, bytes, originalLength }) => ({
        timeMs,
        interface: 0,
        bytes,
        originalLength,
      }))
      assert.deepEqual(readCapture(writePcap(one)), { ...one, packets: plain })
      assert.throws(() => writePcap({ ...capture, interfaces: [{ linkType: 1 }, { linkType: 101 }] }), RangeError)
    }),
  )
})

test('a file cut anywhere is read up to the cut, or refused by name', () => {
  const whole = writePcapng({
    interfaces: [{ linkType: LINKTYPE_ETHERNET }],
    packets: [1, 2].map((timeMs) => ({ timeMs, interface: 0, bytes: Uint8Array.of(1, 2, 3), originalLength: 3 })),
  })
  for (let length = 0; length < whole.length; length++) {
    try {
      const capture = readCapture(whole.subarray(0, length))
      assert.ok(capture.packets.length < 2)
    } catch (error) {
      assert.ok(error instanceof WireError, String(error))
    }
  }
  assert.match(readCapture(whole.subarray(0, whole.length - 1)).truncated!, /ends within the packet/)
})

test('any bytes are a capture or a named error', () => {
  const whole = writePcapng({
    interfaces: [{ linkType: LINKTYPE_ETHERNET, name: 'x' }],
    packets: [{ timeMs: 1, interface: 0, bytes: Uint8Array.of(1, 2, 3), originalLength: 3, comment: 'why' }],
  })
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 5 }), (changes) => {
      const bytes = whole.slice()
      for (const [at, value] of changes) bytes[at] = value
      try {
        readCapture(bytes)
      } catch (error) {
        assert.ok(error instanceof WireError, String(error))
      }
    }),
    { numRuns: process.env.WIREHUB_TEST_LONG === undefined ? 2000 : 200_000 },
  )
})

test('a big-endian pcap with microseconds, as an old Solaris writes it', () => {
  const bytes = new Uint8Array(24 + 16 + 2)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, 0xa1b2c3d4)
  view.setUint32(20, LINKTYPE_RAW)
  view.setUint32(24, 10)
  view.setUint32(28, 250_000)
  view.setUint32(32, 2)
  view.setUint32(36, 2)
  bytes.set([0x45, 0], 40)
  assert.deepEqual(readCapture(bytes), {
    interfaces: [{ linkType: LINKTYPE_RAW }],
    packets: [{ timeMs: 10_250, interface: 0, bytes: Uint8Array.of(0x45, 0), originalLength: 2 }],
  })
})

test('a capture file grows while it is written and is whole when closed', () => {
  const folder = mkdtempSync(join(tmpdir(), 'netstack-pcap-'))
  try {
    const path = join(folder, 'a.pcapng')
    const file = new CaptureFile(path)
    const index = file.addInterface({ linkType: LINKTYPE_ETHERNET, name: 'eth0' })
    file.write(index, 1.5, Uint8Array.of(9, 8, 7, 6), 1, 3, { direction: 'out', comment: 'first' })
    file.flush()
    assert.equal(readCaptureFile(path).packets.length, 1)
    file.write(index, 2.5, Uint8Array.of(5))
    file.close()
    file.close()
    const capture = readCaptureFile(path)
    assert.deepEqual(
      capture.packets.map((packet) => [packet.timeMs, [...packet.bytes], packet.comment]),
      [
        [1.5, [8, 7], 'first'],
        [2.5, [5], undefined],
      ],
    )
  } finally {
    rmSync(folder, { recursive: true })
  }
})
