import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checksum, foldChecksum, pseudoHeaderSum4, pseudoHeaderSum6 } from '../wire/checksum.ts'
import { buildIpv4, parseIpv4, verifyIpv4Checksum } from '../wire/ipv4.ts'
import { buildIpv6, parseIpv6 } from '../wire/ipv6.ts'
import { buildTcp, parseTcp } from '../wire/tcp.ts'
import { CHECKSUM_PARTIAL, type Frame, FramePool } from './frame.ts'
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

const LARGE = new Uint8Array(200_000).map((_, index) => index * 13 + (index >> 8))

/** A super-segment of more than an IPv4 packet can tell of, its payload in uneven parts elsewhere. */
function bigTcp(pool: FramePool): Frame {
  const header = buildTcp({ sourcePort: 1, destinationPort: 2, sequenceNumber: 1000, flags: 0x99, window: 9 })
  const packet = buildIpv4({ protocol: 6, source: 0x0a00_0001, destination: 0x0a00_0002, payload: header })
  const frame = pool.frameOf(packet)
  frame.bytes.fill(0, frame.start + 2, frame.start + 4)
  frame.tail = [LARGE.subarray(0, 3), LARGE.subarray(3, 100_000), LARGE.subarray(100_000)]
  frame.tailBytes = LARGE.length
  frame.gsoSize = 1448
  frame.gsoHeaderBytes = 20
  return frame
}

test('what is too large for a device goes to it in the largest super-segments that it takes, their checksums left to it', () => {
  const pool = new FramePool()
  const pieces = splitSuperSegment(bigTcp(pool), pool, 65_000)
  const whole = 65_000 - (65_000 % 1448)
  const seen = pieces.map((piece) => {
    const ip = parseIpv4(piece.bytes, piece.start, piece.end)
    assert.equal(piece.checksum, CHECKSUM_PARTIAL)
    assert.equal(piece.checksumStart, piece.start + 20)
    assert.deepEqual([piece.gsoSize, piece.gsoHeaderBytes], [1448, 20])
    const pseudo = pseudoHeaderSum4(0x0a00_0001, 0x0a00_0002, 6, ip.payload.length)
    const { checksum: told, sequenceNumber, flags, payload } = parseTcp(ip.payload)
    assert.equal(told, foldChecksum(pseudo))
    return { sequenceNumber, identification: ip.identification, flags, payload }
  })
  assert.deepEqual(
    seen.map(({ sequenceNumber, identification, flags }) => [sequenceNumber - 1000, identification, flags]),
    [
      [0, 0, 0x90],
      [whole, whole / 1448, 0x10],
      [2 * whole, (2 * whole) / 1448, 0x10],
      [3 * whole, (3 * whole) / 1448, 0x19],
    ],
  )
  assert.deepEqual(Buffer.concat(seen.map(({ payload }) => payload)), Buffer.from(LARGE))
})

test('a last piece of one segment is no super-segment', () => {
  const pool = new FramePool()
  const pieces = splitSuperSegment(bigTcp(pool), pool, 1448 * 23)
  assert.deepEqual(
    pieces.map(({ gsoSize, length }) => [gsoSize, length - 40]),
    [...Array(6).fill([1448, 1448 * 23]), [0, 176]],
  )
})
