import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checksum, pseudoHeaderSum4, pseudoHeaderSum6 } from '../wire/checksum.ts'
import { buildIpv4, parseIpv4, verifyIpv4Checksum } from '../wire/ipv4.ts'
import { buildIpv6, parseIpv6 } from '../wire/ipv6.ts'
import { buildTcp, parseTcp } from '../wire/tcp.ts'
import { FramePool } from './frame.ts'
import { splitSuperSegment } from './segmentation.ts'

const DATA = new Uint8Array(3500).map((_, index) => index * 13)

for (const family of [4, 6] as const) {
  test(`a super-segment over IPv${family} becomes packets that each stand for themselves`, () => {
    const pool = new FramePool()
    const segment = buildTcp({
      sourcePort: 1,
      destinationPort: 2,
      sequenceNumber: 0xffff_fff0,
      acknowledgmentNumber: 7,
      flags: 0x99,
      window: 100,
      payload: DATA,
    })
    const source6 = new Uint8Array(16).fill(1)
    const packet =
      family === 4
        ? buildIpv4({
            protocol: 6,
            source: 0x0a00_0001,
            destination: 0x0a00_0002,
            identification: 0xffff,
            payload: segment,
          })
        : buildIpv6({ protocol: 6, source: source6, destination: source6, payload: segment })
    const frame = pool.allocate(packet.length)
    frame.bytes.set(packet, frame.start)
    frame.end = frame.start + packet.length
    frame.gsoSize = 1448
    const pieces = splitSuperSegment(frame, pool)
    const seen = pieces.map((piece) => {
      const { bytes, start, end } = piece
      const ip = family === 4 ? parseIpv4(bytes, start, end) : parseIpv6(bytes, start, end)
      const length = ip.payload.length
      const pseudo =
        family === 4
          ? pseudoHeaderSum4(0x0a00_0001, 0x0a00_0002, 6, length)
          : pseudoHeaderSum6(bytes, start + 8, 6, length)
      assert.equal(checksum(ip.payload, 0, length, pseudo), 0)
      if (family === 4) assert.ok(verifyIpv4Checksum(bytes, start, 20))
      const tcp = parseTcp(ip.payload)
      return { sequence: tcp.sequenceNumber, flags: tcp.flags, payload: tcp.payload }
    })
    assert.deepEqual(
      seen.map((each) => each.sequence),
      [0xffff_fff0, 0xffff_fff0 + 1448 - 2 ** 32, 0xffff_fff0 + 2896 - 2 ** 32],
    )
    assert.deepEqual(
      seen.map((each) => each.flags),
      [0x90, 0x10, 0x19],
      'CWR first, FIN and PSH last',
    )
    assert.deepEqual(Buffer.concat(seen.map((each) => each.payload)), Buffer.from(DATA))
  })
}
