/** Sending and receiving in ESTABLISHED: RFC 9293 3.4, 3.8.5, 3.8.6, 3.10.7.4; RFC 7323. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connectPair, Dialogue, Net, Transfer } from '../../../test/support/tcp-harness.ts'
import type { TcpOption } from '../../wire/tcp-options.ts'

const MSS_100: TcpOption[] = [{ name: 'maximum-segment-size', size: 100 }]
const SACK: TcpOption[] = [{ name: 'sack-permitted' }]

test('data in order is acknowledged and read', () => {
  const d = new Dialogue()
  d.establish()
  d.say('PA', 1, 1, { data: 'hello' })
  assert.deepEqual(d.heard(), ['A 1/6'])
  assert.equal(d.text(), 'hello')
})

test('the acceptability test: old, overlapping, out of order, beyond the window [RFC9293:SHLD-31, MAY-13]', () => {
  const d = new Dialogue()
  d.establish({ receiveBufferBytes: 1000 })
  d.say('PA', 1, 1, { data: 'abc' })
  d.said()
  d.say('PA', 1, 1, { data: 'abc' })
  assert.deepEqual(d.heard(), ['A 1/4'], 'old: answered by the present ACK')
  d.say('PA', 2, 1, { data: 'bcde' })
  assert.deepEqual(d.heard(), ['A 1/6'], 'overlapping: the new part counts')
  d.say('PA', 8, 1, { data: 'hij' })
  assert.deepEqual(d.heard(), ['A 1/6'], 'out of order: kept, and the hole is shown at once')
  d.say('PA', 5000, 1, { data: 'xyz' })
  assert.deepEqual(d.heard(), ['A 1/6'], 'outside the window: dropped')
  d.say('PA', 6, 1, { data: 'fg' })
  assert.deepEqual(d.heard(), ['A 1/11'])
  assert.equal(d.text(), 'abcdefghij')
})

test('what lies beyond the window is cut off', () => {
  const d = new Dialogue()
  d.establish({ receiveBufferBytes: 10 })
  d.say('PA', 1, 1, { data: '0123456789abcdef' })
  assert.equal(d.text(), '0123456789')
})

test('the first copy of a byte stays', () => {
  const d = new Dialogue()
  d.establish()
  d.say('PA', 4, 1, { data: 'DEF' })
  d.say('PA', 1, 1, { data: 'abcxyz' })
  assert.equal(d.text(), 'abcDEF')
})

test('SACK: the newest piece first, then those before; a duplicate in front (RFC 2018, RFC 2883)', () => {
  const d = new Dialogue()
  d.establish({}, SACK)
  const blocks = (): number[][] => {
    const option = d
      .said()
      .at(-1)!
      .options.find((one) => one.name === 'sack')
    return option?.name === 'sack' ? option.blocks.map((block) => [block.left - 5000, block.right - 5000]) : []
  }
  d.say('PA', 11, 1, { data: 'x'.repeat(10) })
  assert.deepEqual(blocks(), [[11, 21]])
  d.say('PA', 31, 1, { data: 'x'.repeat(10) })
  assert.deepEqual(blocks(), [
    [31, 41],
    [11, 21],
  ])
  d.say('PA', 51, 1, { data: 'x'.repeat(10) })
  assert.deepEqual(blocks(), [
    [51, 61],
    [31, 41],
    [11, 21],
  ])
  d.say('PA', 1, 1, { data: 'x'.repeat(10) })
  assert.deepEqual(blocks().sort(), [
    [31, 41],
    [51, 61],
  ])
  d.say('PA', 1, 1, { data: 'x'.repeat(10) })
  assert.deepEqual(blocks()[0], [1, 11], 'D-SACK')
})

test('the second full segment is acknowledged at once, a single one after the delay [RFC9293:SHLD-18, SHLD-19]', () => {
  const d = new Dialogue()
  const connection = d.establish({ delayedAckMs: 40 }, MSS_100)
  for (let i = 0; i < 16; i++) d.say('PA', 1 + i * 100, 1, { data: 'x'.repeat(100) })
  connection.read(new Uint8Array(5000), d.now)
  d.said()
  d.say('PA', 1601, 1, { data: 'x'.repeat(100) })
  assert.deepEqual(d.heard(), [])
  d.say('PA', 1701, 1, { data: 'x'.repeat(100) })
  assert.deepEqual(d.heard(), ['A 1/1801'])
  d.say('PA', 1801, 1, { data: 'x'.repeat(100) })
  d.net.pass(39)
  assert.deepEqual(d.heard(), [])
  d.net.pass(2)
  assert.deepEqual(d.heard(), ['A 1/1901'])
})

test('an answer takes the ACK along', () => {
  const d = new Dialogue()
  d.establish({ delayedAckMs: 40 }).observer = { onReadable: () => d.write('world') }
  d.say('PA', 1, 1, { data: 'hello' })
  assert.deepEqual(d.heard(), ['PA 1/6 world'])
})

test('Nagle: a small segment waits while another is unacknowledged; noDelay does not [RFC9293:SHLD-7, MUST-17]', () => {
  const d = new Dialogue()
  const connection = d.establish()
  d.write('a')
  d.write('b')
  d.write('c')
  assert.deepEqual(d.heard(), ['PA 1/1 a'])
  d.say('A', 1, 2)
  assert.deepEqual(d.heard(), ['PA 2/1 bc'])
  connection.setNoDelay(true, d.now)
  d.write('d')
  assert.deepEqual(d.heard(), ['PA 4/1 d'])
})

test('segments are as large as the MSS, the last one is pushed [RFC9293:MUST-60, MUST-61, SHLD-28]', () => {
  const d = new Dialogue()
  d.establish({ noDelay: true }, MSS_100)
  d.write('x'.repeat(250))
  assert.deepEqual(d.heard(), ['A 1/1 100', 'A 101/1 100', 'PA 201/1 50'])
})

test('corking: with push false a partial segment waits for more, but not for ever [RFC9293:MUST-60, MAY-15, MAY-16]', () => {
  const d = new Dialogue()
  const connection = d.establish({ noDelay: true }, MSS_100)
  connection.send(new Uint8Array(150).fill(65), d.now, 0, 150, false)
  assert.deepEqual(d.heard(), ['A 1/1 100'])
  d.say('A', 1, 101)
  connection.send(new Uint8Array(20).fill(65), d.now)
  assert.deepEqual(d.heard(), ['PA 101/1 70'])
  d.say('A', 1, 171)
  connection.send(new Uint8Array(3).fill(65), d.now, 0, 3, false)
  assert.deepEqual(d.heard(), [])
  d.net.pass(250)
  assert.deepEqual(d.heard(), ['PA 171/1 AAA'])
})

test('the peer shall get no silly windows: ours opens by a segment at least [RFC9293:MUST-39]', () => {
  const d = new Dialogue()
  const connection = d.establish({ receiveBufferBytes: 4000, initialReceiveBufferBytes: 4000, maxSegmentBytes: 1000 })
  d.say('PA', 1, 1, { data: 'x'.repeat(1000) })
  d.say('PA', 1001, 1, { data: 'x'.repeat(1000) })
  d.say('PA', 2001, 1, { data: 'x'.repeat(1000) })
  d.say('PA', 3001, 1, { data: 'x'.repeat(1000) })
  assert.equal(d.said().at(-1)!.window, 0)
  connection.read(new Uint8Array(500), d.now)
  assert.deepEqual(d.said(), [], '500 bytes are not worth telling')
  connection.read(new Uint8Array(2000), d.now)
  assert.equal(d.said().at(-1)!.window, 2500)
})

test('a small window is not filled with crumbs [RFC9293:MUST-38]', () => {
  const d = new Dialogue()
  d.establish({ noDelay: true }, MSS_100, 1000)
  d.write('x'.repeat(100))
  d.say('A', 1, 101, { window: 30 })
  d.said()
  d.write('y'.repeat(500))
  assert.deepEqual(d.heard(), [], '30 bytes are less than half of the largest window')
  d.net.pass(250)
  assert.deepEqual(
    d.heard(),
    ['A 101/1 yyyyyyyyyyyyyyyyyyyyyyyyyyyyyy'.replace(/y+/, '30')],
    'the override timer sends what the window takes',
  )
})

test('zero window: probes with one new byte, further and further apart, for ever [RFC9293:MUST-35, MUST-36, MUST-37, SHLD-29, SHLD-30]', () => {
  const d = new Dialogue()
  const connection = d.establish({}, MSS_100)
  d.write('x'.repeat(100))
  d.say('A', 1, 101, { window: 0 })
  d.said()
  d.write('more data')
  const times: number[] = []
  d.net.b.layer.trace = {
    onSent: (_c, _b, _s, _e, reason, _rule, now) => void (reason === 'window probe' && times.push(now)),
  }
  for (let probe = 0; probe < 40; probe++) {
    d.net.run(() => times.length > probe, 300_000)
    assert.equal(d.said().at(-1)!.data, 'm')
    d.say('A', 1, 101, { window: 0 })
  }
  assert.equal(connection.state, 'ESTABLISHED')
  assert.ok(times[1]! - times[0]! > (times[2]! - times[1]!) / 2.5 && times[39]! - times[38]! >= 60_000)
  d.say('A', 1, 101, { window: 5000 })
  assert.deepEqual(d.heard(), ['PA 101/1 more data'])
})

test('a segment that begins with what is known already: the urgent pointer counts from its beginning all the same', () => {
  const d = new Dialogue()
  const connection = d.establish()
  d.say('PA', 1, 1, { data: 'abc' })
  d.say('PUA', 1, 1, { data: 'abcd!ef', urgent: 5 })
  assert.equal(connection.readableBytes, 7)
  assert.equal(connection.urgentPosition, 5)
  d.say('PUA', 2, 1, { data: 'bcd!efg', urgent: 4 }) // ends where the one before did: nothing new
  assert.equal(connection.urgentPosition, 5)
})

test('zero window: a probe byte that was taken is not sent again', () => {
  const d = new Dialogue()
  d.establish()
  d.write('x')
  d.say('A', 1, 2, { window: 0 })
  d.write('abc')
  d.said()
  d.net.pass(300)
  assert.deepEqual(d.heard(), ['A 2/1 a'])
  d.say('A', 1, 3, { window: 100 })
  assert.deepEqual(d.heard(), ['PA 3/1 bc'])
})

test('an unanswered probe in the end is a dead peer', () => {
  const d = new Dialogue()
  const closed: string[] = []
  d.establish({ retries: 5 }).observer = { onClosed: (_, reason) => closed.push(reason) }
  d.write('x')
  d.say('A', 1, 2, { window: 0 })
  d.write('abc')
  d.net.pass(2_000_000)
  assert.deepEqual(closed, ['timeout'])
})

test('with our window shut, ACKs and RSTs are still taken [RFC9293:MUST-66]', () => {
  const d = new Dialogue()
  const connection = d.establish({ receiveBufferBytes: 10 })
  d.say('PA', 1, 1, { data: '0123456789' })
  assert.equal(d.said().at(-1)!.window, 0)
  d.write('to you')
  d.said()
  d.say('PA', 11, 7, { data: 'z' })
  assert.equal(connection.pendingBytes, 0, 'the ACK counted')
  assert.equal(connection.readableBytes, 10, 'the byte did not')
  d.say('R', 11)
  assert.equal(connection.state, 'CLOSED')
})

test('a window that shrinks below what is in flight is obeyed, and grows again [RFC9293:MUST-34]', () => {
  const d = new Dialogue()
  d.establish({ noDelay: true }, MSS_100)
  d.write('x'.repeat(300))
  d.said()
  d.say('A', 1, 101, { window: 50 })
  d.write('y'.repeat(100))
  assert.deepEqual(d.heard(), [])
  d.say('A', 1, 301, { window: 1000 })
  assert.deepEqual(d.heard(), ['PA 301/1 100'])
})

test('an old segment does not bring an old window back (SND.WL1, SND.WL2)', () => {
  const d = new Dialogue()
  const connection = d.establish({}, MSS_100)
  d.write('x'.repeat(100))
  d.say('A', 1, 101, { window: 200 })
  d.say('A', 1, 1, { window: 9000 })
  assert.equal(connection.info(d.now).sendWindowBytes, 200)
})

test('urgent data: announced, measured, of any length [RFC9293:MUST-30, MUST-31, MUST-32, MUST-33, MUST-62]', () => {
  const d = new Dialogue()
  const connection = d.establish()
  let told = 0
  connection.observer = { onUrgent: () => told++ }
  d.say('PUA', 1, 1, { data: 'abc!', urgent: 4 })
  assert.equal(told, 1)
  assert.equal(connection.urgentPosition - connection.consumedBytes, 4)
  connection.consume(3, d.now)
  assert.equal(connection.urgentPosition - connection.consumedBytes, 1)
  connection.consume(1, d.now)
  assert.equal(connection.urgentPosition, -1)
  d.said()
  connection.sendUrgent(new TextEncoder().encode('hey!'), d.now)
  const [sent] = d.said()
  assert.equal(sent!.flags, 'PAU')
  d.say('A', 5, 5)
  d.write('calm')
  assert.equal(d.said()[0]!.flags, 'PA')
})

test('keep-alive: off by default; when on, probes after the idle time, and only all of them unanswered end it [RFC9293:MUST-24, MUST-25, MUST-26, MUST-27, MUST-29, SHLD-12, MAY-5]', () => {
  const off = new Dialogue()
  off.establish()
  off.net.pass(24 * 3_600_000)
  assert.deepEqual(off.heard(), [])
  const d = new Dialogue()
  const closed: string[] = []
  const connection = d.establish({
    keepAlive: true,
    keepAliveIdleMs: 60_000,
    keepAliveIntervalMs: 1000,
    keepAliveProbes: 3,
  })
  connection.observer = { onClosed: (_, reason) => closed.push(reason) }
  d.net.pass(59_000)
  assert.deepEqual(d.heard(), [])
  d.net.pass(1500)
  assert.deepEqual(d.heard(), ['A 0/1'])
  d.say('A', 1, 1)
  d.net.pass(58_000)
  assert.deepEqual(d.heard(), [])
  d.net.pass(5500)
  assert.deepEqual(d.heard(), ['A 0/1', 'A 0/1', 'A 0/1', 'RA 1/1'])
  assert.deepEqual(closed, ['keepalive-timeout'])
})

test('our keep-alive probe is answered by the peer stack', () => {
  const net = new Net({ delayMs: 5 })
  const { client } = connectPair(net, {
    keepAlive: true,
    keepAliveIdleMs: 1000,
    keepAliveIntervalMs: 100,
    keepAliveProbes: 2,
  })
  net.pass(60_000)
  assert.equal(client.state, 'ESTABLISHED')
})

test('sequence numbers wrap', () => {
  for (const seed of [3, 4]) {
    const net = new Net({ delayMs: 1 }, seed)
    net.now = ((2 ** 32 - 300_000) / 250) | 0
    const { client, server } = connectPair(net)
    const transfer = new Transfer(net, client, server, 20_000_000, false)
    net.run(() => transfer.done, 100_000)
    assert.equal(transfer.wrong, -1)
    assert.equal(transfer.received, 20_000_000)
  }
})

test('the receive window follows the reader: auto-tuning fills a long fat path', () => {
  const net = new Net({ delayMs: 50 })
  const { client, server } = connectPair(net, { initialReceiveBufferBytes: 65_536 })
  const transfer = new Transfer(net, client, server, 50_000_000, false)
  const began = net.now
  net.run(() => transfer.done)
  assert.ok(net.now - began < 4000, `${net.now - began} ms`)
  assert.ok(server.info(net.now).receiveSpaceBytes > 1_000_000)
})

test('the send buffer takes what its limit says, and tells when there is room', () => {
  const d = new Dialogue()
  let writable = 0
  const connection = d.establish({ sendBufferBytes: 1000 }, MSS_100)
  connection.observer = { onWritable: () => writable++ }
  assert.equal(connection.send(new Uint8Array(5000), d.now), 1000)
  assert.equal(connection.writableBytes, 0)
  d.say('A', 1, 201)
  assert.equal(writable, 0)
  d.say('A', 1, 401)
  assert.equal(writable, 1)
})

test('a scaled window never takes back what it promised, byte by byte (RFC 7323 2.4)', () => {
  const d = new Dialogue()
  d.establish({}, [{ name: 'window-scale', shift: 0 }])
  const shift = d.connection!.info(d.now).receiveWindowScale
  assert.ok(shift > 0)
  let right = 0
  for (let i = 0; i < 300; i++) {
    d.say('PA', 1 + i, 1, { data: 'x' })
    for (const { ack, window } of d.said()) {
      assert.ok(ack + (window << shift) >= right, `${ack} + ${window << shift} is less than ${right}`)
      right = ack + (window << shift)
    }
  }
})

test('a thousand crumbs with holes between them: so many pieces are kept and no more, and all of it arrives when the holes are filled', () => {
  const d = new Dialogue()
  const connection = d.establish({}, [{ name: 'sack-permitted' }])
  const { buffer } = (connection as unknown as { receiver: { buffer: { pieceCount: number } } }).receiver
  for (let i = 0; i < 1000; i++) d.say('PA', 2 + 2 * i, 1, { data: 'x' })
  assert.equal(buffer.pieceCount, 512)
  assert.equal(d.net.b.layer.counters.outOfOrderDropped, 488)
  assert.equal(connection.readableBytes, 0)
  d.say('PA', 1, 1, { data: 'y'.repeat(1000) })
  d.say('PA', 1001, 1, { data: 'z'.repeat(1001) })
  assert.equal(connection.readableBytes, 2001)
  assert.equal(d.text().slice(0, 6), 'yxyxyx')
  assert.equal(buffer.pieceCount, 0)
})

test('our window opens by half of the buffer or a segment, not by what was just read (RFC 9293 3.8.6.2.2) [RFC9293:MUST-39]', () => {
  const d = new Dialogue()
  const connection = d.establish({ initialReceiveBufferBytes: 1000, receiveBufferBytes: 1000 })
  d.say('PA', 1, 1, { data: 'x'.repeat(1000) })
  const asked = (): number => {
    d.say('A', 1000, 1) // a probe
    return d.said().at(-1)!.window
  }
  assert.equal(asked(), 0)
  for (const read of [1, 99, 399]) {
    connection.consume(read, d.now)
    d.net.pass(1000)
    assert.equal(asked(), 0)
  }
  connection.consume(1, d.now)
  assert.equal(d.said().at(-1)!.window, 500, 'told unasked')
})

test('the end of urgent data that is farther away than 65,535 bytes comes nearer by that much at a time (RFC 9293 3.8.5)', () => {
  const d = new Dialogue()
  const connection = d.establish({}, [{ name: 'maximum-segment-size', size: 1000 }])
  const pointers: number[] = []
  d.net.b.layer.trace = {
    onSent: (_c, bytes, start) => void pointers.push((bytes[start + 18]! << 8) | bytes[start + 19]!),
  }
  connection.sendUrgent(new Uint8Array(70_000), d.now)
  assert.deepEqual(pointers.slice(0, 6), [0xffff, 0xffff, 0xffff, 0xffff, 0xffff, 65_000])
})

test('a window shift above 14 counts as 14 (RFC 7323 2.3)', () => {
  const d = new Dialogue()
  assert.equal(d.establish({}, [{ name: 'window-scale', shift: 20 }]).info(d.now).sendWindowScale, 14)
})
