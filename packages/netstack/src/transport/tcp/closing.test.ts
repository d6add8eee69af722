/** Closing and aborting: RFC 9293 3.6, 3.10.4, 3.10.5, 3.10.7.4. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connectPair, Dialogue, Net } from '../../../test/support/tcp-harness.ts'
import type { TcpState } from './types.ts'

test('we close first: FIN-WAIT-1, FIN-WAIT-2, TIME-WAIT for 2 MSL, CLOSED [RFC9293:MUST-13]', () => {
  const d = new Dialogue()
  const connection = d.establish({ timeWaitMs: 60_000 })
  const closed: string[] = []
  connection.observer = { onClosed: (_, reason) => closed.push(reason) }
  connection.shutdown(d.now)
  assert.deepEqual(d.heard(), ['FA 1/1'])
  assert.equal(connection.state, 'FIN-WAIT-1')
  d.say('A', 1, 2)
  assert.equal(connection.state, 'FIN-WAIT-2')
  d.say('FA', 1, 2)
  assert.equal(connection.state, 'TIME-WAIT')
  assert.deepEqual(d.heard(), ['A 2/2'])
  assert.deepEqual(closed, ['finished'])
  d.net.pass(59_999)
  assert.equal(connection.state, 'TIME-WAIT')
  d.net.pass(2)
  assert.equal(connection.state, 'CLOSED')
  assert.equal(d.net.b.layer.connectionCount, 0)
})

test('the peer closes first: CLOSE-WAIT, LAST-ACK, CLOSED', () => {
  const d = new Dialogue()
  const connection = d.establish()
  d.say('FA', 1, 1)
  assert.equal(connection.state, 'CLOSE-WAIT')
  assert.deepEqual(d.heard(), ['A 1/2'])
  connection.shutdown(d.now)
  assert.equal(connection.state, 'LAST-ACK')
  assert.deepEqual(d.heard(), ['FA 1/2'])
  d.say('A', 2, 2)
  assert.equal(connection.state, 'CLOSED')
})

test('termination in three segments: FIN and ACK of FIN in one', () => {
  const d = new Dialogue()
  const connection = d.establish()
  connection.shutdown(d.now)
  d.said()
  d.say('FA', 1, 2)
  assert.equal(connection.state, 'TIME-WAIT')
  assert.deepEqual(d.heard(), ['A 2/2'])
})

test('simultaneous close: CLOSING', () => {
  const d = new Dialogue()
  const connection = d.establish()
  const states: TcpState[] = []
  connection.observer = { onStateChange: (_, _from, to) => states.push(to) }
  connection.shutdown(d.now)
  d.said()
  d.say('FA', 1, 1)
  assert.deepEqual(d.heard(), ['A 2/2'])
  d.say('A', 2, 2)
  assert.deepEqual(states, ['FIN-WAIT-1', 'CLOSING', 'TIME-WAIT'])
})

test('half-close: after our FIN the peer goes on sending, and we go on reading', () => {
  const d = new Dialogue()
  const connection = d.establish()
  connection.shutdown(d.now)
  d.say('A', 1, 2)
  d.say('PA', 1, 2, { data: 'still talking' })
  assert.equal(d.text(), 'still talking')
  assert.throws(() => d.write('x'), { code: 'EPIPE' })
  d.say('FA', 14, 2)
  assert.equal(connection.state, 'TIME-WAIT')
  assert.ok(connection.ended)
})

test('after the FIN of the peer we go on sending', () => {
  const d = new Dialogue()
  d.establish()
  d.say('FA', 1, 1)
  d.said()
  d.write('more')
  assert.deepEqual(d.heard(), ['PA 1/2 more'])
})

test('FIN goes behind everything queued, with the last data', () => {
  const d = new Dialogue()
  const connection = d.establish({}, [{ name: 'maximum-segment-size', size: 100 }], 150)
  d.write('x'.repeat(250))
  connection.shutdown(d.now)
  assert.deepEqual(d.heard(), ['A 1/1 100'])
  assert.equal(connection.state, 'ESTABLISHED')
  d.say('A', 1, 101, { window: 1000 })
  assert.deepEqual(d.heard(), ['A 101/1 100', 'FPA 201/1 50'])
  assert.equal(connection.state, 'FIN-WAIT-1')
})

test('a FIN that comes before missing data waits for it', () => {
  const d = new Dialogue()
  const connection = d.establish()
  d.say('FPA', 4, 1, { data: 'def' })
  assert.equal(connection.state, 'ESTABLISHED')
  d.say('PA', 1, 1, { data: 'abc' })
  assert.equal(connection.state, 'CLOSE-WAIT')
  assert.equal(d.text(), 'abcdef')
  assert.equal(d.said().at(-1)!.ack, 8)
})

test('TIME-WAIT: a repeated FIN is acknowledged and starts the 2 MSL again', () => {
  const d = new Dialogue()
  const connection = d.establish({ timeWaitMs: 1000 })
  connection.shutdown(d.now)
  d.say('FA', 1, 2)
  d.said()
  d.net.pass(900)
  d.say('FA', 1, 2)
  assert.deepEqual(d.heard(), ['A 2/2'])
  d.net.pass(900)
  assert.equal(connection.state, 'TIME-WAIT')
  d.net.pass(200)
  assert.equal(connection.state, 'CLOSED')
})

test('TIME-WAIT: a later SYN begins a new connection, an old one does not [RFC9293:MAY-2, SHLD-4] (RFC 6191)', () => {
  const d = new Dialogue()
  d.listen()
  const stamp = (value: number): { options: [{ name: 'timestamps'; value: number; echoReply: number }] } => ({
    options: [{ name: 'timestamps', value, echoReply: 0 }],
  })
  d.say('S', 0, 0, stamp(100))
  d.say('A', 1, 1, stamp(101))
  const first = d.connection!
  first.shutdown(d.now)
  d.say('FA', 1, 2, stamp(102))
  assert.equal(first.state, 'TIME-WAIT')
  d.said()
  d.say('S', 3, 0, stamp(50))
  assert.equal(first.state, 'TIME-WAIT')
  d.said()
  d.say('S', 3, 0, stamp(200))
  assert.equal(first.state, 'CLOSED')
  assert.equal(d.said().at(-1)!.flags, 'SA')
  assert.equal(d.net.b.layer.counters.timeWaitReused, 1)
})

test('ABORT: RST in the states that ask for it, none in the others (RFC 9293 3.10.5)', () => {
  const d = new Dialogue()
  const closed: string[] = []
  const connection = d.establish()
  connection.observer = { onClosed: (_, reason) => closed.push(reason) }
  connection.abort(d.now)
  assert.deepEqual(d.heard(), ['RA 1/1'])
  assert.deepEqual(closed, ['aborted'])
  const other = new Dialogue()
  other.connect()
  other.said()
  other.connection!.abort(other.now)
  assert.deepEqual(other.heard(), [])
})

test('RST in each synchronized state ends the connection', () => {
  const ways: [TcpState, (d: Dialogue) => number][] = [
    ['ESTABLISHED', () => 1],
    [
      'FIN-WAIT-1',
      (d) => {
        d.connection!.shutdown(d.now)
        return 1
      },
    ],
    [
      'FIN-WAIT-2',
      (d) => {
        d.connection!.shutdown(d.now)
        d.say('A', 1, 2)
        return 1
      },
    ],
    [
      'CLOSE-WAIT',
      (d) => {
        d.say('FA', 1, 1)
        return 2
      },
    ],
    [
      'CLOSING',
      (d) => {
        d.connection!.shutdown(d.now)
        d.say('FA', 1, 1)
        return 2
      },
    ],
    [
      'LAST-ACK',
      (d) => {
        d.say('FA', 1, 1)
        d.connection!.shutdown(d.now)
        return 2
      },
    ],
    [
      'TIME-WAIT',
      (d) => {
        d.connection!.shutdown(d.now)
        d.say('FA', 1, 2)
        return 2
      },
    ],
  ]
  for (const [state, prepare] of ways) {
    const d = new Dialogue()
    const connection = d.establish()
    const sequence = prepare(d)
    assert.equal(connection.state, state)
    d.said()
    d.say('R', sequence)
    assert.equal(connection.state, 'CLOSED', state)
    assert.deepEqual(d.heard(), [], 'a RST is never answered')
    assert.equal(d.net.b.layer.pollAt(), Number.POSITIVE_INFINITY)
  }
})

test('nobody reads any more: data is answered by RST [RFC9293:SHLD-3, MAY-1]', () => {
  const d = new Dialogue()
  const connection = d.establish()
  connection.abandon(d.now)
  assert.deepEqual(d.heard(), ['FA 1/1'])
  d.say('A', 1, 2)
  d.say('PA', 1, 2, { data: 'anybody?' })
  assert.equal(d.said().at(-1)!.flags, 'RA')
  assert.equal(connection.state, 'CLOSED')
})

test('abandoning what was received and not read resets at once', () => {
  const d = new Dialogue()
  const connection = d.establish()
  d.say('PA', 1, 1, { data: 'unread' })
  d.said()
  connection.abandon(d.now)
  assert.deepEqual(d.heard(), ['RA 1/7'])
})

test('FIN-WAIT-2 without a reader does not last for ever', () => {
  const d = new Dialogue()
  const connection = d.establish({ finWait2TimeoutMs: 5000 })
  connection.abandon(d.now)
  d.say('A', 1, 2)
  assert.equal(connection.state, 'FIN-WAIT-2')
  d.net.pass(5001)
  assert.equal(connection.state, 'CLOSED')
})

test('a lost FIN is sent again until it is acknowledged', () => {
  const d = new Dialogue()
  const connection = d.establish()
  connection.shutdown(d.now)
  d.net.pass(10_000)
  const fins = d.said().filter((one) => one.flags.includes('F'))
  assert.ok(fins.length >= 3 && fins.every((fin) => fin.seq === 1))
  d.say('A', 1, 2)
  assert.equal(connection.state, 'FIN-WAIT-2')
})

test('the peer vanishes: the user is told at R1, and at R2 the connection times out [RFC9293:MUST-20, MUST-21, SHLD-9, SHLD-10]', () => {
  const d = new Dialogue()
  const closed: string[] = []
  d.establish({ retries: 4 }).observer = {
    onTrouble: () => closed.push('trouble'),
    onClosed: (_, reason) => closed.push(reason),
  }
  d.write('hello?')
  d.net.pass(600_000)
  assert.deepEqual(closed, ['trouble', 'timeout'])
  assert.equal(d.net.b.layer.connectionCount, 0)
})

test('user timeout (RFC 5482)', () => {
  const d = new Dialogue()
  const closed: number[] = []
  d.establish({ userTimeoutMs: 5000 }).observer = { onClosed: () => closed.push(d.now - 1000) }
  d.write('hello?')
  d.net.pass(60_000)
  assert.equal(closed.length, 1)
  assert.ok(closed[0]! >= 5000 && closed[0]! < 5500, String(closed[0]))
})

test('too many in TIME-WAIT: the oldest goes', () => {
  const net = new Net({}, 1, {}, { maxTimeWait: 3 })
  const { client } = connectPair(net)
  const rest = [1, 2, 3, 4].map(() =>
    net.a.layer.connect({ local: net.a.address, remote: net.b.address, remotePort: 80 }, net.now),
  )
  net.pass(10)
  for (const connection of [client, ...rest]) connection.shutdown(net.now)
  net.pass(10)
  for (const connection of net.b.layer.connections()) connection.shutdown(net.now)
  net.pass(10)
  assert.equal(net.a.layer.connectionCount, 3)
  assert.equal([client, ...rest].filter((connection) => connection.state === 'CLOSED').length, 2)
  assert.equal(net.a.layer.counters.timeWaitOverflow, 2)
})
