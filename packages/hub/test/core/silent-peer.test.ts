/** The end of a connection whose peer does not hang up. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import net from 'node:net'
import { test } from 'node:test'
import { createHub } from '@wirehub/hub'
import { memoryHub } from '../support/memory-hub.ts'

test('a peer that has got everything and stays silent does not hold up the end of the hub', async () => {
  const { hub, world, connect } = await memoryHub('lines://127.0.0.1:0')
  connect().write('{"op":"sub","subject":"a"}\n')
  world.run()
  let closed = false
  const closing = hub.close().then(() => {
    closed = true
  })
  for (let elapsedMs = 0; elapsedMs < 3000 && !closed; elapsedMs += 100) {
    world.advance(100)
    await new Promise((resolve) => setImmediate(resolve))
  }
  assert.ok(closed, 'not over after three seconds')
  await closing
})

test('what the kernel still holds for a peer that reads late arrives, though the hub has ended', async () => {
  const hub = await createHub({ listen: ['nats://127.0.0.1:0'] })
  const socket = net.connect({ port: hub.addresses[0].port as number, host: '127.0.0.1', allowHalfOpen: true })
  socket.write('CONNECT {"verbose":false}\r\nSUB a 1\r\nPING\r\n')
  let text = ''
  while (!text.includes('PONG\r\n')) text += String((await once(socket, 'data'))[0])
  socket.pause()
  // Less than what fits into the buffers of both ends: the hub sees all of it taken.
  const payload = 'x'.repeat(50_000)
  hub.publish('a', payload)
  await hub.close()
  let bytes = 0
  socket.on('data', (chunk) => {
    bytes += chunk.length
  })
  socket.on('end', () => socket.end())
  socket.resume()
  await once(socket, 'close')
  assert.equal(bytes, `MSG a 1 ${payload.length}\r\n${payload}\r\n`.length)
})
