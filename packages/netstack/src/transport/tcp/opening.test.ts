/** Opening a connection: RFC 9293 3.5, 3.10.1, 3.10.7.2, 3.10.7.3; RFC 4987. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connectPair, Dialogue, ipv4, Net } from '../../../test/support/tcp-harness.ts'
import { TcpError } from './errors.ts'

test('passive: SYN, SYN-ACK with MSS, ACK [RFC9293:MUST-14]', () => {
  const d = new Dialogue()
  d.listen()
  d.say('S', 0)
  const [synAck] = d.said()
  assert.equal(`${synAck!.flags} ${synAck!.seq}/${synAck!.ack}`, 'SA 0/1')
  assert.deepEqual(
    synAck!.options.map((option) => option.name),
    ['maximum-segment-size'],
    'only what the peer offered, and the MSS',
  )
  assert.equal(d.connection, undefined, 'nobody to accept before the handshake is complete')
  d.say('A', 1, 1)
  assert.equal(d.connection!.state, 'ESTABLISHED')
  assert.deepEqual(d.heard(), [])
})

test('passive: every option that the peer offers is answered', () => {
  const d = new Dialogue()
  d.listen()
  d.say('S', 0, 0, {
    options: [
      { name: 'maximum-segment-size', size: 1400 },
      { name: 'sack-permitted' },
      { name: 'timestamps', value: 77, echoReply: 0 },
      { name: 'window-scale', shift: 9 },
    ],
  })
  const [synAck] = d.said()
  assert.deepEqual(
    synAck!.options.filter((option) => option.name !== 'no-operation').map((option) => option.name),
    ['maximum-segment-size', 'sack-permitted', 'timestamps', 'window-scale'],
  )
  d.say('A', 1, 1, { options: [{ name: 'timestamps', value: 78, echoReply: 0 }] })
  const info = d.connection!.info(d.now)
  assert.deepEqual([info.sendMss, info.sack, info.timestamps, info.sendWindowScale], [1388, true, true, 9])
})

test('without an MSS option 536 bytes are sent [RFC9293:MUST-15]', () => {
  const d = new Dialogue()
  assert.equal(d.establish().info(d.now).sendMss, 536)
})

test('unknown and padded options are passed over [RFC9293:MUST-4, MUST-5, MUST-6]', () => {
  const d = new Dialogue()
  d.listen()
  d.say('S', 0, 0, {
    options: [
      { name: 'unknown', kind: 253, length: 4, data: new Uint8Array([1, 2]) },
      { name: 'maximum-segment-size', size: 1000 },
    ],
  })
  assert.equal(d.said().length, 1)
  d.say('A', 1, 1)
  assert.equal(d.connection!.info(d.now).sendMss, 1000)
})

test('active: SYN, SYN-ACK, ACK; data queued before goes with the ACK', () => {
  const d = new Dialogue()
  const connection = d.connect()
  const [syn] = d.said()
  assert.equal(`${syn!.flags} ${syn!.seq}`, 'S 0')
  assert.equal(connection.state, 'SYN-SENT')
  d.write('early')
  d.say('SA', 0, 1)
  assert.equal(connection.state, 'ESTABLISHED')
  assert.deepEqual(d.heard(), ['PA 1/1 early'])
})

test('active: RST with the right ACK refuses, with a wrong one does nothing', () => {
  const d = new Dialogue()
  const closed: string[] = []
  const connection = d.connect()
  connection.observer = { onClosed: (_, reason) => closed.push(reason) }
  d.said()
  d.say('RA', 0, 77)
  assert.equal(connection.state, 'SYN-SENT')
  d.say('RA', 0, 1)
  assert.equal(connection.state, 'CLOSED')
  assert.deepEqual(closed, ['refused'])
  assert.deepEqual(d.heard(), [])
})

test('active: an ACK of something never sent is answered by RST (RFC 9293 3.5 figure 9)', () => {
  const d = new Dialogue()
  d.connect()
  d.said()
  d.say('SA', 0, 99)
  assert.deepEqual(d.heard(), ['R 99/-'])
})

test('simultaneous open: two SYNs cross [RFC9293:MUST-10]', () => {
  const d = new Dialogue()
  const connection = d.connect()
  d.said()
  d.say('S', 0)
  assert.equal(connection.state, 'SYN-RECEIVED')
  assert.deepEqual(d.heard(), ['SA 0/1'])
  d.say('SA', 0, 1)
  assert.equal(connection.state, 'ESTABLISHED')
})

test('simultaneous open: the window of the SYN-ACK is not scaled (RFC 7323 2.2)', () => {
  const d = new Dialogue()
  const connection = d.connect()
  d.said()
  d.say('S', 0, 0, {
    options: [
      { name: 'maximum-segment-size', size: 1000 },
      { name: 'window-scale', shift: 7 },
    ],
  })
  d.said()
  d.say('SA', 0, 1, { window: 3072 })
  assert.deepEqual([connection.state, connection.info(d.now).sendWindowBytes], ['ESTABLISHED', 3072])
  d.write('x'.repeat(8000))
  assert.equal(
    d.said().reduce((sum, { data }) => sum + data.length, 0),
    3000,
  )
  d.say('A', 1, 3001, { window: 100 })
  assert.equal(connection.info(d.now).sendWindowBytes, 12_800)
})

test('a SYN or SYN-ACK that was lost: the first flight is one segment (RFC 5681 3.1)', () => {
  const active = new Dialogue()
  active.connect()
  active.net.pass(1500)
  assert.equal(active.said().length, 2)
  active.say('SA', 0, 1)
  active.write('x'.repeat(5000))
  assert.equal(active.said().filter(({ data }) => data !== '').length, 1)
  const passive = new Dialogue()
  passive.listen()
  passive.say('S', 0)
  passive.net.pass(1500)
  passive.say('A', 1, 1)
  passive.said()
  passive.write('x'.repeat(5000))
  assert.equal(passive.said().length, 1)
})

test('both ends of a simultaneous open are ours', () => {
  const net = new Net({ delayMs: 10 })
  const one = net.a.layer.connect(
    { local: net.a.address, localPort: 1000, remote: net.b.address, remotePort: 2000 },
    net.now,
  )
  const two = net.b.layer.connect(
    { local: net.b.address, localPort: 2000, remote: net.a.address, remotePort: 1000 },
    net.now,
  )
  net.pass(100)
  assert.deepEqual([one.state, two.state], ['ESTABLISHED', 'ESTABLISHED'])
})

test('the SYN is sent again with doubled intervals, then the connection times out [RFC9293:MUST-18, MUST-22]', () => {
  const d = new Dialogue()
  const times: number[] = []
  d.net.b.layer.trace = { onSent: (_c, _b, _s, _e, _reason, _rule, now) => times.push(now - 1000) }
  const closed: string[] = []
  d.connect({ synRetries: 3 }).observer = { onClosed: (_, reason) => closed.push(reason) }
  d.net.pass(60_000)
  assert.deepEqual(times, [0, 1000, 3000, 7000])
  assert.deepEqual(closed, ['timeout'])
  assert.equal(d.net.b.layer.pollAt(), Number.POSITIVE_INFINITY)
})

test('a segment for nobody: RST that its sender accepts (RFC 9293 3.10.7.1)', () => {
  const d = new Dialogue()
  d.say('S', 0)
  assert.deepEqual(d.heard(), ['RA 0/1'])
  d.say('A', 7, 9)
  assert.deepEqual(d.heard(), ['R 9/-'])
  d.say('R', 7)
  assert.deepEqual(d.heard(), [], 'never a RST for a RST')
})

test('LISTEN: RST is ignored, ACK is reset, a segment without either is dropped', () => {
  const d = new Dialogue()
  d.listen()
  d.say('R', 0)
  d.say('F', 0)
  assert.deepEqual(d.heard(), [])
  d.say('A', 0, 5)
  assert.deepEqual(d.heard(), ['R 5/-'])
})

test('SYN-RECEIVED: a repeated SYN is answered again, RST returns to LISTEN, a wrong ACK is reset [RFC9293:MUST-11]', () => {
  const d = new Dialogue()
  const listener = d.listen()
  d.say('S', 0)
  assert.deepEqual(d.heard(), ['SA 0/1'])
  d.say('S', 0)
  assert.deepEqual(d.heard(), ['SA 0/1'])
  d.say('A', 1, 55)
  assert.deepEqual(d.heard(), ['R 55/-'])
  d.say('R', 1)
  assert.equal(listener.halfOpen, 0)
  assert.equal(d.net.b.layer.connectionCount, 0)
})

test('data and FIN with the ACK of the handshake arrive', () => {
  const d = new Dialogue()
  d.listen()
  d.say('S', 0)
  d.said()
  d.say('FPA', 1, 1, { data: 'bye' })
  assert.equal(d.connection!.state, 'CLOSE-WAIT')
  assert.equal(d.text(), 'bye')
  assert.ok(d.connection!.ended)
})

test('the accept queue holds as many as the backlog says, later SYNs are dropped and come again', () => {
  const net = new Net({ delayMs: 5 })
  const listener = net.b.layer.listen({ port: 80, backlog: 2, onConnection: () => {} }, net.now)
  const clients = [1, 2, 3].map(() =>
    net.a.layer.connect({ local: net.a.address, remote: net.b.address, remotePort: 80 }, net.now),
  )
  net.pass(500)
  assert.equal(listener.acceptQueue, 2)
  assert.ok(net.b.layer.counters.listenOverflow > 0)
  assert.ok(listener.accept() !== undefined)
  net.pass(5000)
  assert.equal(listener.acceptQueue, 2)
  assert.deepEqual(
    clients.map((client) => client.state),
    ['ESTABLISHED', 'ESTABLISHED', 'ESTABLISHED'],
  )
})

test('a SYN flood fills nothing: new connections come in by cookies, with their options, and old ones live (RFC 4987)', () => {
  const net = new Net({ delayMs: 5 })
  const { client, server } = connectPair(net)
  const listener = net.b.layer.listen({ port: 81, backlog: 8, onConnection: () => {} }, net.now)
  const flood = new Net({}, 99)
  for (let i = 0; i < 5000; i++) {
    const attacker = { ...flood.a }
    const frame = net.pool.allocate(20)
    frame.bytes.fill(0, frame.start, frame.start + 20)
    frame.bytes.set([i >> 8, i & 255, 0, 81, 0, 0, i >> 8, i & 255, 0, 0, 0, 0, 0x50, 2, 255, 255], frame.start)
    frame.end = frame.start + 20
    frame.checksum = 2
    net.b.layer.segment.setAddresses4(0x0b000000 + i, net.b.address.w3)
    net.b.layer.receive(frame, net.now)
    frame.release()
    assert.ok(attacker !== undefined)
  }
  net.packets = []
  assert.equal(listener.halfOpen, 16)
  assert.ok(net.b.layer.counters.synCookiesSent > 4900)
  const late = net.a.layer.connect({ local: net.a.address, remote: net.b.address, remotePort: 81 }, net.now)
  net.pass(100)
  assert.equal(late.state, 'ESTABLISHED')
  const other = listener.accept()!
  assert.equal(other.state, 'ESTABLISHED')
  const info = other.info(net.now)
  assert.deepEqual([info.sack, info.timestamps, info.sendWindowScale], [true, true, 7])
  late.send(new TextEncoder().encode('through the flood'), net.now)
  client.send(new TextEncoder().encode('still here'), net.now)
  net.pass(100)
  assert.equal(other.readableBytes, 17)
  assert.equal(server.readableBytes, 10)
})

test('a made-up cookie opens nothing', () => {
  const d = new Dialogue()
  d.listen({}, { synCookies: 'always' })
  d.say('S', 0)
  assert.deepEqual(d.heard(), ['SA 0/1'])
  assert.equal(d.net.b.layer.connectionCount, 0, 'nothing is kept')
  for (let guess = 2; guess < 500; guess++) d.say('A', 1, guess * 7919)
  assert.equal(d.net.b.layer.connectionCount, 0)
  d.say('A', 1, 1)
  assert.equal(d.connection!.state, 'ESTABLISHED')
})

test('a cookie grows old', () => {
  const d = new Dialogue()
  d.listen({}, { synCookies: 'always' })
  d.say('S', 0)
  d.net.now += 200_000
  d.say('A', 1, 1)
  assert.equal(d.connection, undefined)
})

test('OPEN of what exists, of a group, without a route [RFC9293:MUST-46]', () => {
  const d = new Dialogue()
  const open = (remote = ipv4(1), port = 80): unknown =>
    d.net.b.layer.connect({ local: d.net.b.address, localPort: 5000, remote, remotePort: port }, d.now)
  open()
  assert.throws(open, (error) => error instanceof TcpError && error.code === 'EADDRINUSE')
  assert.throws(() => open({ w0: 0, w1: 0, w2: 0xffff, w3: 0xe0000001 }), { code: 'ENETUNREACH' })
  d.net.link.mtu = 0
  assert.throws(() => open(ipv4(9)), { code: 'ENETUNREACH' })
})

test('two listeners share a port on different addresses only [RFC9293:MUST-41, MUST-43]', () => {
  const net = new Net()
  const options = { port: 80, onConnection: (): void => {} }
  net.b.layer.listen({ ...options, address: ipv4(2) }, net.now)
  net.b.layer.listen({ ...options, address: ipv4(3) }, net.now)
  assert.throws(() => net.b.layer.listen(options, net.now), { code: 'EADDRINUSE' })
})
