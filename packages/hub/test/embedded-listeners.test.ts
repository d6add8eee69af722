/** Listeners of the embedded hub that misbehave, end early or are typed wrongly. */
import assert from 'node:assert/strict'
import { errorMonitor } from 'node:events'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { createHub, type HubMessage } from '@wirehub/hub'

/** Uncaught exceptions while something runs. */
async function uncaught(run: () => Promise<void>): Promise<unknown[]> {
  const caught: unknown[] = []
  const note = (error: unknown): void => void caught.push(error)
  // The runner's own listeners would take them for failures of this test.
  const others = process.listeners('uncaughtException')
  process.removeAllListeners('uncaughtException')
  process.on('uncaughtException', note)
  try {
    await run()
    await turn()
  } finally {
    process.removeAllListeners('uncaughtException')
    for (const listener of others) process.on('uncaughtException', listener)
  }
  return caught
}

const boom = (): never => {
  throw new Error('boom')
}

test('a listener that is no function leaves no subscription behind', async () => {
  await using hub = await createHub()
  assert.throws(() => hub.on('a', undefined as never), { code: 'ERR_INVALID_ARG_TYPE' })
  assert.throws(() => hub.prependListener('a', 'x' as never), { code: 'ERR_INVALID_ARG_TYPE' })
  assert.equal(hub.core.defaultAccount.subscriptionCount, 0)
  assert.equal(hub.emit('a'), false)
})

test('a listener of errors that throws keeps neither the other listeners nor other events from what is theirs', async () => {
  await using hub = await createHub()
  const seen: unknown[] = []
  hub.on('error', () => {
    throw new Error('from the listener of errors')
  })
  hub.on('a', boom)
  hub.on('a', (value) => seen.push(value))
  hub.subscribe('b', (message) => seen.push(message.value()))
  const thrown = await uncaught(async () => {
    hub.emit('a', 1)
    hub.emit('b', 2)
    await turn()
  })
  assert.deepEqual(seen, [1, 2])
  assert.deepEqual(
    thrown.map((error) => (error as Error).message),
    ['from the listener of errors'],
  )
})

test('an error that nobody listens for is shown to errorMonitor, then is an uncaught exception', async () => {
  await using hub = await createHub()
  const seen: unknown[] = []
  hub.on(errorMonitor, (error: Error) => seen.push(error.message))
  hub.on('a', boom)
  hub.on('a', () => seen.push('the other one'))
  const thrown = await uncaught(async () => {
    hub.emit('a')
    await turn()
  })
  assert.deepEqual(seen, ['boom', 'the other one'])
  assert.deepEqual(
    thrown.map((error) => (error as Error).message),
    ['boom'],
  )
})

test('newListener, removeListener, once and off: as in any emitter, in what order they come included', async () => {
  await using hub = await createHub()
  const seen: string[] = []
  const named = function named(): void {
    seen.push('called')
  }
  hub.on('newListener', (name: string) => seen.push(`new ${name} ${hub.listenerCount(name)}`))
  hub.on('removeListener', (name: string, listener: () => void) => seen.push(`removed ${name} ${listener.name}`))
  hub.once('a', named)
  assert.equal((hub.rawListeners('a')[0] as unknown as { listener: unknown }).listener, named)
  hub.emit('a')
  hub.emit('a')
  await turn()
  hub.on('b', named)
  hub.removeAllListeners('b')
  assert.deepEqual(seen, ['new removeListener 0', 'new a 0', 'removed a named', 'called', 'new b 0', 'removed b named'])
  assert.deepEqual(hub.eventNames(), ['newListener', 'removeListener'])
})

test('a listener that another takes off during an event is still called for it, as in any emitter; not for the next', async () => {
  await using hub = await createHub()
  const seen: number[] = []
  const second = (): void => void seen.push(2)
  hub.on('a', () => {
    seen.push(1)
    hub.off('a', second)
  })
  hub.on('a', second)
  hub.emit('a')
  hub.emit('a')
  await turn()
  assert.deepEqual(seen, [1, 2, 1])
})

test('who has been taken off, or has unsubscribed, is not called any more, even for what was on its way', async () => {
  await using hub = await createHub()
  const seen: string[] = []
  const listener = (): void => void seen.push('listener')
  hub.on('a', listener)
  const subscription = hub.subscribe('a', () => seen.push('callback'))
  hub.emit('a')
  hub.off('a', listener)
  subscription.unsubscribe()
  await turn()
  assert.deepEqual(seen, [])
})

test('an iterator that waits for a message ends at once when it is left', async () => {
  await using hub = await createHub()
  const iterator = hub.subscribe('a')[Symbol.asyncIterator]()
  const next = iterator.next()
  await iterator.return?.()
  assert.deepEqual(await next, { done: true, value: undefined })
  assert.equal(hub.core.defaultAccount.subscriptionCount, 0)
})

test('two iterators of one subscription share its messages, and both end', async () => {
  await using hub = await createHub()
  const subscription = hub.subscribe('a')
  const seen: unknown[] = []
  const read = async (): Promise<void> => {
    for await (const message of subscription) seen.push(message.value())
  }
  const both = [read(), read()]
  for (let i = 0; i < 10; i++) {
    hub.publish('a', i)
    if (i % 3 === 0) await turn()
  }
  await turn()
  subscription.unsubscribe()
  await Promise.all(both)
  assert.deepEqual(
    seen.toSorted((a, b) => Number(a) - Number(b)),
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
  )
  assert.equal(subscription.pendingMessages, 0)
})

test('what was published before unsubscribe still comes out of the iterator', async () => {
  await using hub = await createHub()
  const subscription = hub.subscribe('a')
  hub.publish('a', 1)
  hub.publish('a', 2)
  subscription.unsubscribe()
  const seen: unknown[] = []
  for await (const message of subscription) seen.push(message.value())
  assert.deepEqual(seen, [1, 2])
})

test('a signal ends a subscription, and gives a request up', async () => {
  await using hub = await createHub()
  const controller = new AbortController()
  const { signal } = controller
  const subscription = hub.subscribe('silent', { signal })
  const ended = (async () => {
    for await (const _ of subscription);
  })()
  const request = hub.request('silent', 1, { signal, timeoutMs: 2 ** 31 - 1 })
  controller.abort(new Error('enough'))
  await assert.rejects(request, /enough/)
  await ended
  assert.equal(subscription.closed, true)
  await assert.rejects(hub.request('silent', 1, { signal }), /enough/)
  assert.equal(hub.subscribe('silent', { signal }).closed, true)
  assert.equal(hub.core.defaultAccount.subscriptionCount, 1, 'the inbox of requests')
})

test('options that mean nothing are refused, with what was meant', async () => {
  await using hub = await createHub()
  const usage = { code: 'WIREHUB_ERR_USAGE' }
  for (const timeoutMs of [Number.POSITIVE_INFINITY, Number.NaN, 0, -1, 1.5, 2 ** 31, '100' as never]) {
    await assert.rejects(hub.request('a', 1, { timeoutMs }), usage)
  }
  for (const max of [0, -1, 1.5, Number.NaN]) assert.throws(() => hub.subscribe('a', { max }), usage)
  assert.throws(() => hub.subscribe('a', { maxPendingMessages: 0 }), usage)
  for (const queue of ['', 'a b', 'x\r\ny'])
    assert.throws(() => hub.subscribe('a', { queue }), { code: 'WIREHUB_ERR_INVALID_SUBJECT' })
  await assert.rejects(hub.request('a', 1, { timeout: 5 } as never), { ...usage, cure: "Did you mean 'timeoutMs'?" })
  await assert.rejects(createHub({ listn: [] } as never), { ...usage, cure: "Did you mean 'listen'?" })
  await assert.rejects(createHub({ listen: 'nats://127.0.0.1:0' as never }), usage)
  const config = { code: 'WIREHUB_ERR_CONFIG' }
  await assert.rejects(createHub({ limits: { maxPayloadBites: 1 } as never }), {
    ...config,
    cure: "Did you mean 'maxPayloadBytes'?",
  })
  await assert.rejects(createHub({ limits: { maxConnections: -1 } }), config)
  await assert.rejects(createHub({ limits: { pressureRatio: 2 } }), config)
  await assert.rejects(hub.listen('lines://127.0.0.1:0', { maxPayloadBytes: 0.5 }), config)
  for (const subject of [undefined, null, 5, {}]) {
    assert.throws(() => hub.publish(subject as never), { code: 'WIREHUB_ERR_INVALID_SUBJECT' })
    assert.throws(() => hub.subscribe(subject as never), { code: 'WIREHUB_ERR_INVALID_SUBJECT' })
    assert.throws(() => hub.on(subject as unknown as string, boom), { code: 'WIREHUB_ERR_INVALID_SUBJECT' })
  }
  assert.equal(hub.core.defaultAccount.subscriptionCount, 0)
})

interface Events {
  'orders.created': [order: { id: number }]
  tick: []
}

test('the event map is checked by emit, on, once and their like, and says what listeners get', async () => {
  await using hub = await createHub<Events>()
  const seen: unknown[] = []
  hub.once('orders.created', (order, message) => seen.push(order.id, message.subject))
  hub.prependOnceListener('orders.created', (order) => seen.push(order.id))
  hub.on('tick', (message: HubMessage) => seen.push(message.subject))
  hub.on('orders.*', (order) => seen.push(order.id))
  hub.emit('orders.created', { id: 7 })
  hub.emit('tick')
  await turn()
  assert.deepEqual(seen, [7, 7, 'orders.created', 7, 'tick'])
  // What follows is for the compiler: each line is a mistake that it must find.
  // @ts-expect-error
  hub.emit('orders.created', 'seven')
  // @ts-expect-error
  hub.emit('orders.created')
  // @ts-expect-error
  hub.emit('tick', 1)
  for (const method of ['on', 'once', 'off', 'addListener', 'prependListener', 'prependOnceListener'] as const) {
    const wrong = (order: string): string => order
    // @ts-expect-error
    hub[method]('orders.created', wrong)
  }
  await using loose = await createHub()
  loose.on('orders.created', (order) => seen.push(order.id))
  loose.emit('anything', 1, { two: 2 })
})
