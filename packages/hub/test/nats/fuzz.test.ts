/** Random and mutated input: the hub stays up, its memory stays bounded, everybody else is served. The seed is printed when it fails. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { ConfiguredAuthenticator } from '../../src/security/authenticator.ts'
import { CodecBench, type MemorySocket } from './memory.ts'
import { LONG, RawClient, startHub } from './support.ts'

const INPUTS = LONG ? 100_000 : 2000
const SEED = Number(process.env.WIREHUB_TEST_SEED ?? 1)

const sources = [
  'CONNECT {"verbose":false,"headers":true,"no_responders":true,"echo":true}\r\n',
  'PUB a.b 5\r\nhello\r\n',
  'PUB a.b reply.x 0\r\n\r\n',
  'HPUB a.b 19 24\r\nNATS/1.0\r\nA: b\r\n\r\nhello\r\n',
  'HPUB a.b in.box 28 28\r\nNATS/1.0\r\nWirehub-X: 1\r\n\r\n\r\n',
  'SUB a.* 1\r\n',
  'SUB > queue 2\r\n',
  'UNSUB 1 3\r\n',
  'UNSUB 2\r\n',
  'PING\r\n',
  'PONG\r\n',
  '+OK\r\n',
  "-ERR 'x'\r\n",
  'INFO {"a":1}\r\n',
  'PUB a 1000000\r\n',
]

function generator(seed: number): (below: number) => number {
  let state = seed >>> 0 || 1
  return (below) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % below
  }
}

function input(random: (below: number) => number): Buffer {
  const parts: Buffer[] = random(3) === 0 ? [] : [Buffer.from(sources[0])]
  for (let i = random(8); i >= 0; i--) parts.push(Buffer.from(sources[random(sources.length)]))
  let bytes: Buffer = Buffer.concat(parts)
  for (let i = random(6); i > 0; i--) bytes = mutated(bytes, random)
  return bytes
}

function mutated(bytes: Buffer, random: (below: number) => number): Buffer {
  const at = random(bytes.length + 1)
  switch (random(7)) {
    case 0:
      if (at < bytes.length) bytes[at] = random(256)
      return bytes
    case 1:
      return bytes.subarray(0, at)
    case 2:
      return Buffer.concat([bytes.subarray(0, at), Buffer.from([random(256)]), bytes.subarray(at)])
    case 3:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(Math.min(bytes.length, at + 1 + random(4)))])
    case 4:
      return Buffer.concat([bytes, Buffer.alloc(random(6000), random(256))])
    case 5:
      return Buffer.concat([bytes.subarray(0, at), Buffer.from(String(random(2 ** 31))), bytes.subarray(at)])
    default:
      return Buffer.concat([bytes, bytes.subarray(at)])
  }
}

function attack(bench: CodecBench, bytes: Buffer, random: (below: number) => number): MemorySocket {
  const socket = bench.connect()
  for (let at = 0; at < bytes.length; ) {
    const size = 1 + random(random(3) === 0 ? 4 : 2000)
    socket.emit('data', Buffer.from(bytes.subarray(at, at + size)))
    at += size
    bench.turn()
  }
  return socket
}

/** Whatever came in, what goes out is the protocol. */
function assertWellFormed(text: string): void {
  let at = 0
  while (at < text.length) {
    const rest = text.slice(at)
    const line = /^(?:\+OK|PING|PONG|INFO \{.*\} |-ERR '.*')\r\n/.exec(rest)
    const message = /^H?MSG [^ \r\n]+ [^ \r\n]+ (?:[^ \r\n]+ )??(?:(\d+) )?(\d+)\r\n/.exec(rest)
    assert.ok(line ?? message, `seed ${SEED}: ${JSON.stringify(rest.slice(0, 200))}`)
    if (line !== null) at += line[0].length
    else if (message !== null) {
      at += message[0].length + Number(message[2]) + 2
      assert.equal(text.slice(at - 2, at), '\r\n', `seed ${SEED}`)
    }
  }
}

test(`${INPUTS} inputs: no crash, nothing left behind, the others are served throughout`, () => {
  const random = generator(SEED)
  const bench = new CodecBench()
  const witness = bench.connect()
  witness.emit('data', Buffer.from(`${sources[0]}SUB witness.> 1\r\n`))
  bench.turn()
  // No input above publishes to this subject but by mutation, which then is delivered as well: only the presence of our own is asserted.
  for (let i = 0; i < INPUTS; i++) {
    const bytes = input(random)
    const socket = attack(bench, bytes, random)
    witness.written = ''
    witness.emit('data', Buffer.from(`PUB witness.${i} 2\r\nok\r\n`))
    bench.turn()
    assert.ok(
      witness.written.includes(`MSG witness.${i} 1 2\r\nok\r\n`),
      `seed ${SEED}, input ${i}: ${JSON.stringify(bytes.toString('latin1'))}`,
    )
    assertWellFormed(socket.written)
    bench.disconnect(socket)
    assert.equal(bench.hub.connections.size, 1)
    assert.equal(bench.hub.defaultAccount.subscriptionCount, 1)
  }
})

test('the same where credentials are asked for: nothing is executed without them', () => {
  const random = generator(SEED + 1)
  const bench = new CodecBench()
  bench.hub.authenticator = new ConfiguredAuthenticator({ token: 'never-guessed' }, bench.hub)
  for (let i = 0; i < INPUTS / 4; i++) {
    const socket = attack(bench, input(random), random)
    assert.match(socket.written, /^(?:-ERR '[^\r\n]*'\r\n)?$/)
    assert.equal(bench.hub.defaultAccount.subscriptionCount, 0)
    bench.disconnect(socket)
  }
  assert.equal(bench.hub.defaultAccount.counters.messagesIn, 0)
})

test('1,000 connections that send half a line, or half a payload, hold little memory', async (t) => {
  const { port, hub } = await startHub(t)
  const clients: RawClient[] = []
  const before = process.memoryUsage().rss
  for (let i = 0; i < 1000; i++) {
    const { client } = await RawClient.open(port)
    client.send(i % 2 === 0 ? `SUB ${'a'.repeat(3000)}` : `PUB a 1000000\r\n${'x'.repeat(100)}`)
    clients.push(client)
  }
  const { client: other } = await RawClient.open(port)
  other.send('CONNECT {"verbose":false}\r\nSUB b 1\r\nPUB b 2\r\nhi\r\n')
  await other.until(/MSG b 1 2\r\nhi\r\n/)
  const grown = process.memoryUsage().rss - before
  // The clients of this test live in the same process. 500 payloads of a megabyte would be half a gigabyte.
  assert.ok(grown < 200 * 1024 * 1024, `${Math.round(grown / 1024 / 1024)} MiB`)
  assert.equal(hub.connections.size, 1001)
  for (const client of [...clients, other]) client.close()
})

test('a subscriber that does not read is cut; the others get everything, and the counters say so', async (t) => {
  const { port, hub } = await startHub(t, {
    connection: { maxPendingBytes: 4 * 1024 * 1024, pressurePauseMs: 20 },
  })
  const stuck = (await RawClient.open(port)).client
  stuck.send('CONNECT {"verbose":false,"name":"stuck"}\r\nSUB a 1\r\n')
  await stuck.roundTrip()
  stuck.socket.pause()
  const reader = (await RawClient.open(port)).client
  reader.send('CONNECT {"verbose":false}\r\nSUB a 1\r\n')
  await reader.roundTrip()
  reader.text = ''
  const sender = (await RawClient.open(port)).client
  const payload = 'x'.repeat(64 * 1024)
  const count = 400
  sender.send('CONNECT {"verbose":false}\r\n')
  // The reader keeps up: it shares this test's only thread with the hub, so it is given its turn.
  for (let i = 0; i < count; i += 20) {
    sender.send(`PUB a ${payload.length}\r\n${payload}\r\n`.repeat(20))
    await sender.roundTrip()
    await reader.roundTrip()
    reader.text = reader.text.replace(/PONG\r\n$/, '')
  }
  await reader.roundTrip()
  // On a busy machine the hub has asked by then whether it lives.
  reader.text = reader.text.replaceAll('PING\r\n', '')
  assert.equal(reader.text.length, count * `MSG a 1 ${payload.length}\r\n${payload}\r\n`.length + 'PONG\r\n'.length)
  assert.equal(hub.counters.slowConsumers, 1)
  assert.equal(hub.counters.closed.get('slow-consumer'), 1)
  for (const client of [stuck, reader, sender]) client.close()
})
