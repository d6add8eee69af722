import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Automaton, type AutomatonSequence } from './automaton.ts'

const letter = fc.integer({ min: 0x61, max: 0x64 })
const set = fc.oneof(
  letter.map((code) => [code, code]),
  fc.constantFrom([0x61, 0x63], [0x62, 0x64]),
)
const sequence = fc.record({ sets: fc.array(set, { minLength: 2, maxLength: 9 }), boundary: fc.boolean() })

/** Where the first sequence is complete, looked for in the plainest way; undefined where none is. */
function firstSeen(sequences: readonly AutomatonSequence[], bytes: Uint8Array): number | undefined {
  for (let at = 0; at < bytes.length; at++) {
    for (const { sets, boundary } of sequences) {
      const from = at - sets.length + 1
      if (from < (boundary ? -1 : 0)) continue
      const fits = sets.every(([low, high], index) => {
        const byte = bytes[from + index]
        return from + index < 0 || (byte >= low && byte <= high)
      })
      if (fits) return at
    }
  }
  return undefined
}

/** The same by the automaton, byte by byte. */
function walk(automaton: Automaton, bytes: Uint8Array, from: number, row: number): number | undefined {
  for (let at = from; at < bytes.length; at++) {
    const next = automaton.advance(row, bytes[at])
    if (next < 0) return at
    row = next
  }
  return undefined
}

test('walked in four places at once, it sees first what it sees first byte by byte', () => {
  fc.assert(
    fc.property(
      fc.array(sequence, { minLength: 1, maxLength: 4 }),
      fc.array(fc.oneof({ weight: 9, arbitrary: letter }, fc.constant(0x20)), { maxLength: 200 }),
      (given, codes) => {
        const sequences = given.map((each, id) => ({ ...each, id }))
        const bytes = Uint8Array.from(codes)
        const automaton = new Automaton(sequences)
        const expected = firstSeen(sequences, bytes)
        for (let time = 0; time < 2; time++) {
          assert.equal(walk(automaton, bytes, 0, automaton.initial), expected)
          const quiet = automaton.quietUntil(bytes, 0, bytes.length)
          assert.ok(quiet <= (expected ?? bytes.length))
          const from = automaton.resume(0, quiet)
          assert.equal(walk(automaton, bytes, from, automaton.resumeRow), expected)
        }
      },
    ),
    { numRuns: 2000 },
  )
})

test('bytes in which nothing is seen are walked to their last three', () => {
  const automaton = new Automaton([
    {
      sets: [
        [0x61, 0x61],
        [0x62, 0x62],
      ],
      boundary: false,
      id: 0,
    },
  ])
  for (let length = 4; length < 80; length++) {
    const bytes = new Uint8Array(length).fill(0x61)
    assert.equal(automaton.quietUntil(bytes, 0, length), length - (length % 4))
    bytes[length - 1] = 0x62
    assert.ok(automaton.quietUntil(bytes, 0, length) < length)
  }
})
