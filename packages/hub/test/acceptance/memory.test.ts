/** Millions of messages, connections and subscriptions leave the heap where it was. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import net from 'node:net'
import { test } from 'node:test'
import { type Figures, HubProcess } from './hub-process.ts'
import { eventually, Wire } from './load.ts'

const LONG = process.env.WIREHUB_TEST_LONG !== undefined
const MESSAGES = LONG ? 10_000_000 : 300_000
const CONNECTIONS = LONG ? 20_000 : 1000
const SUBSCRIPTIONS = LONG ? 2_000_000 : 60_000
const MIB = 1024 * 1024
/** What compiled code and caches may still add after the warm-up. A leak of one byte a message would show in the long run; of seven in the short one. */
const TOLERANCE_BYTES = 2 * MIB

function assertSameMemory(before: Figures, after: Figures): void {
  const grown = after.heapBytes - before.heapBytes
  assert.ok(grown < TOLERANCE_BYTES, `the heap has grown by ${(grown / MIB).toFixed(2)} MiB`)
  // Slabs are kept for reuse, up to their limit; a few more or less may stand by.
  const external = after.externalBytes - before.externalBytes
  assert.ok(external < 4 * MIB, `memory beside the heap has grown by ${(external / MIB).toFixed(2)} MiB`)
}

test(`${MESSAGES.toLocaleString('en')} messages leave the heap where it was`, async (t) => {
  const hub = await HubProcess.start(t, { listen: ['nats://127.0.0.1:0'] })
  const [port] = hub.ports
  const subscriber = await Wire.open(port, 'SUB load.> 1\r\nSUB load.1 2\r\nSUB load.* q 3\r\n')
  const others = await Promise.all([1, 2].map(() => Wire.open(port, 'SUB load.2 1\r\n')))
  const publisher = await Wire.open(port)
  // A thousand subjects that come back, and one that is new each time, with a reply inbox, as requests have it.
  const batch = (round: number, every: number): Buffer => {
    let text = ''
    for (let i = 0; i < 1000; i++) {
      text += i % every === 0 ? `PUB load.${round}x${i} _INBOX.${round}.${i} 16\r\n` : `PUB load.${i} 16\r\n`
      text += '0123456789abcdef\r\n'
    }
    return Buffer.from(text)
  }
  const send = async (from: number, messages: number, every = 10): Promise<void> => {
    for (let round = from; round < from + messages / 1000; round++) {
      await publisher.write(batch(round, every))
      if (round % 20 === 19) await publisher.roundTrip()
    }
    await publisher.roundTrip()
    await subscriber.roundTrip()
  }
  // As many answers are kept as the cache of routes has room for: it is filled first.
  await send(0, 60_000, 1)
  await send(1000, 100_000)
  const before = await hub.figures()
  await send(1_000_000, MESSAGES)
  const after = await hub.figures()
  assert.equal(after.messagesIn - before.messagesIn, MESSAGES)
  assert.equal(after.messagesOut - before.messagesOut, MESSAGES * 2 + (MESSAGES / 1000) * 3)
  t.diagnostic(
    `heap ${(before.heapBytes / MIB).toFixed(2)} MiB before, ${(after.heapBytes / MIB).toFixed(2)} MiB after; beside it ${(before.externalBytes / MIB).toFixed(2)} and ${(after.externalBytes / MIB).toFixed(2)} MiB`,
  )
  assertSameMemory(before, after)
  for (const one of [subscriber, publisher, ...others]) await one.close()
})

/** One short life of a connection: what it says, and how it ends. */
const lives: readonly ((index: number) => { listener: number; says: string; ending: 'end' | 'reset' })[] = [
  (index) => ({
    listener: 0,
    says: `CONNECT {"verbose":false}\r\nSUB a.${index} 1\r\nSUB a.* 2\r\nPUB a.${index} 2\r\nhi\r\nPING\r\n`,
    ending: 'end',
  }),
  (index) => ({
    listener: 0,
    says: `CONNECT {"verbose":false}\r\nSUB only.${index} 1\r\nPUB only.${index} 2\r\nhi\r\n`,
    ending: 'reset',
  }),
  () => ({ listener: 0, says: 'SUB half a line', ending: 'reset' }),
  (index) => ({
    listener: 1,
    says: `{"op":"sub","subject":"a.*"}\n{"op":"req","subject":"a.${index}","data":1,"timeoutMs":1}\n`,
    ending: 'end',
  }),
  () => ({ listener: 1, says: '{"op":"sub","subject":"a.*"}\n{"op":"pub"', ending: 'reset' }),
  (index) => ({ listener: 2, says: `line ${index}\nhalf`, ending: 'end' }),
  () => ({ listener: 2, says: 'half', ending: 'reset' }),
  () => ({ listener: 3, says: 'GET /connz HTTP/1.1\r\nHost: localhost\r\n\r\n', ending: 'end' }),
  () => ({ listener: 3, says: 'GET /', ending: 'reset' }),
]

async function live(ports: readonly number[], index: number): Promise<void> {
  const { listener, says, ending } = lives[index % lives.length](index)
  const socket = net.connect(ports[listener], '127.0.0.1')
  socket.on('error', () => {})
  socket.resume()
  const closed = once(socket, 'close')
  await once(socket, 'connect')
  await new Promise((resolve) => socket.write(says, resolve))
  if (ending === 'end') socket.end()
  else socket.resetAndDestroy()
  await closed
}

test(`${CONNECTIONS.toLocaleString('en')} connections come and go and leave nothing behind`, async (t) => {
  const hub = await HubProcess.start(t, {
    listen: [
      'nats://127.0.0.1:0',
      'lines://127.0.0.1:0',
      'raw://127.0.0.1:0?framing=newline&lingerMs=1',
      'http://127.0.0.1:0',
    ],
    // What /connz tells of connections that have ended is kept, up to a limit that the warm-up reaches.
    limits: { maxClosedConnections: 100 },
  })
  const churn = async (from: number, count: number): Promise<Figures> => {
    for (let i = from; i < from + count; i += 20)
      await Promise.all(Array.from({ length: 20 }, (_, k) => live(hub.ports, i + k)))
    return eventually(async () => {
      const figures = await hub.figures()
      assert.deepEqual([figures.connections, figures.accountConnections, figures.backpressure], [0, 0, 0])
      // The raw listener has none while nobody is connected; HTTP's last sockets are closing.
      assert.equal(figures.resources.TCPSocketWrap ?? 0, 0)
      return figures
    })
  }
  const before = await churn(0, 1000)
  const after = await churn(1000, CONNECTIONS)
  assert.equal(after.subscriptions, before.subscriptions)
  assert.deepEqual(after.resources, before.resources)
  t.diagnostic(
    `heap ${(before.heapBytes / MIB).toFixed(2)} MiB before, ${(after.heapBytes / MIB).toFixed(2)} MiB after`,
  )
  assertSameMemory(before, after)
})

test(`${SUBSCRIPTIONS.toLocaleString('en')} subscriptions come and go and leave nothing behind`, async (t) => {
  const hub = await HubProcess.start(t, { listen: ['nats://127.0.0.1:0'] })
  const wire = await Wire.open(hub.ports[0])
  const churn = async (from: number, count: number): Promise<Figures> => {
    for (let i = from; i < from + count; i += 1000) {
      let text = ''
      for (let k = i; k < i + 1000; k++) {
        const pattern = [`s.${k}`, `s.${k}.*`, `s.*.${k}.>`, `s.${k % 7} group${k % 3}`][k % 4]
        // Some end by themselves, by a number of messages that comes, or when they are told.
        if (k % 5 === 0)
          text += `SUB ${pattern} ${k}\r\nUNSUB ${k} 1\r\nPUB ${pattern.split(' ')[0].replace(/[*>]/g, 'x')} 0\r\n\r\n`
        text += `SUB ${pattern} ${k}b\r\nPUB s.${k} 1\r\nx\r\nUNSUB ${k}b\r\n`
        if (k % 5 === 0) text += `UNSUB ${k}\r\n`
      }
      await wire.write(text)
    }
    await wire.roundTrip()
    return hub.figures()
  }
  // Subjects that come twice are kept, as many as the cache of routes has room for: it is filled first.
  for (let i = 0; i < 70_000; i += 1000) {
    await wire.write(Array.from({ length: 1000 }, (_, k) => `PUB w.${i + k} 0\r\n\r\n`.repeat(2)).join(''))
  }
  const before = await churn(0, 20_000)
  const after = await churn(1_000_000, SUBSCRIPTIONS)
  assert.equal(after.subscriptions, 0)
  t.diagnostic(
    `heap ${(before.heapBytes / MIB).toFixed(2)} MiB before, ${(after.heapBytes / MIB).toFixed(2)} MiB after`,
  )
  assertSameMemory(before, after)
  await wire.close()
})
