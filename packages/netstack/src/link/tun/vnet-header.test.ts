import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CHECKSUM_NONE, CHECKSUM_PARTIAL, CHECKSUM_VALID, type Frame, FramePool } from '../frame.ts'
import { readVnetHeader, VNET_HEADER_BYTES, writeVnetHeader } from './vnet-header.ts'

function frameOf(version: 4 | 6, bytes: number): Frame {
  const frame = new FramePool().allocate(bytes)
  frame.end = frame.start + bytes
  frame.bytes[frame.start] = version << 4
  return frame
}

function headerOf(frame: Frame): number[] {
  writeVnetHeader(frame, 0)
  return [...frame.bytes.subarray(frame.start - VNET_HEADER_BYTES, frame.start)]
}

test('a packet whose checksum is complete has nothing left to do', () => {
  assert.deepEqual(headerOf(frameOf(4, 100)), new Array(12).fill(0))
})

test('a super-segment says its protocol, its headers, the size of its segments and where the checksum stands', () => {
  const frame = frameOf(4, 5000)
  frame.checksum = CHECKSUM_PARTIAL
  frame.checksumStart = frame.start + 20
  frame.checksumOffset = 16
  frame.gsoSize = 1448
  frame.gsoHeaderBytes = 32
  assert.deepEqual(headerOf(frame), [1, 1, 52, 0, 1448 & 255, 1448 >> 8, 20, 0, 16, 0, 0, 0])
})

test('over IPv6 with CWR: another protocol, and the flag that keeps CWR to the first segment (RFC 3168 6.1.2)', () => {
  const frame = frameOf(6, 5000)
  frame.checksum = CHECKSUM_PARTIAL
  frame.checksumStart = frame.start + 40
  frame.checksumOffset = 16
  frame.gsoSize = 1428
  frame.gsoHeaderBytes = 32
  frame.bytes[frame.checksumStart + 13] = 0x80
  assert.deepEqual(headerOf(frame).slice(0, 4), [1, 0x84, 72, 0])
})

test('what was written is read again', () => {
  const sent = frameOf(6, 9000)
  sent.checksum = CHECKSUM_PARTIAL
  sent.checksumStart = sent.start + 40
  sent.checksumOffset = 16
  sent.gsoSize = 1428
  sent.gsoHeaderBytes = 32
  const header = Uint8Array.from(headerOf(sent))
  const got = frameOf(6, 9000)
  readVnetHeader(header, 0, got)
  assert.deepEqual(
    [got.checksum, got.checksumStart, got.checksumOffset, got.gsoSize, got.gsoHeaderBytes],
    [CHECKSUM_PARTIAL, got.start + 40, 16, 1428, 32],
  )
})

test('a checksum that the kernel has verified is believed; one that would stand outside of the packet is not', () => {
  const verified = frameOf(4, 60)
  readVnetHeader(Uint8Array.of(2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), 0, verified)
  assert.equal(verified.checksum, CHECKSUM_VALID)
  const outside = frameOf(4, 60)
  readVnetHeader(Uint8Array.of(1, 1, 40, 0, 180, 5, 50, 0, 16, 0, 0, 0), 0, outside)
  assert.deepEqual([outside.checksum, outside.gsoSize], [CHECKSUM_NONE, 0])
})
