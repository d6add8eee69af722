/** Which segments are taken: the window's edges (RFC 9293 3.10.7.4) and PAWS (RFC 7323 5). */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Dialogue } from '../../../test/support/tcp-harness.ts'
import type { TcpOption } from '../../wire/tcp-options.ts'

test('PAWS: timestamps wrap around at 2^32 (RFC 7323 5.2)', () => {
  const stamp = (value: number): TcpOption[] => [{ name: 'timestamps', value: value >>> 0, echoReply: 0 }]
  for (const edge of [0x8000_0000, 0x1_0000_0000]) {
    const one = new Dialogue()
    const connection = one.establishStamped(stamp(edge - 10), stamp(edge - 9))
    one.say('PA', 1, 1, { data: 'before', options: stamp(edge - 1) })
    one.say('PA', 7, 1, { data: 'behind', options: stamp(edge + 5) })
    assert.equal(one.text(), 'beforebehind')
    one.say('PA', 13, 1, { data: 'old', options: stamp(edge - 1) })
    assert.equal(connection.readableBytes, 0, 'older, though the larger number')
  }
})

test('PAWS: after more than 24 days of silence the last timestamp is not believed (RFC 7323 5.5)', () => {
  const stamp = (value: number): TcpOption[] => [{ name: 'timestamps', value, echoReply: 0 }]
  for (const [days, text] of [
    [23, ''],
    [25, 'new'],
  ] as const) {
    const d = new Dialogue()
    d.establishStamped(stamp(1000), stamp(1001))
    d.net.pass(days * 86_400_000)
    d.say('PA', 1, 1, { data: 'new', options: stamp(5) })
    assert.equal(d.text(), text, `${days} days`)
  }
})

test('the edges of the window, to the byte (RFC 9293 3.10.7.4)', () => {
  const small = { initialReceiveBufferBytes: 1000, receiveBufferBytes: 1000 }
  const at = (flags: string, seq: number, data = ''): { bytes: number; heard: string[]; state: string } => {
    const d = new Dialogue()
    const connection = d.establish(small)
    d.say(flags, seq, 1, { data })
    const heard = d.heard()
    d.say('PA', 1, 1, { data: 'x'.repeat(1000) })
    return { bytes: connection.readableBytes, heard, state: connection.state }
  }
  // A RST within the window is challenged, at its left edge obeyed, outside of it ignored; a sender that has filled it stands at its right edge.
  assert.equal(at('R', 1).state, 'CLOSED')
  assert.deepEqual(at('R', 1001).heard, ['A 1/1'])
  assert.deepEqual(at('R', 1002).heard, [])
  assert.deepEqual(at('R', 0).heard, [])
  // Data: the last byte of the window is kept, the one behind it is not.
  assert.equal(at('PA', 1000, 'L').bytes, 1000)
  assert.deepEqual(at('PA', 1001, 'n').heard, ['A 1/1'])
})

test('PAWS: an old timestamp is dropped and answered; segments without one are dropped (RFC 7323 5.3)', () => {
  const d = new Dialogue()
  const stamp = (value: number): TcpOption[] => [{ name: 'timestamps', value, echoReply: 0 }]
  d.listen()
  d.say('S', 0, 0, { options: stamp(1000) })
  d.say('A', 1, 1, { options: stamp(1001) })
  d.said()
  d.say('PA', 1, 1, { data: 'old', options: stamp(900) })
  assert.deepEqual(d.heard(), ['A 1/1'])
  assert.equal(d.net.b.layer.counters.pawsDropped, 1)
  d.say('PA', 1, 1, { data: 'bare' })
  assert.deepEqual(d.heard(), [])
  d.say('PA', 1, 1, { data: 'new', options: stamp(1002) })
  assert.equal(d.text(), 'new')
})
