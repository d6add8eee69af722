/** The hub on our own TCP: two programs of every protocol, links that lose and reorder, virtual time. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seed as runSeed } from '../support/seed.ts'
import { everybody, numbers, type Outcome } from './everybody.ts'

const LONG = process.env.WIREHUB_TEST_LONG !== undefined
const EVENTS = LONG ? 200 : 25
const SEEDS = LONG ? 200 : 10

/** Every subscriber has got every event once, those of one publisher in the order in which they were published. */
function assertExactlyOnce({ received, readings, publishers }: Outcome, events: number): void {
  for (const [name, texts] of received) {
    assert.equal(texts.length, events * publishers.length, `${name} got ${texts.length}`)
    for (const publisher of publishers) {
      const own = texts.filter((text) => text.startsWith(`${publisher} `))
      assert.deepEqual(
        own,
        numbers(events).map((count) => `${publisher} ${count}`),
        `what ${name} got of ${publisher}`,
      )
    }
  }
  // Two devices: each value comes from both.
  const twice = numbers(events).flatMap((count) => [`{"0":${count}}`, `{"0":${count}}`])
  assert.deepEqual([...readings].sort(), twice.sort())
}

test('two programs of every protocol at 2 % loss: every event once and in order; same seed, same bytes', async () => {
  const first = await everybody(7, EVENTS)
  assertExactlyOnce(first, EVENTS)
  assert.ok(first.lostFrames > 20, `${first.lostFrames} frames were lost: this was no test`)
  const again = await everybody(7, EVENTS)
  assert.ok(first.capture.equals(again.capture), 'the captures of one seed differ')
  assert.ok(!first.capture.equals((await everybody(8, EVENTS)).capture))
})

test('the same on any seed', async (t) => {
  t.diagnostic(`seeds ${runSeed * 1000} to ${runSeed * 1000 + SEEDS - 1}`)
  for (let index = 0; index < SEEDS; index++) assertExactlyOnce(await everybody(runSeed * 1000 + index, 8), 8)
})
