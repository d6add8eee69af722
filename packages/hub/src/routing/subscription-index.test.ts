import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { matches } from './subject.ts'
import { type Indexed, SubscriptionIndex } from './subscription-index.ts'

class Entry implements Indexed {
  slot = -1
  readonly subject: string
  readonly queue: string | undefined

  constructor(subject: string, queue: string | undefined) {
    this.subject = subject
    this.queue = queue
  }
}

const subject = fc
  .array(fc.constantFrom('a', 'b', 'c', '$HUB'), { minLength: 1, maxLength: 4 })
  .map((tokens) => tokens.join('.'))
const pattern = fc
  .tuple(
    fc.array(fc.constantFrom('a', 'b', '*', '$HUB'), { minLength: 0, maxLength: 3 }),
    fc.constantFrom('a', 'c', '*', '>'),
  )
  .map(([tokens, last]) => [...tokens, last].join('.'))
const queue = fc.option(fc.constantFrom('q', 'r'), { nil: undefined })
const change = fc.oneof(
  fc.record({ kind: fc.constant('add' as const), subject: pattern, queue }),
  fc.record({ kind: fc.constant('remove' as const), at: fc.nat() }),
  fc.record({ kind: fc.constant('match' as const), subject }),
)

test('the index answers like a naive matcher, through random changes', () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 200 }), (changes) => {
      const index = new SubscriptionIndex<Entry>()
      const all: Entry[] = []
      for (const one of changes) {
        if (one.kind === 'add') {
          const entry = new Entry(one.subject, one.queue)
          all.push(entry)
          index.add(entry)
        } else if (one.kind === 'remove') {
          const [entry] = all.splice(one.at % (all.length || 1), 1)
          if (entry !== undefined) assert(index.remove(entry))
        } else {
          const found = index.match(one.subject)
          const wanted = all.filter((entry) => matches(entry.subject, one.subject))
          assert.deepEqual(new Set(found.plain), new Set(wanted.filter((entry) => entry.queue === undefined)))
          assert.equal(found.plain.length, wanted.filter((entry) => entry.queue === undefined).length)
          const groups = new Map<string, Set<Entry>>()
          for (const entry of wanted) {
            if (entry.queue !== undefined) groups.set(entry.queue, (groups.get(entry.queue) ?? new Set()).add(entry))
          }
          assert.deepEqual(new Map(found.queues.map((list) => [list[0].queue, new Set(list)])), groups)
        }
        assert.equal(index.size, all.length)
      }
      // Nothing is left behind: an index that was emptied is as new.
      for (const entry of all) assert(index.remove(entry))
      assert.deepEqual(index, new SubscriptionIndex<Entry>())
    }),
    { numRuns: process.env.WIREHUB_TEST_LONG ? 5000 : 200 },
  )
})

test('removing what is not there changes nothing', () => {
  const index = new SubscriptionIndex<Entry>()
  index.add(new Entry('a.b', undefined))
  assert.equal(index.remove(new Entry('a.b', undefined)), false)
  assert.equal(index.remove(new Entry('x.y', 'q')), false)
  assert.equal(index.size, 1)
})

test('a crowd on one subject leaves in constant time each: a removed member is no longer found', () => {
  const index = new SubscriptionIndex<Entry>()
  const crowd = Array.from({ length: 1000 }, () => new Entry('a', undefined))
  for (const one of crowd) index.add(one)
  for (let i = 0; i < crowd.length; i += 2) assert(index.remove(crowd[i]))
  assert.deepEqual(new Set(index.match('a').plain), new Set(crowd.filter((_, i) => i % 2 === 1)))
})
