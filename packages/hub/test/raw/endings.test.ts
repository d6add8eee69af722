/** How raw connections end: half-closes, resets, silence, and those who send too much or read too little. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { memoryHub } from '../support/memory-hub.ts'

test('a half-close is answered by a half-close after the last byte, answers that come a little later included', async () => {
  const { world, hub, connect } = await memoryHub('raw://127.0.0.1:0?framing=whole&lingerMs=200')
  const seen: string[] = []
  hub.subscribe('tcp.in', (message) => seen.push(message.reply as string))
  const socket = connect()
  socket.write('the whole ')
  socket.write('message')
  socket.end()
  world.advance(100)
  assert.equal(socket.peerEnded, false)
  hub.publish(seen[0], 'the answer')
  world.run()
  assert.equal(socket.takeText(), 'the answer')
  assert.equal(socket.peerEnded, true)
  assert.equal(hub.core.connections.size, 0)
})

test('nobody listens: a half-close is answered at once; nobody answers: after lingerMs', async () => {
  const { world, hub, connect } = await memoryHub('raw://127.0.0.1:0?lingerMs=200')
  const alone = connect()
  alone.write('hello\n')
  alone.end()
  world.run()
  assert.equal(alone.closed, true)

  hub.subscribe('tcp.in', () => {})
  const waiting = connect()
  waiting.write('hello\n')
  waiting.end()
  world.advance(199)
  assert.equal(waiting.closed, false)
  world.advance(1)
  assert.equal(waiting.closed, true)
})

test('the wait for answers is bounded however often they come', async () => {
  const { world, hub, connect } = await memoryHub('raw://127.0.0.1:0?lingerMs=200&lingerMaxMs=500')
  let reply = ''
  hub.subscribe('tcp.in', (message) => void (reply = message.reply as string))
  const socket = connect()
  socket.write('hello\n')
  socket.end()
  for (let i = 0; i < 10 && !socket.closed; i++) {
    world.advance(100)
    if (reply !== '') hub.publish(reply, 'still here')
  }
  assert.equal(socket.closed, true)
  assert.equal(socket.takeText(), 'still here\n'.repeat(4))
})

test('whole connection: a reset publishes nothing and leaves a dead letter with the byte count', async () => {
  const { world, connect, watch } = await memoryHub('raw://127.0.0.1:0?framing=whole')
  const [seen, letters] = [watch('tcp.in'), watch('$HUB.DLQ.>')]
  const socket = connect()
  socket.write('x'.repeat(1234))
  world.run()
  socket.destroy()
  world.run()
  assert.equal(seen.length, 0)
  assert.equal(letters.length, 1)
  assert.equal(letters[0].subject, '$HUB.DLQ.tcp.in')
  assert.equal(letters[0].headers.get('Dead-Letter-Reason'), 'incomplete')
  assert.equal(letters[0].headers.get('Dead-Letter-Bytes'), '1234')
})

test('whole connection: silence publishes nothing and leaves a dead letter with the byte count', async () => {
  const { world, hub, connect, watch } = await memoryHub('raw://127.0.0.1:0?framing=whole&idleMs=5000')
  const [seen, letters] = [watch('tcp.in'), watch('$HUB.DLQ.>')]
  const socket = connect()
  socket.write('half of it')
  world.advance(4000)
  assert.equal(socket.peerEnded, false)
  world.advance(3000)
  assert.equal(socket.peerEnded, true)
  socket.end()
  world.run()
  assert.equal(seen.length, 0)
  assert.equal(letters[0]?.headers.get('Dead-Letter-Bytes'), '10')
  assert.equal(hub.core.counters.closed.get('stale'), 1)
})

test('a reset in the middle of a frame, and a FIN in the middle of one, are dead letters for every framing that has frames', async () => {
  for (const [query, bytes] of [
    ['?framing=newline', 'half a line'],
    ['?framing=nul', 'half a string'],
    ['?framing=length', '\0\0\0\x10half'],
  ]) {
    const { world, connect, watch } = await memoryHub(`raw://127.0.0.1:0${query}`)
    const letters = watch('$HUB.DLQ.>')
    const socket = connect()
    socket.write(bytes)
    world.run()
    socket.destroy()
    world.run()
    assert.equal(letters.length, 1, query)
    assert.equal(letters[0].headers.get('Dead-Letter-Bytes'), String(bytes.length))
    if (query === '?framing=newline') continue
    const ended = connect()
    ended.write(bytes)
    ended.end()
    world.run()
    assert.equal(letters.length, 2, query)
    assert.equal(ended.closed, true)
  }
})

test('oversized frames end their connection, are counted, and cost nobody else anything', async () => {
  const bomb = gzipSync(Buffer.alloc(10_000_000))
  const head = Buffer.alloc(4)
  head.writeUInt32BE(bomb.length)
  for (const [query, bytes, reason] of [
    ['?framing=newline&maxFrameBytes=1000', Buffer.alloc(2000, 'x'), 'payload-too-large'],
    ['?framing=nul&maxFrameBytes=1000', Buffer.alloc(2000, 'x'), 'payload-too-large'],
    ['?framing=length&maxFrameBytes=1000', Buffer.from([0xff, 0xff, 0xff, 0xff]), 'payload-too-large'],
    ['?framing=length&lengthIncludesItself=true', Buffer.from([0, 0, 0, 3]), 'protocol-violation'],
    ['?framing=whole&maxFrameBytes=1000', Buffer.alloc(2000, 'x'), 'payload-too-large'],
    ['?framing=length&coding=gzip&maxFrameBytes=100000', Buffer.concat([head, bomb]), undefined],
  ] as const) {
    const { world, hub, connect, watch } = await memoryHub(`raw://127.0.0.1:0${query}`)
    const [seen, letters] = [watch('tcp.in'), watch('$HUB.DLQ.>')]
    const [greedy, other] = [connect(), connect()]
    greedy.write(bytes)
    world.run()
    assert.equal(seen.length, 0, query)
    assert.equal(letters.length, 1, query)
    if (reason === undefined) assert.equal(letters[0].headers.get('Dead-Letter-Reason'), 'payload-too-large')
    else {
      assert.equal(greedy.peerEnded, true, query)
      greedy.end()
      world.run()
      assert.equal(hub.core.counters.closed.get(reason), 1, query)
    }
    assert.equal(other.closed, false)
    assert.equal(hub.publish('tcp.out', 'x'), reason === undefined ? 2 : 1)
  }
})

test('1,000 connections that send half a line hold little, and others are served', async () => {
  const { world, hub, connect, watch } = await memoryHub('raw://127.0.0.1:0?framing=newline')
  const seen = watch('tcp.in')
  const halves = Array.from({ length: 1000 }, () => connect())
  // Each read brings many lines and the beginning of one more: what is kept must not keep the whole read alive.
  for (const socket of halves) socket.write(`${'line\n'.repeat(100)}half a l`)
  world.run()
  seen.length = 0
  const buffered = [...hub.core.connections.values()].map((connection) => connection.codec.bufferedBytes)
  assert.deepEqual(new Set(buffered), new Set([8]))
  const other = connect()
  other.write('served\n')
  world.run()
  assert.deepEqual(
    seen.map((message) => message.text()),
    ['served'],
  )
  for (const socket of halves) socket.write('ine\n')
  world.run()
  assert.equal(seen.length, 1001)
  assert.equal(seen[1000].text(), 'half a line')
})

test('a socket that does not read is cut at its limit; the others get everything', async () => {
  const { world, hub, connect } = await memoryHub([])
  await hub.listen('raw://127.0.0.1:0?framing=newline', { maxPendingBytes: 100_000 })
  const [slow, good] = [connect(), connect()]
  world.run()
  slow.accepting = false
  for (let i = 0; i < 300; i++) {
    hub.publish('tcp.out', 'x'.repeat(999))
    world.run()
  }
  assert.equal(good.received.length, 300_000)
  assert.equal(hub.core.counters.slowConsumers, 1)
  assert.equal(hub.core.connections.size, 1)
})
