/** What all connections of a host hold together is bounded: nobody hangs for it, nothing is lost, and what nobody holds counts no more. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connectPair, Dialogue, Net, Transfer } from '../../../test/support/tcp-harness.ts'
import type { TcpConnection, TcpLayerOptions } from './types.ts'

const KIB = 1024
/** Most payload of a segment of these tests. */
const MSS = 1460
/** What a connection may hold beyond the limit. */
const GUARANTEED_WINDOW = 2 * MSS
const GUARANTEED_SEND = 4096

interface Pair {
  client: TcpConnection
  server: TcpConnection
}

/** Connections from a to b, established. */
function connectMany(net: Net, count: number): Pair[] {
  const servers: TcpConnection[] = []
  net.b.layer.listen({ port: 80, onConnection: (listener) => servers.push(listener.accept()!) }, net.now)
  const clients = Array.from({ length: count }, () =>
    net.a.layer.connect({ local: net.a.address, remote: net.b.address, remotePort: 80 }, net.now),
  )
  net.run(() => servers.length === count && clients.every(({ state }) => state === 'ESTABLISHED'), 10_000)
  return clients.map((client) => ({
    client,
    server: servers.find(({ flow }) => flow.remotePort === client.flow.localPort)!,
  }))
}

function bytes(count: number): Uint8Array {
  return new Uint8Array(count).fill(7)
}

/** A wire on which only host b's memory, or only host a's, is small. */
function netWith(memory: { a?: number; b?: number }, delayMs = 5): Net {
  const options = (maxBufferedBytes: number | undefined): Partial<TcpLayerOptions> =>
    maxBufferedBytes === undefined ? {} : { maxBufferedBytes }
  return new Net({ delayMs }, 1, {}, options(memory.a), options(memory.b))
}

test('programs that do not read hold the limit and a small window each; one that reads goes on, and afterwards every byte arrives once', () => {
  const limit = 256 * KIB
  const net = netWith({ b: limit })
  const pairs = connectMany(net, 21)
  const reading = pairs.pop()!
  let mostHeld = 0
  const watch = (ms: number): void => {
    const end = net.now + ms
    while (net.step(end)) mostHeld = Math.max(mostHeld, net.b.layer.bufferedBytes)
  }
  const total = 60_000
  for (const { client } of pairs) assert.equal(client.send(bytes(total), net.now), total)
  watch(2000)
  assert.ok(net.b.layer.counters.memoryRefused > 0)
  assert.ok(net.b.layer.bufferedBytes >= limit, 'those who do not read have taken all of it')

  const transfer = new Transfer(net, reading.client, reading.server, 100_000)
  watch(5000)
  assert.deepEqual([transfer.received, transfer.wrong], [100_000, -1])
  assert.ok(mostHeld <= limit + 21 * GUARANTEED_WINDOW, `${mostHeld} bytes were held`)

  for (const { server } of pairs.splice(0, 10)) server.abort(net.now)
  const received = pairs.map(() => 0)
  pairs.forEach(({ server }, index) => {
    const read = (): void => {
      received[index]! += server.read(new Uint8Array(total), net.now)
    }
    server.observer = { onReadable: read }
    read()
  })
  net.pass(200_000)
  assert.deepEqual(
    received,
    pairs.map(() => total),
  )
  assert.deepEqual([net.a.layer.bufferedBytes, net.b.layer.bufferedBytes], [0, 0])
})

test('under pressure a receive window grows no more, however fast its program reads', () => {
  const windowAfter = (unread: number): number => {
    const net = netWith({ b: 1024 * KIB }, 20)
    const pairs = connectMany(net, 21)
    const { client, server } = pairs.pop()!
    for (const pair of pairs) pair.client.send(bytes(unread), net.now)
    net.pass(5000)
    assert.equal(net.b.layer.bufferedBytes, 20 * unread)
    const transfer = new Transfer(net, client, server, 4_000_000)
    net.run(() => transfer.done)
    return server.info(net.now).receiveWindowBytes
  }
  const isUnpressed = windowAfter(20 * KIB)
  const isPressed = windowAfter(42 * KIB)
  assert.ok(isUnpressed > 256 * KIB, `${isUnpressed}`)
  assert.ok(isPressed <= 128 * KIB, `${isPressed}`)
})

test('what a peer sends behind holes on purpose is dropped before the memory is full; who fills the hole gets on', () => {
  const limit = 32 * KIB
  const d = new Dialogue({ maxBufferedBytes: limit })
  d.establish()
  const { layer } = d.net.b
  for (let at = 1001; at < 60_000; at += 1000) d.say('A', at, 1, { data: 'x'.repeat(900) })
  assert.ok(layer.bufferedBytes <= (limit * 7) / 8 + GUARANTEED_WINDOW, `${layer.bufferedBytes} bytes are held`)
  assert.ok(layer.counters.memoryRefused > 20)
  const answers = d.said()
  assert.equal(answers.length, 59, 'each is answered')
  assert.ok(answers.every(({ flags, ack }) => flags === 'A' && ack === 1))

  let text = ''
  for (let at = 1; at < 60_000; at += 1000) {
    d.say('A', at, 1, { data: 'x'.repeat(1000) })
    text += d.text()
  }
  assert.equal(text, 'x'.repeat(60_000))
  assert.equal(layer.bufferedBytes, 0)
})

test('the window that is guaranteed is kept in any order', () => {
  const d = new Dialogue({ maxBufferedBytes: 0 })
  d.establish()
  d.say('A', 1001, 1, { data: 'b'.repeat(1000) })
  d.say('A', 1 + GUARANTEED_WINDOW, 1, { data: 'd' })
  d.say('A', 1, 1, { data: 'a'.repeat(1000) })
  assert.equal(d.text(), 'a'.repeat(1000) + 'b'.repeat(1000))
  assert.equal(d.net.b.layer.counters.memoryRefused, 1)
})

test('what lies behind a FIN is nothing that could be read, and is not kept', () => {
  const d = new Dialogue()
  d.establish()
  d.say('A', 12, 1, { data: 'behind' })
  d.say('FA', 1, 1, { data: '0123456789' })
  assert.equal(d.net.b.layer.bufferedBytes, 10)
  assert.equal(d.text(), '0123456789')
  assert.equal(d.net.b.layer.bufferedBytes, 0)
})

test('an orphan keeps nothing of what came out of order', () => {
  const d = new Dialogue()
  const connection = d.establish()
  d.say('A', 1001, 1, { data: 'after a hole' })
  connection.abandon(d.now)
  assert.equal(connection.state, 'FIN-WAIT-1')
  assert.equal(d.net.b.layer.bufferedBytes, 0)
})

test('data of a SYN-ACK, too, is taken as far as there is memory', () => {
  const d = new Dialogue({ maxBufferedBytes: 0 })
  d.connect()
  d.say('SA', 0, 1, { data: 'x'.repeat(4000) })
  assert.equal(d.text().length, GUARANTEED_WINDOW)
  assert.equal(d.said().at(-1)!.ack, 1 + GUARANTEED_WINDOW)
})

test('data of a SYN that finds no memory is sent again after the handshake', () => {
  const d = new Dialogue({ maxBufferedBytes: 0 })
  d.listen({}, { fastOpenBacklog: 1 })
  d.say('S', 0, 0, { options: [{ name: 'fast-open', cookie: new Uint8Array(0) }] })
  const cookie = d.said()[0]!.options.find((option) => option.name === 'fast-open')!
  d.say('S', 0, 0, { options: [cookie], data: 'x'.repeat(4000), port: 4000 })
  assert.equal(d.said()[0]!.ack, 1)
  const { counters, bufferedBytes } = d.net.b.layer
  assert.deepEqual([counters.fastOpenRefused, counters.fastOpenAccepted, bufferedBytes], [1, 0, 0])
})

test('data in order that finds no memory is answered by an ACK of what is there, and its FIN waits with it', () => {
  const d = new Dialogue({ maxBufferedBytes: 4096 })
  const connection = d.establish()
  d.say('A', 1, 1, { data: 'x'.repeat(1000) })
  d.say('A', 1001, 1, { data: 'x'.repeat(1000) })
  d.say('A', 2001, 1, { data: 'x'.repeat(2000) })
  d.said()
  d.say('A', 4001, 1, { data: 'y'.repeat(90) })
  d.say('FA', 4091, 1, { data: 'z'.repeat(30) })
  assert.deepEqual(d.heard(), ['A 1/4091', 'A 1/4097'], 'six bytes more fill the memory')
  assert.equal(connection.state, 'ESTABLISHED')
  assert.equal(d.net.b.layer.counters.memoryRefused, 1)
  assert.equal(d.text().length, 4096)
  d.say('FA', 4091, 1, { data: 'z'.repeat(30) })
  assert.equal(d.text(), 'z'.repeat(24))
  assert.equal(connection.state, 'CLOSE-WAIT')
})

test('a window that was told is never taken back, and moves no more where there is no memory', () => {
  const d = new Dialogue({ maxBufferedBytes: 20_000 })
  d.establish()
  let edge = 0
  const listen = (): void => {
    for (const { ack, window } of d.said()) {
      assert.ok(ack + window >= edge, `${ack + window} after ${edge}`)
      edge = ack + window
    }
  }
  let at = 1
  for (; at < 20_001; at += 1000) {
    d.say('A', at, 1, { data: 'x'.repeat(1000) })
    listen()
  }
  assert.equal(edge, 19_001 + 65_535, 'the last segment, which filled the memory, moved it no more')
  assert.equal(d.text().length, 20_000)
  d.say('A', at, 1, { data: 'x'.repeat(1000) })
  listen()
  assert.equal(edge, 21_001 + 65_535)
})

test('writers together hold the limit and 4 KiB each; all of them are told to go on, and every byte arrives once', () => {
  const limit = 64 * KIB
  const net = netWith({ a: limit })
  const transfers = connectMany(net, 20).map(({ client, server }) => new Transfer(net, client, server, 50_000))
  let mostHeld = 0
  const isDone = (): boolean => {
    mostHeld = Math.max(mostHeld, net.a.layer.bufferedBytes)
    return transfers.every(({ done }) => done)
  }
  assert.ok(net.run(isDone, 60_000))
  assert.ok(mostHeld > limit && mostHeld <= limit + 20 * GUARANTEED_SEND, `${mostHeld} bytes were held`)
  assert.ok(transfers.every(({ received, wrong }) => received === 50_000 && wrong === -1))
  assert.ok(net.a.layer.counters.memoryRefused > 0)
  net.pass(100)
  assert.equal(net.a.layer.bufferedBytes, 0)
})

test('who was refused is told when somebody else lets go by a call, a few at each turn', () => {
  const net = netWith({ a: 400 * KIB })
  const pairs = connectMany(net, 41)
  net.link.filter = () => false
  const [holder, ...others] = pairs.map(({ client }) => client)
  assert.equal(holder!.send(bytes(500 * KIB), net.now), 400 * KIB)
  let told = 0
  for (const other of others) {
    other.observer = { onWritable: () => told++ }
    assert.equal(other.send(bytes(10 * KIB), net.now), GUARANTEED_SEND)
    assert.equal(other.writableBytes, 0)
  }
  holder!.abort(net.now)
  const turns: number[] = []
  while (net.a.layer.pollAt() <= net.now) {
    net.a.layer.poll(net.now)
    turns.push(told)
  }
  assert.deepEqual(turns, [16, 32, 40])
  assert.ok(others.every(({ writableBytes }) => writableBytes > 10 * KIB))
  for (const other of others) other.abort(net.now)
  assert.equal(net.a.layer.bufferedBytes, 0)
})

test('a writer whose own buffer was full, and then the memory of all, is told when that is not', () => {
  const net = netWith({ a: 100 * KIB })
  const [holder, ...others] = connectMany(net, 21).map(({ client }) => client)
  let isTold = false
  const small = net.a.layer.connect(
    {
      local: net.a.address,
      remote: net.b.address,
      remotePort: 80,
      options: { sendBufferBytes: 30 * KIB },
      observer: { onWritable: () => void (isTold = true) },
    },
    net.now,
  )
  net.pass(100)
  assert.equal(
    small.send(bytes(40 * KIB), net.now),
    30 * KIB,
    'its initial window is on its way, and will be acknowledged',
  )
  net.link.filter = ({ from }) => from === 'b'
  holder!.send(bytes(100 * KIB), net.now)
  for (const other of others) other.send(bytes(GUARANTEED_SEND), net.now)
  net.pass(50)
  assert.ok(small.pendingBytes <= 20 * KIB && small.pendingBytes > GUARANTEED_SEND)
  assert.deepEqual([isTold, small.writableBytes], [false, 0])
  holder!.abort(net.now)
  net.pass(1)
  assert.ok(isTold && small.writableBytes > 0)
})

test('a writer without memory goes on by what its own peer acknowledges, though nobody else lets go', () => {
  const net = netWith({ a: 100 * KIB })
  const [holder, writer] = connectMany(net, 2)
  // One peer does not read, and its window is shut.
  holder!.client.send(bytes(100 * KIB), net.now)
  net.link.filter = ({ flow }) => ![flow.localPort, flow.remotePort].includes(holder!.client.flow.localPort)
  const transfer = new Transfer(net, writer!.client, writer!.server, 100_000)
  assert.ok(net.run(() => transfer.done, 60_000))
})

test('what is unread when a connection ends counts until it is read or abandoned; what nobody can read counts no more', () => {
  const net = netWith({})
  const [read, left, holed] = connectMany(net, 3)
  for (const { client } of [read!, left!]) client.send(bytes(5000), net.now)
  net.pass(1000)
  let isFirst = true
  net.link.filter = ({ from }) => {
    const passes = from === 'b' || !isFirst
    if (from === 'a') isFirst = false
    return passes
  }
  holed!.client.send(bytes(2 * MSS), net.now)
  net.pass(8)
  net.link.filter = () => true
  const { layer } = net.b
  assert.ok(layer.bufferedBytes > 10_000, 'one holds what is out of order')
  for (const { client } of [read!, left!, holed!]) client.abort(net.now)
  net.pass(1000)
  assert.equal(layer.connectionCount, 0)
  assert.equal(layer.bufferedBytes, 10_000)
  assert.equal(read!.server.read(new Uint8Array(5000), net.now), 5000)
  left!.server.abandon(net.now)
  assert.equal(layer.bufferedBytes, 0)
})

test('a connection that ends before it was accepted leaves nothing', () => {
  const net = netWith({})
  net.b.layer.listen({ port: 80, onConnection: () => {} }, net.now)
  const client = net.a.layer.connect({ local: net.a.address, remote: net.b.address, remotePort: 80 }, net.now)
  client.send(bytes(5000), net.now)
  net.pass(1000)
  assert.equal(net.b.layer.bufferedBytes, 5000)
  client.abort(net.now)
  net.pass(1000)
  assert.deepEqual([net.a.layer.bufferedBytes, net.b.layer.bufferedBytes], [0, 0])
})

test('first bytes that find no memory are refused with the connection, and nothing of them is left', () => {
  const net = netWith({ a: 0 })
  const connect = (data: Uint8Array): TcpConnection =>
    net.a.layer.connect({ local: net.a.address, remote: net.b.address, remotePort: 80, data }, net.now)
  assert.throws(() => connect(bytes(GUARANTEED_SEND + 1)), { code: 'ENOBUFS' })
  assert.equal(net.a.layer.bufferedBytes, 0)
  connect(bytes(GUARANTEED_SEND)).abort(net.now)
  assert.equal(net.a.layer.bufferedBytes, 0)
})

test('what is guaranteed is enough to get on, even where there is no memory beyond it', () => {
  const net = netWith({ a: 0, b: 0 })
  const { client, server } = connectPair(net)
  const transfer = new Transfer(net, client, server, 50_000)
  assert.ok(
    net.run(() => transfer.done, 60_000),
    'even with no memory at all',
  )
})
