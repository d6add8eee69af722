import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { FrameCutter } from '../../src/api/node/http2-frames.ts'

const DATA = 0
const HEADERS = 1
const SETTINGS = 4
const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')

function frame(type: number, payloadBytes: number): Buffer {
  const bytes = Buffer.alloc(9 + payloadBytes, type)
  bytes.writeUIntBE(payloadBytes, 0, 3)
  bytes[3] = type
  return bytes
}

function lengthsOf(...chunks: Buffer[]): number[] {
  const cutter = new FrameCutter()
  return chunks.flatMap((chunk) => cutter.cut(chunk).map((piece) => piece.length))
}

test('the preface and each frame are pieces of their own; frames of data stay together', () => {
  const said = [PREFACE, frame(SETTINGS, 0), frame(HEADERS, 40), frame(DATA, 5), frame(DATA, 0), frame(HEADERS, 3)]
  assert.deepEqual(lengthsOf(Buffer.concat(said)), [24, 9, 49, 14 + 9, 12])
})

test('a server says no preface', () => {
  assert.deepEqual(lengthsOf(Buffer.concat([frame(SETTINGS, 6), frame(SETTINGS, 0)])), [15, 9])
})

test('a frame that comes in parts is cut where the parts end, and behind it', () => {
  const [first, second] = [frame(HEADERS, 100), frame(HEADERS, 1)]
  const whole = Buffer.concat([first, second])
  assert.deepEqual(lengthsOf(whole.subarray(0, 4), whole.subarray(4, 50), whole.subarray(50)), [4, 46, 59, 10])
})

test('nothing is lost or moved, however the bytes come', () => {
  const frames = fc.array(fc.tuple(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 300 })), { maxLength: 12 })
  const sizes = fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 20 })
  fc.assert(
    fc.property(frames, fc.boolean(), sizes, (described, isClient, lengths) => {
      const said = Buffer.concat([
        isClient ? PREFACE : Buffer.alloc(0),
        ...described.map(([type, bytes]) => frame(type, bytes)),
      ])
      const cutter = new FrameCutter()
      const heard: Uint8Array[] = []
      for (let at = 0, turn = 0; at < said.length; turn++) {
        const end = at + lengths[turn % lengths.length]!
        const pieces = cutter.cut(said.subarray(at, end))
        assert.ok(pieces.every((piece) => piece.length > 0))
        heard.push(...pieces)
        at = end
      }
      assert.deepEqual(Buffer.concat(heard), said)
    }),
  )
})
