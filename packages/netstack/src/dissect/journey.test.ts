import assert from 'node:assert/strict'
import { test } from 'node:test'
import { verifyFcs } from '../wire/ethernet.ts'
import { journeyOf, journeyOfFrame } from './journey.ts'
import { renderJourneyPage } from './journey-html.ts'
import { drawJourney } from './journey-svg.ts'
import { formatJourney } from './journey-text.ts'

/** The owners as runs: layer and length. */
function runs(owners: Uint8Array): string {
  return [...owners]
    .join('')
    .replaceAll(/(.)\1*/g, (run) => `${run[0]}:${run.length} `)
    .trim()
}

test('each byte has one owner: header, header, header, data, FCS', () => {
  const journey = journeyOf({ message: 'Hello, wire!' })
  assert.equal(runs(journey.owners), '2:14 3:20 4:20 7:12 2:4')
  assert.ok(verifyFcs(journey.frame, 0, journey.frame.length))
  assert.deepEqual(
    journey.down.map((step) => [step.layer, step.unit, step.end - step.start]),
    [
      [7, 'data', 12],
      [4, 'segment', 32],
      [3, 'packet', 52],
      [2, 'frame', 70],
      [1, 'bits', 70],
    ],
  )
  assert.deepEqual(
    journey.up.map((step) => step.layer),
    [1, 2, 3, 4, 7],
  )
})

test('a short message is padded to the Ethernet minimum; the padding is the frame’s', () => {
  assert.equal(runs(journeyOf({ message: 'x' }).owners), '2:14 3:20 4:20 7:1 2:9')
})

test('IPv6 and UDP', () => {
  const journey = journeyOf({ from: { address: '2001:db8::1' }, to: { address: '2001:db8::2' }, transport: 'udp' })
  assert.equal(runs(journey.owners), '2:14 3:40 4:8 7:12 2:4')
  assert.deepEqual(journey.up[3].lines[0], 'checksum: correct')
})

test('a captured frame whose FCS was left off travels too, and a damaged one says where it dies', () => {
  const { frame } = journeyOf({ message: 'Hello, wire!' })
  assert.deepEqual(journeyOfFrame(frame.subarray(0, frame.length - 4), false).frame, frame)
  const damaged = frame.slice()
  damaged[60] ^= 4
  assert.match(journeyOfFrame(damaged, true).up[1].lines[0], /^FCS: wrong/)
})

test('without colours letters tell the owners; with them each byte is coloured', () => {
  const journey = journeyOf({ message: 'hi' })
  assert.match(formatJourney(journey), /68 69 +hi\n +aa aa/)
  assert.match(formatJourney(journey, { color: true }), /\x1b\[35m68\x1b\[0m/)
})

test('a message may hold anything, and none of it is taken for markup', () => {
  const journey = journeyOf({ message: '<script>alert("&")</script>' })
  for (const text of [drawJourney(journey), renderJourneyPage(journey)]) assert.ok(!text.includes('<script>alert'))
  assert.throws(() => journeyOf({ message: 'x'.repeat(1441) }), RangeError)
})
