/** Connections that their program has closed, and whose peers do not let them end. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connectPair, Dialogue, Net } from '../../../test/support/tcp-harness.ts'
import type { TcpConnection, TcpConnectionOptions } from './types.ts'

/** Data is behind a window that is shut; `close` says whether its program has gone. Counts the probes. */
function behindShutWindow(options: TcpConnectionOptions, close: boolean): { d: Dialogue; probes: number[] } {
  const d = new Dialogue()
  const connection = d.establish(options)
  d.write('x')
  d.say('A', 1, 2, { window: 0 })
  d.write('unsent')
  d.said()
  const probes: number[] = []
  d.net.b.layer.trace = {
    onSent: (_c, _b, _s, _e, reason, _rule, now) => void (reason === 'window probe' && probes.push(now)),
  }
  if (close) connection.abandon(d.now)
  return { d, probes }
}

/** Answers each probe by a window that is still shut, as long as there are any. */
function answerProbes(d: Dialogue, probes: readonly number[], most: number): void {
  for (let answered = 0; answered < most; answered++) {
    d.net.run(() => probes.length > answered || d.connection!.state === 'CLOSED', 400_000)
    if (d.connection!.state === 'CLOSED') return
    d.say('A', 1, 2, { window: 0 })
  }
}

test('a peer that keeps its window shut holds an orphan no longer than until probes are two minutes apart', () => {
  const { d, probes } = behindShutWindow({}, true)
  const begin = d.now
  answerProbes(d, probes, 100)
  assert.equal(d.connection!.state, 'CLOSED')
  // 0.2 s, 0.4 s ... 102.4 s: ten probes, all of them answered.
  assert.equal(probes.length, 10)
  assert.ok(d.now - begin > 200_000 && d.now - begin < 400_000, `${d.now - begin} ms`)
  assert.match(d.said().at(-1)!.flags, /R/, 'the peer, which lives, is told')
  assert.equal(d.net.b.layer.connectionCount, 0)
  assert.equal(d.net.b.layer.pollAt(), Number.POSITIVE_INFINITY)
})

test('with its program there, the same connection lives on as long as probes are answered', () => {
  const { d, probes } = behindShutWindow({}, false)
  answerProbes(d, probes, 100)
  assert.equal(probes.length, 100)
  assert.equal(d.connection!.state, 'ESTABLISHED')
})

test('an orphan whose peer opens its window in time delivers everything', () => {
  const { d, probes } = behindShutWindow({}, true)
  answerProbes(d, probes, 8)
  d.said()
  d.say('A', 1, 2, { window: 5000 })
  assert.deepEqual(d.heard(), ['FPA 2/1 unsent'])
  d.say('A', 1, 9)
  assert.equal(d.connection!.state, 'FIN-WAIT-2')
})

test('probes of an orphan that nobody answers end after orphanRetries', () => {
  const { d, probes } = behindShutWindow({ orphanRetries: 3 }, true)
  d.net.pass(600_000)
  assert.equal(probes.length, 3)
  assert.equal(d.connection!.state, 'CLOSED')
})

for (const [orphan, retransmissions] of [
  [false, 5],
  [true, 2],
] as const) {
  test(`data that nobody acknowledges is sent again ${retransmissions} times ${orphan ? 'for an orphan' : 'for a program'}`, () => {
    const d = new Dialogue()
    const connection = d.establish({ retries: 5, orphanRetries: 2 })
    d.write('lost')
    if (orphan) connection.abandon(d.now)
    d.said()
    d.net.pass(600_000)
    assert.equal(connection.state, 'CLOSED')
    const again = d.said().filter(({ seq, data, flags }) => seq === 1 && data === 'lost' && !flags.includes('R'))
    assert.equal(again.length, retransmissions)
  })
}

/** Five connections from a to b; what b says does not arrive, so that what is closed at a stays an orphan. */
function orphans(maxOrphans: number): { net: Net; connections: TcpConnection[] } {
  let isDeaf = false
  const net = new Net({ filter: ({ from }) => !(isDeaf && from === 'b') }, 1, {}, { maxOrphans })
  const { client } = connectPair(net)
  const connect = (): TcpConnection =>
    net.a.layer.connect({ local: net.a.address, remote: net.b.address, remotePort: 80 }, net.now)
  const connections = [client, ...[1, 2, 3, 4].map(connect)]
  net.pass(10)
  isDeaf = true
  return { net, connections }
}

test('too many orphans: the oldest is reset, and counted', () => {
  const { net, connections } = orphans(3)
  const closed: string[] = []
  for (const [i, connection] of connections.entries()) {
    connection.observer = { onClosed: (_connection, reason) => closed.push(`${i} ${reason}`) }
    connection.abandon(net.now)
  }
  assert.deepEqual(
    connections.map(({ state }) => state),
    ['CLOSED', 'CLOSED', 'FIN-WAIT-1', 'FIN-WAIT-1', 'FIN-WAIT-1'],
  )
  assert.equal(net.a.layer.counters.orphansReset, 2)
  assert.deepEqual(closed, ['0 no-memory', '1 no-memory'])
  assert.equal(net.a.layer.orphanCount, 3)
})

test('what ends by itself is no orphan any more: it takes nobody else with it', () => {
  const { net, connections } = orphans(1)
  for (const connection of connections) {
    connection.abandon(net.now)
    assert.equal(net.a.layer.orphanCount, 1)
    connection.abort(net.now)
    assert.equal(net.a.layer.orphanCount, 0)
  }
  assert.equal(net.a.layer.counters.orphansReset, 0)
})

test('a connection in TIME-WAIT is no orphan', () => {
  const net = new Net({}, 1, {}, { maxOrphans: 0 })
  const { client } = connectPair(net)
  client.shutdown(net.now)
  net.pass(10)
  for (const connection of net.b.layer.connections()) connection.shutdown(net.now)
  net.pass(10)
  client.abandon(net.now)
  assert.equal(client.state, 'TIME-WAIT')
  assert.equal(net.a.layer.counters.orphansReset, 0)
})

test('where no orphans are allowed, closing with something unsent resets at once', () => {
  const { net, connections } = orphans(0)
  connections[0]!.abandon(net.now)
  assert.equal(connections[0]!.state, 'CLOSED')
  assert.equal(net.a.layer.counters.orphansReset, 1)
})
