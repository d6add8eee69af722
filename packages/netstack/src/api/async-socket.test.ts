import assert from 'node:assert/strict'
import { test } from 'node:test'
import { simulate } from '../sim/node/simulate.ts'
import { type AsyncHost, connectAsync, listenAsync, SocketError } from './async-socket.ts'

test('an echo by iteration, under loss, without any of Node’s streams', async () => {
  const links = [{ ends: ['a', 'b'] as const, impair: { loss: 0.03, delayMs: 10 } }]
  await simulate({ seed: 3, hosts: { a: {}, b: {} }, links }, async (world) => {
    const hostOf = (name: string): AsyncHost => ({ stack: world.host(name).stack, now: () => world.now })
    const listener = listenAsync(hostOf('b'), 7)
    const serving = (async () => {
      for await (const socket of listener) {
        for await (const piece of socket) await socket.write(piece)
        socket.end()
      }
    })()
    const socket = await connectAsync(hostOf('a'), world.host('b').address()!, 7)
    assert.equal(socket.remotePort, 7)
    const sent = new Uint8Array(300_000).map((_, index) => index * 7)
    const writing = socket.write(sent).then(() => socket.end())
    const pieces: Uint8Array[] = []
    for await (const piece of socket) pieces.push(piece)
    await writing
    assert.ok(Buffer.concat(pieces).equals(sent))
    listener.close()
    await serving
  })
})

test('a refusal and a reset are errors with a code', async () => {
  await simulate({ seed: 3, hosts: { a: {}, b: {} }, links: [['a', 'b']] }, async (world) => {
    const hostOf = (name: string): AsyncHost => ({ stack: world.host(name).stack, now: () => world.now })
    const address = world.host('b').address()!
    await assert.rejects(
      connectAsync(hostOf('a'), address, 9),
      (error) => (error as SocketError).code === 'ECONNREFUSED',
    )
    const listener = listenAsync(hostOf('b'), 7)
    const accepted = listener[Symbol.asyncIterator]().next()
    const socket = await connectAsync(hostOf('a'), address, 7)
    ;(await accepted).value.reset()
    await assert.rejects(socket.read(), (error) => error instanceof SocketError && error.code === 'ECONNRESET')
    await assert.rejects(socket.write(new Uint8Array(1)), SocketError)
  })
})
