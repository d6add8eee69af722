import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SeededRandom } from '../link/random.ts'
import { Identifications } from './identification.ts'

test('none comes twice, and none is near the one before', () => {
  const identifications = new Identifications(new SeededRandom(3).next)
  const seen = new Set<number>()
  let near = 0
  let before = 0
  for (let count = 0; count < 100_000; count++) {
    const next = identifications.next()
    assert.ok(next >= 0 && next <= 0xffff_ffff && Number.isInteger(next))
    if (Math.abs(next - before) < 10_000) near++
    seen.add(next)
    before = next
  }
  assert.equal(seen.size, 100_000)
  // By chance it would be 0.47 of them.
  assert.ok(near < 10, `${near}`)
})

test('two hosts have two orders', () => {
  const [a, b] = [1, 2].map((seed) => new Identifications(new SeededRandom(seed).next))
  assert.notEqual(a.next(), b.next())
})
