/** The end of an embedded hub: what it had accepted is answered, nothing new begins. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import net from 'node:net'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { createHub, type Hub } from '@wirehub/hub'

/** A lines client that collects what it is sent. */
async function client(hub: Hub): Promise<{ socket: net.Socket; ended: Promise<string> }> {
  const socket = net.connect(hub.addresses[0].port as number, '127.0.0.1')
  socket.setEncoding('utf8')
  await once(socket, 'connect')
  const ended = (async () => (await socket.toArray()).join(''))()
  return { socket, ended }
}

test('a request that came in before close is answered, by a listener that takes its time too', async () => {
  const hub = await createHub({ listen: ['lines://127.0.0.1:0'] })
  const asked = Promise.withResolvers<void>()
  const work = Promise.withResolvers<void>()
  hub.subscribe('slow', async (message) => {
    asked.resolve()
    await work.promise
    hub.emit('work.done')
    message.respond('late')
  })
  const seen: string[] = []
  hub.on('work.*', () => seen.push('done'))
  const { socket, ended } = await client(hub)
  socket.write('{"op":"req","subject":"slow","id":1}\n')
  await asked.promise
  const closing = hub.close()
  await turn()
  work.resolve()
  await closing
  assert.match(await ended, /"id":1,.*"data":"late"/)
  assert.deepEqual(seen, ['done'])
})

test('a request that comes in in the turn of close itself is answered', async () => {
  const hub = await createHub({ listen: ['lines://127.0.0.1:0'] })
  hub.subscribe('double', (message) => message.respond(message.value<number>() * 2))
  const { socket, ended } = await client(hub)
  socket.write('{"op":"sub","subject":"ready"}\n')
  while (hub.core.defaultAccount.subscriptionCount < 2) await turn()
  await new Promise<void>((resolve) =>
    socket.write('{"op":"req","subject":"double","data":21,"id":2}\n', () => resolve()),
  )
  await hub.close()
  assert.match(await ended, /"id":2,.*"data":42/)
})

test('a listener that never ends holds close up for drainTimeoutMs only; one that closes the hub itself, not at all', async () => {
  const stuck = await createHub({ limits: { drainTimeoutMs: 1 } })
  stuck.on('a', () => new Promise(() => {}))
  stuck.emit('a')
  await turn()
  await stuck.close()

  const hub = await createHub({ limits: { drainTimeoutMs: 2 ** 31 - 1 } })
  const closed = Promise.withResolvers<void>()
  hub.on('stop', async () => {
    await hub.close()
    closed.resolve()
  })
  hub.emit('stop')
  await closed.promise
})

test('all who close wait for the same end; nothing is opened or subscribed to any more', async () => {
  const hub = await createHub({ listen: ['lines://127.0.0.1:0'] })
  const { socket, ended } = await client(hub)
  const first = hub.close()
  assert.equal(hub.close(), first)
  const refused = { code: 'WIREHUB_ERR_CLOSED' }
  assert.throws(() => hub.subscribe('a'), refused)
  assert.throws(() => hub.on('a', () => {}), refused)
  await assert.rejects(hub.listen('lines://127.0.0.1:0'), refused)
  await first
  await assert.rejects(hub.listen('lines://127.0.0.1:0'), refused)
  assert.throws(() => hub.emit('a'), refused)
  await ended
  socket.destroy()
})

test('listeners that answer each other for ever do not keep close from its end', async () => {
  const hub = await createHub()
  hub.on('ping', () => hub.emit('pong'))
  hub.on('pong', () => hub.emit('ping'))
  hub.emit('ping')
  const unheard: unknown[] = []
  hub.on('error', (error) => unheard.push(error))
  await hub.close()
  assert.ok(unheard.length <= 1, 'at most the one that came too late')
})

test('a listener beyond this machine needs somebody who says that it may be insecure', async () => {
  await using hub = await createHub()
  const insecure = { code: 'WIREHUB_ERR_INSECURE' }
  await assert.rejects(createHub({ listen: ['nats://0.0.0.0:0'] }), insecure)
  await assert.rejects(hub.listen('lines://*:0'), insecure)
  await assert.rejects(hub.listen('lines://0.0.0.0:0?insecure=false'), insecure)
  await hub.listen('lines://0.0.0.0:0?insecure=true')
  assert.equal(hub.addresses.length, 1)
})

test('a URL that asks for TLS is not served in plain text; options that nobody reads are refused', async () => {
  await using hub = await createHub()
  const config = { code: 'WIREHUB_ERR_CONFIG' }
  for (const url of [
    'nats+tls://127.0.0.1:0',
    'nats://127.0.0.1:0?tls=true',
    'nats://127.0.0.1:0?backlog=5',
    'lines://127.0.0.1:0?mode=660',
    'lines://alice:secret@127.0.0.1:0',
  ]) {
    await assert.rejects(hub.listen(url), config, url)
  }
  assert.throws(() => hub.core.connect('raw+tls://127.0.0.1:1'), config)
  assert.equal(hub.addresses.length, 0)
})

test('limits given to createHub hold for the connections of its listeners', async () => {
  await using hub = await createHub({ listen: ['lines://127.0.0.1:0'], limits: { maxSubscriptions: 1 } })
  const { socket, ended } = await client(hub)
  socket.end('{"op":"sub","subject":"a"}\n{"op":"sub","subject":"b"}\n')
  assert.match(await ended, /"ok"}\n.*WIREHUB_ERR_LIMIT_REACHED/)
})
