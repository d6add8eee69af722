/** Other limits by a reload: in force at once, on listeners that stay open too; what is no longer given has its default again. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import net from 'node:net'
import { type TestContext, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { defaultHubLimits, type HubConfig, HubService } from '@wirehub/hub'

const files = { readText: (name: string): string => name }
const listen = ['lines://127.0.0.1:0', 'raw://127.0.0.1:0?framing=newline', 'nats://127.0.0.1:0']

async function serve(t: TestContext, config: HubConfig): Promise<{ service: HubService; ports: number[] }> {
  const service = await HubService.start({ listen, ...config }, { files, defaultListen: [] })
  t.after(() => service.close())
  return { service, ports: service.hub.addresses.map((one) => one.port as number) }
}

/** Sends a line; resolves with the first one that comes back. */
async function ask(t: TestContext, port: number, line: string): Promise<string> {
  const socket = net.connect(port, '127.0.0.1')
  socket.on('error', () => {})
  t.after(() => socket.destroy())
  socket.setEncoding('utf8')
  socket.write(`${line}\n`)
  const [answer] = (await once(socket, 'data')) as [string]
  return answer
}

const publish = (bytes: number): string => `{"op":"pub","subject":"a","data":"${'x'.repeat(bytes)}","ack":true}`

test('the longest line and the largest frame follow the payload limit', async (t) => {
  const { service, ports } = await serve(t, { limits: { maxPayloadBytes: 1000 } })
  assert.match(await ask(t, ports[0], publish(10_000)), /PAYLOAD_TOO_LARGE/)
  await service.reload({ listen, limits: { maxPayloadBytes: 20_000 } })
  assert.match(await ask(t, ports[0], publish(10_000)), /"ok"/)
  const frames = service.hub.subscribe('tcp.in')
  const socket = net.connect(ports[1], '127.0.0.1')
  t.after(() => socket.destroy())
  socket.write(`${'y'.repeat(10_000)}\n`)
  for await (const frame of frames) {
    assert.equal(frame.data.length, 10_000)
    break
  }
  await service.reload({ listen, limits: { maxPayloadBytes: 100 } })
  assert.match(await ask(t, ports[0], publish(1000)), /PAYLOAD_TOO_LARGE/)
  const letters = service.hub.subscribe('$HUB.DLQ.tcp.in')
  const small = net.connect(ports[1], '127.0.0.1')
  t.after(() => small.destroy())
  small.write(`${'y'.repeat(1000)}\n`)
  for await (const letter of letters) {
    assert.equal(letter.headers.get('Dead-Letter-Reason'), 'payload-too-large')
    break
  }
})

test('how many connections there may be, in all and of an account; without a number the default holds again', async (t) => {
  const authorization = {
    users: [
      { user: 'a', password: 'pw', account: 'A' },
      { user: 'b', password: 'pw', account: 'B' },
    ],
  }
  const auth = (user: string): string => `{"op":"auth","user":"${user}","password":"pw"}`
  const first = { authorization, accounts: { A: { maxConnections: 1 } }, limits: { maxConnections: 2 } }
  const { service, ports } = await serve(t, first)
  const { core } = service.hub
  assert.match(await ask(t, ports[0], auth('a')), /"ok"/)
  assert.match(await ask(t, ports[0], auth('a')), /LIMIT_REACHED/)
  // Whoever has been refused has its place until it is gone.
  while (core.connections.size > 1) await turn()
  assert.match(await ask(t, ports[0], auth('b')), /"ok"/)
  assert.match(await ask(t, ports[0], auth('b')), /LIMIT_REACHED/)
  await service.reload({ listen, authorization, accounts: { A: { maxConnections: 2 } } })
  assert.match(await ask(t, ports[0], auth('a')), /"ok"/)
  assert.match(await ask(t, ports[0], auth('a')), /LIMIT_REACHED/)
  assert.match(await ask(t, ports[0], auth('b')), /"ok"/)
  assert.deepEqual(core.limits, defaultHubLimits)
  assert.equal(core.defaultAccount.limits.maxConnections, defaultHubLimits.maxConnections)
  await service.reload({ listen, authorization, limits: { memoryPressureRatio: 0.5, outputPoolBytes: 65_536 } })
  assert.equal(core.memoryGuard.ratio, 0.5)
  const slabs = [core.turn.pool.take(1), core.turn.pool.take(1)]
  for (const slab of slabs) core.turn.pool.release(slab)
  assert.equal(core.turn.pool.idleBytes, 65_536)
})
