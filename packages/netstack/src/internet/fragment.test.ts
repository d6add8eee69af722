import assert from 'node:assert/strict'
import { test } from 'node:test'
import { besidePeer, HOST4, PEER4 } from '../../test/support/peer-harness.ts'
import { FramePool } from '../link/frame.ts'
import { buildIpv4, type Ipv4Init, parseIpv4, verifyIpv4Checksum } from '../wire/ipv4.ts'
import { buildUdp } from '../wire/udp.ts'
import { splitIpv4, splitIpv6 } from './fragment.ts'

function split(packet: Partial<Ipv4Init>, mtu: number) {
  const pool = new FramePool()
  const bytes = buildIpv4({ protocol: 17, source: PEER4.w3, destination: HOST4.w3, ...packet })
  const frame = pool.allocate(bytes.length)
  frame.bytes.set(bytes, frame.start)
  frame.end = frame.start + bytes.length
  return splitIpv4(frame, (bytes[0] & 15) * 4, mtu, pool).map((piece) => {
    const raw = piece.bytes.slice(piece.start, piece.end)
    assert.ok(verifyIpv4Checksum(raw, 0, (raw[0] & 15) * 4))
    assert.ok(raw.length <= mtu)
    return parseIpv4(raw)
  })
}

test('options with the copied flag are in every fragment, the others in the first only (RFC 791 3.1)', () => {
  const pieces = split(
    {
      payload: new Uint8Array(200),
      options: [
        { name: 'record-route', pointer: 4, route: [{ address: 0 }] },
        { name: 'router-alert', value: 0 },
      ],
    },
    100,
  )
  assert.deepEqual(
    pieces.map((piece) => piece.options.map((option) => option.name).join()),
    ['record-route,router-alert,end', 'router-alert', 'router-alert', 'router-alert'].slice(0, pieces.length),
  )
  assert.equal(
    pieces.reduce((total, piece) => total + piece.payload.length, 0),
    200,
  )
})

test('a fragment is cut again with its offset, and only the last of the last has no more behind it (RFC 791 3.2)', () => {
  const pieces = split({ payload: new Uint8Array(64), flags: 1, fragmentOffset: 100 }, 52)
  assert.deepEqual(
    pieces.map((piece) => [piece.fragmentOffset, piece.flags]),
    [
      [100, 1],
      [104, 1],
    ],
  )
  assert.deepEqual(
    split({ payload: new Uint8Array(36), fragmentOffset: 100 }, 52).map((piece) => [piece.fragmentOffset, piece.flags]),
    [
      [100, 1],
      [104, 0],
    ],
  )
})

test('IPv6: a link too narrow for anything is no endless loop', () => {
  const pool = new FramePool()
  const frame = pool.allocate(140)
  frame.end = frame.start + 140
  assert.ok(splitIpv6(frame, 40, 6, 40, 1, pool).length > 0)
})

test('datagrams over the largest size are discarded when they are joined, and counted ("ping of death")', () => {
  const { send4, host, ipv4, net } = besidePeer()
  const piece = new Uint8Array(1024)
  for (let at = 0; at < 64_512; at += 1024)
    send4({ payload: piece, flags: 1, fragmentOffset: at / 8, identification: 4 })
  // The payload alone fits into 65,535 bytes, not so with a header before it.
  send4({ payload: new Uint8Array(1020), fragmentOffset: 64_512 / 8, identification: 4 })
  assert.equal(ipv4.reassemblyFailed, 1)
  send4({ payload: new Uint8Array(1400), fragmentOffset: 8191, identification: 5 })
  assert.equal(host.internet.ipv4.reassembler.counters.malformed, 1)
  assert.equal(host.internet.ipv4.reassembler.heldBytes, 0)
  assert.equal(net.pool.outstanding, 0)
})

test('IPv4 fragments may be tiny: the datagram is judged when it is whole', () => {
  const { host, send4 } = besidePeer()
  const socket = host.udp.open({ family: 4 })
  socket.bind(null, 7)
  const datagram = buildUdp({ sourcePort: 5, destinationPort: 7, payload: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8) })
  send4({ payload: datagram.subarray(8), fragmentOffset: 1, identification: 6 })
  send4({ payload: datagram.subarray(0, 8), flags: 1, identification: 6 })
  assert.deepEqual(socket.read()?.bytes, Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8))
})
