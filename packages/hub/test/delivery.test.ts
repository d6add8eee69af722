/** Delivery as clients see it: order, fan-out with shared and patched encodings, limits of slow subscribers. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import net from 'node:net'
import { test } from 'node:test'
import { createHub, type Hub } from '@wirehub/hub'
import fc from 'fast-check'

/** A NATS client of bare bytes: what it gets is what stood on the wire. */
class RawClient {
  readonly socket: net.Socket
  text = ''
  bytes = 0
  closed = false
  #wake: (() => void) | undefined

  constructor(port: number) {
    this.socket = net.connect({ port, host: '127.0.0.1', noDelay: true })
    this.socket.on('error', () => {})
    this.socket.on('close', () => {
      this.closed = true
      this.#wake?.()
    })
    this.socket.on('data', (chunk) => {
      this.bytes += chunk.length
      this.text += chunk.toString('latin1')
      this.#wake?.()
    })
  }

  async until(done: () => boolean): Promise<void> {
    while (!done()) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  /** Everything sent before has been read and routed, and everything for this client has arrived. */
  async settle(): Promise<void> {
    const before = this.text.split('PONG\r\n').length
    this.socket.write('PING\r\n')
    await this.until(() => this.closed || this.text.split('PONG\r\n').length > before)
  }

  /** Payloads of the messages received, with their sid. */
  messages(): { subject: string; sid: string; payload: string }[] {
    return [...this.text.matchAll(/MSG (\S+) (\S+) (\d+)\r\n(.*?)\r\n/gs)].map(([, subject, sid, size, payload]) => {
      assert.equal(payload.length, Number(size))
      return { subject, sid, payload }
    })
  }
}

async function client(hub: Hub, options = '{"verbose":false}'): Promise<RawClient> {
  const made = new RawClient(hub.addresses[0].port as number)
  made.socket.write(`CONNECT ${options}\r\n`)
  await made.settle()
  return made
}

const long = process.env.WIREHUB_TEST_LONG !== undefined

test('every subscriber gets every message once, in order, whatever sids and subjects they chose', async () => {
  await using hub = await createHub({ listen: ['nats://127.0.0.1:0'] })
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.integer({ min: 1, max: 300 }), fc.constantFrom('t.a', 't.b', 't.*', '>')), {
        minLength: 1,
        maxLength: 8,
      }),
      fc.array(fc.tuple(fc.constantFrom('t.a', 't.b', 't.c'), fc.integer({ min: 0, max: 600 })), {
        minLength: 1,
        maxLength: 120,
      }),
      async (interests, publishes) => {
        const subscribers: RawClient[] = []
        for (const [sid, subject] of interests) {
          const one = await client(hub)
          one.socket.write(`SUB ${subject} ${sid}\r\n`)
          await one.settle()
          subscribers.push(one)
        }
        const publisher = await client(hub)
        let number = 0
        const sent = publishes.map(([subject, size]) => ({ subject, payload: `${number++}:`.padEnd(size, 'x') }))
        publisher.socket.write(
          sent.map(({ subject, payload }) => `PUB ${subject} ${payload.length}\r\n${payload}\r\n`).join(''),
        )
        await publisher.settle()
        for (const [i, one] of subscribers.entries()) {
          await one.settle()
          const [sid, pattern] = interests[i]
          const wanted = sent.filter(({ subject }) => pattern === '>' || pattern === 't.*' || pattern === subject)
          assert.deepEqual(
            one.messages(),
            wanted.map(({ subject, payload }) => ({ subject, sid: String(sid), payload })),
          )
          one.socket.destroy()
        }
        publisher.socket.destroy()
      },
    ),
    { numRuns: long ? 200 : 15 },
  )
})

test('messages published before an UNSUB of the same turn still arrive', async () => {
  await using hub = await createHub({ listen: ['nats://127.0.0.1:0'] })
  const [a, b] = [await client(hub), await client(hub)]
  b.socket.write('SUB x 1\r\n')
  await b.settle()
  a.socket.write('SUB x 1\r\nPUB x 3\r\none\r\nUNSUB 1\r\nPUB x 3\r\ntwo\r\n')
  await a.settle()
  await b.settle()
  assert.deepEqual(
    a.messages().map((one) => one.payload),
    ['one'],
  )
  assert.deepEqual(
    b.messages().map((one) => one.payload),
    ['one', 'two'],
  )
})

test('unsubscribe after N counts exactly, beside others of the same subject', async () => {
  await using hub = await createHub({ listen: ['nats://127.0.0.1:0'] })
  const [a, b] = [await client(hub), await client(hub)]
  a.socket.write('SUB x 1\r\nUNSUB 1 3\r\n')
  await a.settle()
  b.socket.write('SUB x 1\r\n')
  await b.settle()
  b.socket.write('PUB x 1\r\nm\r\n'.repeat(10))
  await b.settle()
  await a.settle()
  assert.equal(a.messages().length, 3)
  assert.equal(b.messages().length, 10)
})

test('a queue group shares fairly, and a member that leaves gives its share to the others', async () => {
  await using hub = await createHub({ listen: ['nats://127.0.0.1:0'] })
  const members = [await client(hub), await client(hub), await client(hub)]
  for (const one of members) {
    one.socket.write('SUB jobs workers 1\r\n')
    await one.settle()
  }
  const publisher = await client(hub)
  publisher.socket.write('PUB jobs 1\r\nm\r\n'.repeat(30))
  await publisher.settle()
  for (const one of members) await one.settle()
  assert.deepEqual(
    members.map((one) => one.messages().length),
    [10, 10, 10],
  )
  members[0].socket.destroy()
  await once(members[0].socket, 'close')
  publisher.socket.write('PUB jobs 1\r\nm\r\n'.repeat(30))
  await publisher.settle()
  for (const one of members.slice(1)) await one.settle()
  assert.equal(members[1].messages().length + members[2].messages().length, 50)
})

test('large payloads arrive whole, to one subscriber and to many', async () => {
  await using hub = await createHub({ listen: ['nats://127.0.0.1:0'] })
  const subscribers = [await client(hub), await client(hub), await client(hub)]
  for (const [i, one] of subscribers.entries()) {
    one.socket.write(`SUB big ${i === 2 ? 77 : 1}\r\nSUB lone${i} 5\r\n`)
    await one.settle()
  }
  const publisher = await client(hub)
  for (const size of [16_383, 16_384, 65_536, 1_000_000]) {
    const payload = Array.from({ length: size }, (_, i) => String.fromCharCode(97 + (i % 23))).join('')
    publisher.socket.write(`PUB big ${size}\r\n${payload}\r\nPUB lone0 ${size}\r\n${payload}\r\n`)
    await publisher.settle()
    for (const [i, one] of subscribers.entries()) {
      await one.settle()
      const got = one.messages()
      assert.equal(got.length, i === 0 ? 2 : 1, `size ${size}`)
      for (const message of got) assert(message.payload === payload)
      one.text = ''
    }
  }
})

test('a subscriber that stops reading is cut; everybody else gets everything, and the counters say so', async () => {
  const limits = { maxPendingBytes: 1024 * 1024, pressurePauseMs: 50 }
  await using hub = await createHub({})
  await hub.listen('nats://127.0.0.1:0', limits)
  const stuck = await client(hub)
  stuck.socket.write('SUB flood 1\r\n')
  await stuck.settle()
  stuck.socket.pause()
  const healthy = await client(hub)
  healthy.socket.write('SUB flood 1\r\n')
  await healthy.settle()
  const publisher = await client(hub)
  const payload = 'x'.repeat(1000)
  const count = 40_000
  const batch = `PUB flood ${payload.length}\r\n${payload}\r\n`.repeat(500)
  // The healthy one keeps up: client and hub share this test's only thread, so it is given its turn.
  const before = healthy.bytes
  const perBatch = `MSG flood 1 ${payload.length}\r\n${payload}\r\n`.length * 500
  for (let i = 1; i <= count / 500; i++) {
    publisher.socket.write(batch)
    await healthy.until(() => healthy.closed || healthy.bytes - before >= i * perBatch)
  }
  assert.equal(healthy.messages().length, count)
  assert.equal(hub.core.counters.slowConsumers, 1)
  assert.equal(hub.core.counters.closed.get('slow-consumer'), 1)
  assert(hub.core.backpressure.pauses > 0)
  stuck.socket.destroy()
})

test('a subscriber that is slow for a moment pauses its publisher instead of being cut', async () => {
  await using hub = await createHub({})
  await hub.listen('nats://127.0.0.1:0', { maxPendingBytes: 4 * 1024 * 1024, pressurePauseMs: 60_000 })
  const slow = await client(hub)
  slow.socket.write('SUB flood 1\r\n')
  await slow.settle()
  slow.socket.pause()
  const publisher = await client(hub)
  const payload = 'x'.repeat(10_000)
  const batch = `PUB flood ${payload.length}\r\n${payload}\r\n`.repeat(10)
  const count = 3000
  const sending = (async () => {
    for (let i = 0; i < count / 10; i++) if (!publisher.socket.write(batch)) await once(publisher.socket, 'drain')
  })()
  while (hub.core.backpressure.engaged === 0) await new Promise((resolve) => setImmediate(resolve))
  slow.socket.resume()
  await sending
  await publisher.settle()
  await slow.settle()
  assert.equal(slow.messages().length, count)
  assert.equal(hub.core.counters.slowConsumers, 0)
})

test('close writes everything that was accepted before connections end', async () => {
  const hub = await createHub({ listen: ['nats://127.0.0.1:0'] })
  const subscriber = await client(hub)
  subscriber.socket.write('SUB x 1\r\n')
  await subscriber.settle()
  const publisher = await client(hub)
  const payload = 'y'.repeat(5000)
  publisher.socket.write(`PUB x ${payload.length}\r\n${payload}\r\n`.repeat(1000))
  await publisher.settle()
  const closing = hub.close()
  await subscriber.until(() => subscriber.closed)
  await closing
  assert.equal(subscriber.messages().length, 1000)
})

test('connections beyond the limit are refused in their own protocol, the others stay', async () => {
  await using hub = await createHub({ limits: { maxConnections: 2 }, listen: ['nats://127.0.0.1:0'] })
  const [a, b] = [await client(hub), await client(hub)]
  const refused = new RawClient(hub.addresses[0].port as number)
  await refused.until(() => refused.closed)
  assert.match(refused.text, /-ERR '/)
  assert.equal(hub.core.counters.connectionsRefused, 1)
  await a.settle()
  await b.settle()
  a.socket.destroy()
  await once(a.socket, 'close')
  while (hub.core.connections.size > 1) await new Promise((resolve) => setImmediate(resolve))
  await client(hub)
})

test('a rate limit slows the sender down and loses nothing', async () => {
  await using hub = await createHub({})
  await hub.listen('nats://127.0.0.1:0', { messagesPerSecond: 2000 })
  const subscriber = await client(hub)
  subscriber.socket.write('SUB x 1\r\n')
  await subscriber.settle()
  const publisher = await client(hub)
  publisher.socket.write('PUB x 1\r\nm\r\n'.repeat(2500))
  await publisher.settle()
  await subscriber.settle()
  assert.equal(subscriber.messages().length, 2500)
})
