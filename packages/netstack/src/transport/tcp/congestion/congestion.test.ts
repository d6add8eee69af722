import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createCongestionControl } from './control.ts'

const MSS = 1000

/** Runs one round trip of full-window acknowledgments. */
function round(control: ReturnType<typeof createCongestionControl>, rttMs: number, now: number): void {
  for (let acked = control.window; acked > 0; acked -= MSS) control.onAck(Math.min(MSS, acked), rttMs, rttMs, now)
}

test('initial window: ten segments, 14,600 bytes at the most (RFC 6928)', () => {
  const small = createCongestionControl('reno')
  small.setMss(1000, 10)
  assert.equal(small.window, 10_000)
  small.setMss(9000, 10)
  assert.equal(small.window, 18_000)
})

test('Reno: slow start doubles, congestion avoidance adds one segment a round trip, loss halves [RFC9293:MUST-19] (RFC 5681)', () => {
  const reno = createCongestionControl('reno')
  reno.setMss(MSS, 10)
  round(reno, 100, 0)
  assert.equal(reno.window, 20_000)
  reno.onCongestion(20_000, 0)
  assert.equal(reno.threshold, 10_000)
  reno.window = reno.threshold
  for (let i = 0; i < 5; i++) round(reno, 100, 0)
  assert.ok(Math.abs(reno.window - 15_000) <= 1000, String(reno.window))
  reno.onTimeout(15_000, 0)
  assert.equal(reno.window, MSS)
})

test('CUBIC: 0.7 at a loss, back at the old window after K seconds, concave before and convex after [RFC9293:MAY-18] (RFC 9438 4)', () => {
  const cubic = createCongestionControl('cubic')
  cubic.setMss(MSS, 10)
  cubic.window = 1000 * MSS
  cubic.threshold = 1
  cubic.onCongestion(1000 * MSS, 0)
  assert.equal(cubic.threshold, 700 * MSS)
  cubic.window = cubic.threshold
  const k = Math.cbrt(300 / 0.4) // figure 2
  const at: number[] = []
  for (let now = 0; now < 2 * k * 1000; now += 100) {
    round(cubic, 100, now)
    at.push(cubic.window / MSS)
  }
  const index = Math.round(k * 10)
  assert.ok(Math.abs(at[index]! - 1000) < 15, `after K: ${at[index]}`)
  const expected = (seconds: number): number => 0.4 * (seconds - k) ** 3 + 1000
  for (const seconds of [2, 5, 12, 15]) {
    assert.ok(
      Math.abs(at[seconds * 10]! - expected(seconds)) < 25,
      `${seconds} s: ${at[seconds * 10]} of ${expected(seconds)}`,
    )
  }
})

test('CUBIC: on short paths it is no slower than Reno (RFC 9438 4.3)', () => {
  const grow = (name: 'cubic' | 'reno'): number => {
    const control = createCongestionControl(name)
    control.setMss(MSS, 10)
    control.window = 20 * MSS
    control.threshold = 1
    control.onCongestion(20 * MSS, 0)
    control.window = control.threshold
    for (let now = 0; now < 1000; now += 10) round(control, 10, now)
    return control.window / MSS
  }
  assert.ok(grow('cubic') > 0.5 * grow('reno'), `${grow('cubic')} ${grow('reno')}`)
})

test('undo gives back what an unfounded loss took', () => {
  const cubic = createCongestionControl('cubic')
  cubic.setMss(MSS, 10)
  cubic.window = 500 * MSS
  cubic.threshold = 400 * MSS
  cubic.onTimeout(500 * MSS, 0)
  assert.equal(cubic.window, MSS)
  cubic.undo(500 * MSS, 400 * MSS)
  assert.equal(cubic.window, 500 * MSS)
  assert.equal(cubic.threshold, 400 * MSS)
})

test('CUBIC: time in which the application was the limit makes no window (RFC 9438 4.2)', () => {
  const grown = (unusedMs: number): number => {
    const cubic = createCongestionControl('cubic')
    cubic.setMss(MSS, 10)
    cubic.window = 100 * MSS
    cubic.threshold = 1
    cubic.onCongestion(100 * MSS, 0)
    cubic.window = cubic.threshold
    let now = 0
    for (; now < 1000; now += 100) round(cubic, 100, now)
    const until = now + unusedMs
    for (; now < until; now += 100) cubic.onUnused?.(now)
    for (let i = 0; i < 10; i++, now += 100) round(cubic, 100, now)
    return cubic.window / MSS
  }
  assert.ok(Math.abs(grown(60_000) - grown(0)) < 5, `${grown(60_000)} and ${grown(0)}`)
})

test('CUBIC: a second loss below the first makes room for newcomers: the plateau lies lower (RFC 9438 4.7)', () => {
  const plateau = (second: number): number => {
    const cubic = createCongestionControl('cubic')
    cubic.setMss(MSS, 10)
    cubic.threshold = 1
    for (const window of [1000, second]) {
      cubic.window = window * MSS
      cubic.onCongestion(window * MSS, 0)
    }
    cubic.window = cubic.threshold
    const max = second < 1000 ? second * 0.85 : second
    const k = Math.cbrt((max - 0.7 * second) / 0.4)
    for (let now = 0; now < k * 1000; now += 100) round(cubic, 100, now)
    return cubic.window / MSS
  }
  assert.ok(Math.abs(plateau(900) - 765) < 12, String(plateau(900)))
  assert.ok(Math.abs(plateau(1100) - 1100) < 15, String(plateau(1100)))
})
