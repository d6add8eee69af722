import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Cacheable, RouteCache } from './route-cache.ts'

function answer(subject: string): Cacheable {
  return { subject, subjectBytes: Buffer.from(subject), generation: 0 }
}

test('an answer is found by the bytes of its subject, wherever they stand', () => {
  const cache = new RouteCache<Cacheable>(64)
  const stored = answer('orders.créées')
  cache.put(stored)
  const bytes = Buffer.from('PUB orders.créées 5')
  assert.equal(cache.find(bytes, 4, bytes.length - 2), stored)
  assert.equal(cache.find(bytes, 4, bytes.length - 3), undefined)
})

test('whatever is stored, a found answer is the right one, and what is pushed out is declared out of date', () => {
  fc.assert(
    fc.property(fc.array(fc.stringMatching(/^[a-z]{1,3}$/), { maxLength: 400 }), (subjects) => {
      const cache = new RouteCache<Cacheable>(64)
      const stored = new Map<string, Cacheable>()
      for (const subject of subjects) {
        const one = answer(subject)
        cache.put(one)
        stored.set(subject, one)
      }
      for (const [subject, one] of stored) {
        const bytes = Buffer.from(subject)
        const found = cache.find(bytes, 0, bytes.length)
        if (found === undefined) assert.equal(one.generation, -1)
        else assert.equal(found, one)
      }
    }),
  )
})

test('invalidating a subject concerns no other', () => {
  const cache = new RouteCache<Cacheable>(64)
  const [a, b] = [answer('a'), answer('b')]
  cache.put(a)
  cache.put(b)
  cache.invalidate('a')
  cache.invalidate('never.stored')
  assert.deepEqual([a.generation, b.generation], [-1, 0])
})
