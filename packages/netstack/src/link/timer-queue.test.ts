import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Timer, TimerQueue } from './timer-queue.ts'

test('timers fire at their last deadline, in order, and not when cancelled', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.record({ timer: fc.nat(9), at: fc.nat(50), act: fc.constantFrom('set', 'set', 'cancel', 'remove') }),
        {
          maxLength: 60,
        },
      ),
      (steps) => {
        const queue = new TimerQueue()
        const fired: [number, number][] = []
        let clock = 0
        const timers = Array.from({ length: 10 }, (_, name) => new Timer((now) => fired.push([name, now])))
        const expected = new Map<number, number>()
        for (const step of steps) {
          if (step.act === 'set') {
            queue.set(timers[step.timer], step.at)
            expected.set(step.timer, step.at)
          } else {
            if (step.act === 'cancel') queue.cancel(timers[step.timer])
            else queue.remove(timers[step.timer])
            expected.delete(step.timer)
          }
          assert.equal(queue.pollAt(), Math.min(Number.POSITIVE_INFINITY, ...expected.values()))
          assert.equal(queue.size, expected.size)
        }
        while ((clock = queue.pollAt()) !== Number.POSITIVE_INFINITY) queue.poll(clock)
        assert.deepEqual(new Map(fired), expected)
        assert.deepEqual(
          fired.map((item) => item[1]),
          [...expected.values()].sort((a, b) => a - b),
        )
        assert.equal(queue.size, 0)
      },
    ),
  )
})

test('timers of one deadline fire in the order in which they were set', () => {
  const queue = new TimerQueue()
  const fired: number[] = []
  for (let name = 0; name < 20; name++) queue.set(new Timer(() => fired.push(name)), 5)
  queue.poll(5)
  assert.deepEqual(
    fired,
    Array.from({ length: 20 }, (_, name) => name),
  )
})
