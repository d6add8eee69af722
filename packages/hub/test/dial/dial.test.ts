/** Dialling hand-written servers: in memory, where waits cost no time. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HubService } from '@wirehub/hub'
import { MemoryWorld } from '@wirehub/hub/testing'
import type { StreamSocket } from '../../src/core/environment.ts'
import { memoryHub } from '../support/memory-hub.ts'

const LOG = (lines: string[]) => ({ log: (_level: string, sentence: string) => void lines.push(sentence) })

test('a server that is not there is dialled again, each time later, with jitter, up to the longest wait', async () => {
  const { world, hub } = await memoryHub([], { connect: ['raw://127.0.0.1:9?retryMinMs=100&retryMaxMs=1000'] })
  const [dialer] = hub.core.dialers
  const gaps: number[] = []
  let last = 0
  let waited = 0
  for (let attempts = 1; attempts < 9; ) {
    world.advance(1)
    waited++
    if (dialer.counters.attempts > attempts) {
      attempts = dialer.counters.attempts
      gaps.push(waited - last)
      last = waited
    }
  }
  for (const [index, gap] of gaps.entries()) {
    const longest = Math.min(1000, 100 * 2 ** index)
    assert.ok(gap >= longest / 2 && gap <= longest + 1, `wait ${index} was ${gap} ms, of at most ${longest}`)
  }
  assert.equal(dialer.counters.connects, 0)
  assert.equal(dialer.lastError, 'connect ECONNREFUSED')
})

test('a lost server is dialled again, and what comes from it is published as from any socket', async () => {
  const lines: string[] = []
  const { world, hub, watch } = await memoryHub([], LOG(lines))
  const sockets: StreamSocket[] = []
  const server = world.environment.net.createServer({ allowHalfOpen: true })
  server.on('connection', (socket) => void sockets.push(socket))
  server.listen({ port: 7000 })
  hub.core.connect('raw://127.0.0.1:7000?framing=newline&in=meter.said&out=meter.say&retryMinMs=100')
  const seen = watch('meter.said')
  world.run()
  sockets[0].write(Buffer.from('23 degrees\n'))
  world.run()
  assert.deepEqual(
    seen.map((message) => message.text()),
    ['23 degrees'],
  )
  assert.equal(hub.publish('meter.say', 'reset'), 1)
  sockets[0].destroy()
  world.run()
  assert.equal(hub.publish('meter.say', 'nobody is there'), 0)
  world.advance(1000)
  assert.equal(sockets.length, 2)
  assert.equal(hub.publish('meter.say', 'again'), 1)
  assert.deepEqual(lines, ['Connected to a server.', 'A server was lost.', 'Connected to a server.'])
  const closed = hub.close()
  world.advance(1000)
  sockets[1].destroy()
  world.advance(20_000)
  await Promise.resolve()
  world.advance(20_000)
  await closed
  assert.equal(hub.core.dialers[0].state, 'stopped')
  assert.equal(hub.core.dialers[0].counters.attempts, 2)
})

test('options that make no sense are refused', async () => {
  const { hub } = await memoryHub([])
  for (const url of ['raw://h:1?retryMinMs=x', 'raw://h:1?framing=morse', 'raw://h:1?colour=red', 'smoke://h:1']) {
    assert.throws(() => hub.core.connect(url), { code: 'WIREHUB_ERR_CONFIG' }, url)
  }
})

test('a server that the hub dials need not show who it is where users must', async () => {
  const world = new MemoryWorld()
  const { net, clock, random } = world.environment
  const sockets: StreamSocket[] = []
  const server = net.createServer({ allowHalfOpen: true })
  server.on('connection', (socket) => void sockets.push(socket))
  server.listen({ port: 7000 })
  const config = {
    listen: ['raw://127.0.0.1:0?framing=newline'],
    connect: ['raw://127.0.0.1:7000?framing=newline&in=meter.said&out=meter.ask'],
    authorization: { users: [{ user: 'ann', password: 'secret' }] },
  }
  const files = { readText: (name: string) => name }
  const service = await HubService.start(config, { files, defaultListen: [], net, clock, random })
  const said: string[] = []
  service.hub.subscribe('meter.said', (message) => said.push(message.text()))
  world.run()
  assert.equal(service.hub.publish('meter.ask', 'kitchen'), 1)
  sockets[0].write(Buffer.from('21.5\n'))
  world.run()
  assert.deepEqual(said, ['21.5'])
  // Whoever comes by itself is a stranger all the same.
  const stranger = world.connect(service.hub.addresses[0].port as number)
  world.run()
  assert.ok(stranger.peerEnded)
})
