/** The embedded hub as an EventEmitter, and across the wire. */
import assert from 'node:assert/strict'
import { EventEmitter, on, once } from 'node:events'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { connect } from '@nats-io/transport-node'
import { createHub, HubError, type HubMessage, nodeEnvironment } from '@wirehub/hub'

test('the hub is an EventEmitter: on, once, off, prependListener and their order', async () => {
  await using hub = await createHub()
  assert(hub instanceof EventEmitter)
  const calls: string[] = []
  hub.on('a', () => calls.push('second'))
  hub.prependListener('a', () => calls.push('first'))
  hub.once('a', () => calls.push('once'))
  const removed = (): void => void calls.push('removed')
  hub.on('a', removed)
  hub.off('a', removed)
  assert.equal(hub.emit('a'), true)
  assert.deepEqual(calls, [], 'listeners run after emit has returned')
  hub.emit('a')
  await turn()
  assert.deepEqual(calls, ['first', 'second', 'once', 'first', 'second'])
  assert.equal(hub.emit('nobody.listens'), false)
})

test('events.once and events.on work on it', async () => {
  await using hub = await createHub()
  const next = once(hub, 'x')
  hub.emit('x', { n: 1 }, 'two')
  const [value, second, message] = (await next) as [unknown, unknown, HubMessage]
  assert.deepEqual([value, second, message.subject], [{ n: 1 }, 'two', 'x'])
  const iterator = on(hub, 'y')
  hub.emit('y', 1)
  hub.emit('y', 2)
  assert.equal((await iterator.next()).value?.[0], 1)
  assert.equal((await iterator.next()).value?.[0], 2)
  await iterator.return?.()
  assert.equal(hub.listenerCount('y'), 0)
})

test('newListener and error are local, and behave as in any emitter', async () => {
  await using hub = await createHub()
  const names: unknown[] = []
  hub.on('newListener', (name) => names.push(name))
  hub.on('a.*', () => {})
  assert.deepEqual(names, ['a.*'])
  assert.throws(() => hub.emit('error', new Error('unheard')), /unheard/)
})

test('removeAllListeners ends the subscriptions', async () => {
  await using hub = await createHub()
  hub.on('a', () => {})
  hub.on('b', () => {})
  assert.equal(hub.core.defaultAccount.subscriptionCount, 2)
  hub.removeAllListeners('a')
  assert.equal(hub.core.defaultAccount.subscriptionCount, 1)
  hub.removeAllListeners()
  assert.equal(hub.core.defaultAccount.subscriptionCount, 0)
})

test('an error in one listener reaches the error event, not the other listeners', async () => {
  await using hub = await createHub()
  const heard: unknown[] = []
  hub.on('error', (error) => heard.push(error))
  hub.on('a', () => {
    throw new Error('broken')
  })
  hub.on('a', (value) => heard.push(value))
  hub.on('a', async () => {
    throw new Error('broken later')
  })
  hub.emit('a', 1)
  await turn()
  await turn()
  assert.deepEqual(
    heard.map((one) => (one instanceof Error ? one.message : one)),
    ['broken', 1, 'broken later'],
  )
})

test('captureRejections hands a rejection to the emitter with its event', async () => {
  await using hub = await createHub({ captureRejections: true })
  const captured: unknown[] = []
  Object.assign(hub, {
    [Symbol.for('nodejs.rejection')]: (error: Error, event: string) => captured.push([error.message, event]),
  })
  hub.on('a', async () => {
    throw new Error('late')
  })
  hub.emit('a')
  await turn()
  await turn()
  assert.deepEqual(captured, [['late', 'a']])
})

test('two hubs and a NATS client share events over TCP', async () => {
  await using hub = await createHub<{ 'orders.created': [{ id: number }] }>({ listen: ['nats://127.0.0.1:0'] })
  const client = await connect({ port: hub.addresses[0].port as number })
  const incoming = client.subscribe('orders.*', { max: 1 })
  await client.flush()
  assert.equal(hub.emit('orders.created', { id: 7 }), true)
  for await (const message of incoming) assert.deepEqual(message.json(), { id: 7 })
  const heard = once(hub, 'greeting')
  client.publish('greeting', 'hello')
  assert.equal((await heard)[0], 'hello')
  await client.close()
})

test('request and respond, in both directions', async () => {
  await using hub = await createHub({ listen: ['nats://127.0.0.1:0'] })
  const client = await connect({ port: hub.addresses[0].port as number })
  hub.subscribe('double', (message) => message.respond(message.value<number>() * 2))
  assert.equal((await client.request('double', '21')).json(), 42)
  client.subscribe('upper', { callback: (_, message) => void message.respond(message.string().toUpperCase()) })
  await client.flush()
  assert.equal((await hub.request('upper', 'abc')).text(), 'ABC')
  await client.close()
})

test('a request that nobody hears fails at once; one that nobody answers, in time', async () => {
  await using hub = await createHub()
  await assert.rejects(hub.request('nobody'), { code: 'WIREHUB_ERR_NO_RESPONDERS' })
  hub.subscribe('silent', () => {})
  await assert.rejects(hub.request('silent', 1, { timeoutMs: 10 }), { code: 'WIREHUB_ERR_TIMEOUT' })
})

test('subscriptions are async iterables; queue groups share; max ends', async () => {
  await using hub = await createHub()
  const first = hub.subscribe('jobs', { queue: 'workers' })
  const second = hub.subscribe('jobs', { queue: 'workers' })
  for (let i = 0; i < 10; i++) hub.publish('jobs', i)
  await turn()
  assert.deepEqual([first.received, second.received], [5, 5])
  const limited = hub.subscribe('ticks', { max: 2 })
  for (let i = 0; i < 5; i++) hub.publish('ticks', i)
  const seen: unknown[] = []
  for await (const message of limited) seen.push(message.value())
  assert.deepEqual(seen, [0, 1])
  assert(limited.closed)
})

test('a subscription that does not take its messages loses the newest, counted', async () => {
  await using hub = await createHub()
  const slow = hub.subscribe('flood', { maxPendingMessages: 3 })
  for (let i = 0; i < 10; i++) hub.publish('flood', i)
  await turn()
  assert.deepEqual([slow.received, slow.dropped, slow.pendingMessages, hub.droppedMessages], [3, 7, 3, 7])
})

test('bytes handed to the program are its own', async () => {
  await using hub = await createHub()
  const bytes = Buffer.from('abc')
  const next = once(hub, 'a')
  hub.emit('a', bytes)
  bytes.fill(0)
  assert.deepEqual((await next)[0], Buffer.from('abc'))
})

test('what cannot be published is refused with a code, and costs nobody anything', async () => {
  await using hub = await createHub()
  const code = (run: () => unknown): string => {
    try {
      run()
    } catch (error) {
      assert(error instanceof HubError)
      return error.code
    }
    return 'accepted'
  }
  assert.equal(
    code(() => hub.publish('a b')),
    'WIREHUB_ERR_INVALID_SUBJECT',
  )
  assert.equal(
    code(() => hub.publish('a.*')),
    'WIREHUB_ERR_INVALID_SUBJECT',
  )
  assert.equal(
    code(() => hub.publish('a', 1, { headers: { 'x\r\ny': '1' } })),
    'WIREHUB_ERR_INVALID_HEADER',
  )
  assert.equal(
    code(() => hub.publish('a', 1, { headers: { 'wireHub-User': 'root' } })),
    'WIREHUB_ERR_INVALID_HEADER',
  )
  assert.equal(
    code(() => hub.publish('a', Buffer.alloc(2 ** 20 + 1))),
    'WIREHUB_ERR_PAYLOAD_TOO_LARGE',
  )
  await hub.close()
  assert.equal(
    code(() => hub.publish('a')),
    'WIREHUB_ERR_CLOSED',
  )
})

test('close delivers what was published before it', async () => {
  const hub = await createHub()
  const seen: unknown[] = []
  hub.subscribe('a', (message) => seen.push(message.value()))
  for (let i = 0; i < 100; i++) hub.publish('a', i)
  await hub.close()
  assert.equal(seen.length, 100)
})

test("monitoring names the slowest of the program's own listeners", async () => {
  let now = 0
  const clock = { ...nodeEnvironment.clock, monotonic: () => now }
  await using hub = await createHub({ clock, listen: ['http://127.0.0.1:0'] })
  hub.on('quick', function swift() {
    now += 1
  })
  hub.once('heavy', function ponder() {
    now += 250
  })
  hub.emit('quick')
  hub.emit('heavy')
  await turn()
  assert.deepEqual(hub.slowestListener, { event: 'heavy', listener: 'ponder', milliseconds: 250 })
  const base = `http://127.0.0.1:${hub.addresses[0].port}`
  const varz = (await (await fetch(`${base}/varz`)).json()) as { wirehub: { slowest_listener: unknown } }
  assert.deepEqual(varz.wirehub.slowest_listener, hub.slowestListener)
  const page = await (await fetch(`${base}/metrics`)).text()
  assert.match(page, /wirehub_slowest_listener_seconds\{event="heavy",listener="ponder"\} 0\.25/)
})
