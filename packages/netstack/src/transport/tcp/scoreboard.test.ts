import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { seeded } from '../../../test/support/tcp-harness.ts'
import { EVER_RETRANSMITTED, LOST, NONE, RETRANSMITTING, SACKED, Scoreboard } from './scoreboard.ts'

const RECORD_BYTES = 100

/** Counts again what the board keeps count of, from its records alone. */
function check(board: Scoreboard): void {
  const sums = { out: 0, sacked: 0, lost: 0, retransmitting: 0, count: 0 }
  const inFlight: number[] = []
  for (let index = board.head; index < board.tail; index++) {
    const bytes = (board.endOf(index) - board.startOf(index)) | 0
    const flags = board.flagsOf(index)
    assert.ok(bytes > 0)
    if (index > board.head) assert.equal(board.startOf(index), board.endOf(index - 1), 'records touch')
    assert.ok((flags & SACKED) === 0 || (flags & (LOST | RETRANSMITTING)) === 0, 'what is there is not lost')
    if ((flags & RETRANSMITTING) !== 0) assert.notEqual(flags & EVER_RETRANSMITTED, 0)
    sums.out += bytes
    if ((flags & SACKED) !== 0) {
      sums.sacked += bytes
      sums.count++
    }
    if ((flags & LOST) !== 0) sums.lost += bytes
    if ((flags & RETRANSMITTING) !== 0) sums.retransmitting += bytes
    if ((flags & SACKED) === 0 && (flags & (LOST | RETRANSMITTING)) !== LOST) inFlight.push(index)
  }
  assert.deepEqual(
    [board.outBytes, board.sackedBytes, board.lostBytes, board.retransmittingBytes, board.sackedCount],
    [sums.out, sums.sacked, sums.lost, sums.retransmitting, sums.count],
  )
  if (board.isPlain) for (let index = board.head; index < board.tail; index++) assert.equal(board.flagsOf(index), 0)
  const listed: number[] = []
  for (let index = board.oldestInFlight; index !== NONE; index = board.laterInFlight(index)) listed.push(index)
  const bySending = inFlight.sort((a, b) => (board.orderOf(a) - board.orderOf(b)) | 0)
  assert.deepEqual(listed, bySending, 'those in flight, in the order of sending')
}

/** The first record that is lost and has not been sent again. */
function firstLost(board: Scoreboard): number {
  for (let index = board.head; index < board.tail; index++)
    if ((board.flagsOf(index) & (LOST | RETRANSMITTING)) === LOST) return index
  return -1
}

test('whatever happens to a flight, its sums and its order are those of its records', () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 10, max: 300 }), (seed, steps) => {
      const random = seeded(seed)
      const board = new Scoreboard()
      let next = (seed | 0) - 5000 // close to the wrap, now and then
      for (let now = 0; now < steps; now++) {
        const any = board.head + Math.floor(random() * board.count)
        const flags = board.count > 0 ? board.flagsOf(any) : 0
        const what = Math.floor(random() * 14)
        if (what < 5 || board.count === 0) {
          board.push(next, (next + RECORD_BYTES) | 0, now, 0)
          next = (next + RECORD_BYTES) | 0
        } else if (what === 5 && (flags & SACKED) === 0) board.markSacked(any)
        else if (what === 6 && (flags & SACKED) === 0) board.markLost(any)
        else if (what === 7 && (flags & SACKED) === 0) board.markRetransmitted(any, now)
        else if (what === 8) board.shift()
        else if (what === 9 && board.endOf(board.head) - board.startOf(board.head) > 40)
          board.trimHead((board.startOf(board.head) + 40) | 0)
        else if (what === 10 && random() < 0.2) board.clearLost()
        else if (what === 11 && random() < 0.2) board.clearSacked()
        else if (what === 12) {
          const bytes = 1 + Math.floor(random() * 5 * RECORD_BYTES)
          board.pushRun(next, (next + bytes) | 0, RECORD_BYTES, now, 0)
          next = (next + bytes) | 0
        } else if (what === 13 && board.isPlain) board.shiftTo(any + 1)
        check(board)
        assert.equal(board.nextLost(), firstLost(board))
      }
      board.clear()
      check(board)
    }),
  )
})
