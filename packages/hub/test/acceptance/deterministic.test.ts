/** With its clock, sockets and randomness given, a hub does the same again: same seed, same bytes, at the same time. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { createHub } from '@wirehub/hub'
import { type MemorySocket, MemoryWorld, seededRandom } from '@wirehub/hub/testing'
import { seed as runSeed } from '../support/seed.ts'

const LISTEN = [
  'nats://127.0.0.1:0',
  'lines://127.0.0.1:0',
  'raw://127.0.0.1:0?framing=newline&in=a.raw&out=a.raw',
  'http://127.0.0.1:0',
]
const STEPS = process.env.WIREHUB_TEST_LONG === undefined ? 600 : 20_000

const say: Readonly<Record<number, readonly string[]>> = {
  0: [
    'CONNECT {"verbose":true,"headers":true,"no_responders":true}\r\n',
    'SUB a.> 1\r\n',
    'SUB a.* workers 22\r\n',
    'PUB a.one r.1 5\r\nhello\r\n',
    'HPUB a.two 16 18\r\nNATS/1.0\r\nA:b\r\n\r\nhi\r\n',
    'PUB nobody in.box 0\r\n\r\n',
    'UNSUB 22 3\r\n',
    'PING\r\n',
    'PU',
  ],
  1: [
    '{"op":"sub","subject":"a.*","queue":"workers","id":1}\n',
    '{"op":"pub","subject":"a.three","data":{"n":1},"ack":true}\n',
    '{"op":"req","subject":"a.ask","data":1,"timeoutMs":700}\n',
    '{"op":"ping"}\n',
    '{"op":"nonsense"}\n',
  ],
  2: ['a line\n', 'half a ', 'line\n'],
}

/** Runs a scenario made from the seed; returns everything that every client ever got, and when. */
async function play(seed: number): Promise<{ transcript: string[]; digest: string }> {
  const world = new MemoryWorld(seed)
  const { net, clock, random } = world.environment
  const hub = await createHub({ net, clock, random, listen: LISTEN })
  const choose = seededRandom(seed ^ 0x5eed)
  const transcript: string[] = []
  const clients: { socket: MemorySocket; kind: number; name: string }[] = []
  hub.subscribe('a.ask', (message) => void message.respond('answer'))
  for (let step = 0; step < STEPS; step++) {
    const dice = choose()
    if (dice < 0.1 || clients.length === 0) {
      const kind = Math.floor(choose() * 3)
      clients.push({ socket: world.connect(hub.addresses[kind].port as number), kind, name: `${step}/${kind}` })
    } else {
      const client = clients[Math.floor(choose() * clients.length)]
      if (dice < 0.13) client.socket.destroy()
      else if (dice < 0.15) client.socket.end()
      else if (dice < 0.2) world.advance(Math.floor(choose() * 4000))
      else if (dice < 0.23) hub.publish('a.embedded', { step })
      else client.socket.write(say[client.kind][Math.floor(choose() * say[client.kind].length)])
    }
    if (choose() < 0.6) world.run()
    for (const client of clients) {
      const text = client.socket.takeText()
      if (text !== '') transcript.push(`${clock.monotonic()} ${client.name} ${text}`)
    }
    for (let at = clients.length - 1; at >= 0; at--) if (clients[at].socket.closed) clients.splice(at, 1)
  }
  const closing = hub.close()
  for (let i = 0; i < 30; i++) {
    await Promise.resolve()
    world.advance(1000)
  }
  await closing
  for (const { name, socket } of clients) transcript.push(`end ${name} ${socket.takeText()}`)
  transcript.push(JSON.stringify(Object.fromEntries(hub.core.counters.closed)))
  return { transcript, digest: createHash('sha256').update(transcript.join('\0')).digest('hex') }
}

test('same seed, same bytes at the same time, on every protocol; another seed, another run', async (t) => {
  t.diagnostic(`seed ${runSeed}`)
  const [one, again, other] = [await play(runSeed), await play(runSeed), await play(runSeed + 1)]
  assert.ok(one.transcript.length > STEPS / 4, 'something must have been said')
  for (const [at, line] of one.transcript.entries()) assert.equal(again.transcript[at], line)
  assert.equal(again.digest, one.digest)
  assert.notEqual(other.digest, one.digest)
})

test('what a hub says of itself is made from the randomness that it was given', async () => {
  const infos: string[] = []
  for (const seed of [7, 7, 8]) {
    const world = new MemoryWorld(seed)
    const { net, clock, random } = world.environment
    const hub = await createHub({ net, clock, random, listen: ['nats://127.0.0.1:0'] })
    const client = world.connect(hub.addresses[0].port as number)
    world.run()
    infos.push(client.takeText())
  }
  assert.equal(infos[1], infos[0])
  assert.notEqual(infos[2], infos[0])
})
