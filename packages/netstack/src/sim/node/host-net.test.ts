import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import type { SimulationOptions } from '../options.ts'
import { simulate } from './simulate.ts'

const LOSSY: SimulationOptions = {
  seed: 11,
  hosts: { a: {}, b: {} },
  links: [{ ends: ['a', 'b'], impair: { loss: 0.02, reorder: 0.05, delayMs: 20 } }],
}

test('programs of two hosts talk over a bad link, in virtual time', async () => {
  await simulate(LOSSY, async (world) => {
    const [a, b] = [world.host('a'), world.host('b')]
    const server = b.net.createServer((socket) => socket.pipe(socket))
    server.listen(7000)
    await once(server, 'listening')
    const client = a.net.connect({ host: 'b', port: 7000 })
    client.end(Buffer.alloc(200_000, 7))
    let length = 0
    for await (const chunk of client) length += (chunk as Buffer).length
    assert.equal(length, 200_000)
    assert.ok(world.now > 40)
    assert.equal(world.nondeterminism.size, 0)
  })
})

test('Happy Eyeballs and socket timeouts follow the virtual clock', async () => {
  await simulate({ ...LOSSY, links: [{ ends: ['a', 'b'], delayMs: 400 }] }, async (world) => {
    const [a, b] = [world.host('a'), world.host('b')]
    b.net.createServer().listen(7000)
    const client = a.net.connect({ host: 'b', port: 7000 })
    const events: string[] = []
    for (const event of ['connectionAttempt', 'connectionAttemptTimeout', 'connect'])
      client.on(event, (address?: string) => events.push(`${event} ${address ?? ''} ${Math.round(world.now)}`))
    await once(client, 'connect')
    assert.equal(events.filter((each) => each.startsWith('connectionAttempt ')).length, 2)
    assert.match(events[1]!, /connectionAttemptTimeout 10\.0\.1\.2 250/)
    const before = world.now
    client.setTimeout(90_000)
    await once(client, 'timeout')
    assert.equal(Math.round(world.now - before), 90_000)
    client.destroy()
  })
})

test('datagrams and pipes of a host', async () => {
  await simulate(LOSSY, async (world) => {
    const [a, b] = [world.host('a'), world.host('b')]
    const receiver = b.dgram.createSocket('udp4')
    receiver.bind(5000)
    await once(receiver, 'listening')
    const sender = a.dgram.createSocket('udp4')
    const again = setInterval(() => sender.send('ping', 5000, 'b'), 100)
    const [message] = await once(receiver, 'message')
    clearInterval(again)
    assert.equal(String(message), 'ping')
    const server = a.net.createServer((socket) => socket.end('through a pipe'))
    server.listen('/run/program.sock')
    await once(server, 'listening')
    let text = ''
    for await (const chunk of a.net.connect('/run/program.sock')) text += chunk
    assert.equal(text, 'through a pipe')
    const [error] = await once(b.net.connect('/run/program.sock'), 'error').catch((each) => [each])
    assert.equal(error.code, 'ENOENT')
  })
})

test('a socket that is not bound yet keeps 65,536 sends; whoever sends more is told', async () => {
  await simulate(LOSSY, async (world) => {
    const socket = world.host('a').dgram.createSocket('udp4')
    for (let count = 0; count < 65_536; count++) socket.send('', 5000, '127.0.0.1')
    const error = await new Promise((resolve) => socket.send('', 5000, '127.0.0.1', resolve))
    assert.equal(String(error), 'Error: send ENOBUFS')
    socket.close()
  })
})

test('a host that crashes takes its sockets along; its peer finds out', async () => {
  const options: SimulationOptions = { ...LOSSY, links: [['a', 'b']], timeLimitMs: 1e9 }
  await simulate(options, async (world) => {
    const [a, b] = [world.host('a'), world.host('b')]
    b.net
      .createServer((socket) => socket.resume().on('close', () => assert.fail('nobody is there any more')))
      .listen(7000)
    const client = a.net.connect({ host: 'b', port: 7000, family: 4 })
    await once(client, 'connect')
    b.crash()
    client.write('anybody there?')
    const [error] = await once(client, 'error').catch((each) => [each])
    assert.ok(['ETIMEDOUT', 'EHOSTUNREACH'].includes(error.code), error.code)
  })
})

test('keep-alive finds a host that has vanished: probes as often as libuv has them sent, or as asked for', async () => {
  const probings = [
    { given: [true, 3000], elapsedMs: 13_000 },
    { given: [true, 3000, 2000, 4], elapsedMs: 11_000 },
  ] as const
  for (const { given, elapsedMs } of probings) {
    await simulate({ hosts: { a: {}, b: {} }, links: [['a', 'b']], families: [4] }, async (world) => {
      world.host('b').net.createServer().listen(7000)
      const client = world.host('a').net.connect({ host: 'b', port: 7000 })
      await once(client, 'connect')
      client.setKeepAlive(...given)
      const before = world.now
      world.host('b').crash()
      const [error] = await once(client, 'error')
      assert.equal(error.code, 'ETIMEDOUT')
      assert.equal(Math.round(world.now - before), elapsedMs)
    })
  }
})

test('one seed gives the same run', async () => {
  const run = (): Promise<string> =>
    simulate(LOSSY, async (world) => {
      const pieces: Uint8Array[] = []
      world.capture((bytes) => pieces.push(bytes.slice()))
      const [a, b] = [world.host('a'), world.host('b')]
      b.net.createServer((socket) => socket.pipe(socket)).listen(7000)
      const client = a.net.connect({ host: 'b', port: 7000 })
      client.end('x'.repeat(50_000))
      for await (const _ of client);
      return Buffer.concat(pieces).toString('base64')
    })
  assert.equal(await run(), await run())
})

test('fast open: known from before, the answer comes after one round trip instead of two', async () => {
  await simulate({ seed: 3, hosts: { a: {}, b: {} }, links: [{ ends: ['a', 'b'], delayMs: 50 }] }, async (world) => {
    const [a, b] = [world.host('a'), world.host('b')]
    b.net.createServer((socket) => socket.end('answer')).listen({ port: 7000, host: '::', fastOpen: 16 })
    const ask = async (fastOpen: unknown): Promise<{ tookMs: number; text: string; written: number | undefined }> => {
      const begun = world.now
      const client = a.net.connect({ host: 'b', port: 7000, fastOpen })
      const [chunk] = await once(client, 'data')
      const tookMs = Math.round(world.now - begun)
      client.end()
      await once(client, 'close')
      return { tookMs, text: String(chunk), written: client.bytesWritten }
    }
    assert.throws(() => a.net.connect({ host: 'b', port: 7000, fastOpen: 'text' }), { code: 'ERR_INVALID_ARG_TYPE' })
    const question = Buffer.from('question')
    await ask(question) // resolves the neighbour too, and brings the cookie
    const first = await ask(undefined)
    const second = await ask(question)
    assert.deepEqual([first.text, second.text, second.written], ['answer', 'answer', 8])
    assert.deepEqual([first.tookMs, second.tookMs], [200, 100])
    assert.equal(b.stack.tcp.counters.fastOpenAccepted, 1)
  })
})
