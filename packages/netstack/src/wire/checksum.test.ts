import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  checksum,
  checksumAdd,
  checksumAddWords,
  checksumUpdate,
  pseudoHeaderSum4,
  pseudoHeaderSum6,
} from './checksum.ts'
import { crc32 } from './crc32.ts'

/** The sum as RFC 1071 section 4.1 describes it, one 16-bit word at a time. */
function plainSum(bytes: Uint8Array): number {
  let sum = 0
  for (let i = 0; i < bytes.length; i += 2) {
    sum += (bytes[i] << 8) | (bytes[i + 1] ?? 0)
    sum = (sum & 0xffff) + (sum >>> 16)
  }
  return sum
}

test('the example of RFC 1071 section 3: 0001 f203 f4f5 f6f7 sums to ddf2', () => {
  const bytes = Uint8Array.from([0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7])
  assert.equal(checksumAdd(bytes, 0, 8), 0xddf2)
  assert.equal(checksum(bytes, 0, 8), 0x220d)
})

test('at any alignment, length and place the fast sum is the plain one', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(9), fc.nat(9), (data, offset, base) => {
      const memory = new Uint8Array(data.length + 40).fill(0x5a)
      const bytes = memory.subarray(base)
      bytes.set(data, offset)
      const expected = plainSum(data)
      assert.equal(checksumAdd(bytes, offset, offset + data.length), expected)
      const words = new Uint32Array(memory.buffer, 0, memory.length >>> 2)
      assert.equal(checksumAddWords(memory, words, base + offset, base + offset + data.length), expected)
    }),
  )
})

test('a sum may be continued over a second part when the first is even', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), fc.uint8Array({ maxLength: 64 }), (first, second) => {
      const even = first.subarray(0, first.length & ~1)
      const whole = Uint8Array.from([...even, ...second])
      assert.equal(checksumAdd(second, 0, second.length, checksumAdd(even, 0, even.length)), plainSum(whole))
    }),
  )
})

test('16 MiB of ones neither lose a carry nor stay in the cache', () => {
  const bytes = new Uint8Array(16 << 20).fill(0xff)
  assert.equal(checksumAdd(bytes, 0, bytes.length), 0xffff)
  assert.equal(checksumAdd(bytes, 1, bytes.length), plainSum(bytes.subarray(1)))
})

test('changing a word by RFC 1624 gives the checksum of the changed header', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 20, maxLength: 20 }),
      fc.nat(9),
      fc.integer({ min: 0, max: 0xffff }),
      (header, word, after) => {
        header[19] |= 1 // an all-zero header has two representations of zero
        const current = checksum(header, 0, 20)
        const before = (header[2 * word] << 8) | header[2 * word + 1]
        header[2 * word] = after >>> 8
        header[2 * word + 1] = after
        header[19] |= 1
        const really = (header[2 * word] << 8) | header[2 * word + 1]
        assert.equal(checksumUpdate(current, before, really), checksum(header, 0, 20))
      },
    ),
  )
})

test('pseudo-headers are summed as RFC 9293 section 3.1 and RFC 8200 section 8.1 draw them', () => {
  const header4 = Uint8Array.from([192, 0, 2, 1, 198, 51, 100, 7, 0, 6, 0x01, 0x02])
  assert.equal(pseudoHeaderSum4(0xc0000201, 0xc6336407, 6, 0x0102), plainSum(header4))
  const addresses = Uint8Array.from({ length: 32 }, (_, i) => i * 7)
  const header6 = Uint8Array.from([...addresses, 0, 1, 0x02, 0x03, 0, 0, 0, 17])
  assert.equal(pseudoHeaderSum6(addresses, 0, 17, 0x10203), plainSum(header6))
})

test('CRC-32 of "123456789" is cbf43926, whole and at an offset', () => {
  const bytes = new TextEncoder().encode('xx123456789yy')
  assert.equal(crc32(bytes, 2, 11), 0xcbf43926)
  assert.equal(crc32(bytes, 2, 2), 0)
})
