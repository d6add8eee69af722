/** A listener that becomes another one at its own address by a reload: it was refused, since the old one still had the port. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import net from 'node:net'
import { test } from 'node:test'
import { HubService } from '@wirehub/hub'

const files = { readText: (name: string): string => name }

test('framing, protocol and stamps of a listener change at its own port; its connections go on', async (t) => {
  const service = await HubService.start({ listen: ['lines://127.0.0.1:0'] }, { files, defaultListen: [] })
  t.after(() => service.close())
  const port = service.hub.addresses[0].port as number
  const at = (scheme: string, options = ''): string => `${scheme}://127.0.0.1:${port}${options}`
  await service.reload({ listen: [] })
  await service.reload({ listen: [at('raw', '?framing=newline')] })
  const socket = net.connect(port, '127.0.0.1')
  t.after(() => socket.destroy())
  await once(socket, 'connect')
  const heard = service.hub.subscribe('tcp.in')
  const next = async (): Promise<unknown> => (await heard[Symbol.asyncIterator]().next()).value?.text()
  socket.write('one\n')
  assert.equal(await next(), 'one')
  await service.reload({ listen: [at('raw', '?framing=nul')] })
  await service.reload({ listen: [at('raw', '?framing=nul')], stampHeaders: true })
  socket.write('two\n')
  assert.equal(await next(), 'two')
  const other = net.connect(port, '127.0.0.1')
  t.after(() => other.destroy())
  other.write('three\0')
  assert.equal(await next(), 'three')
  await service.reload({ listen: [at('lines')] })
  assert.deepEqual(
    service.hub.addresses.map((one) => one.url),
    [at('lines')],
  )
})

test('when another listener of the same reload cannot be had, the old one is back', async (t) => {
  const server = net.createServer().listen(0, '127.0.0.1')
  t.after(() => server.close())
  await once(server, 'listening')
  const occupied = (server.address() as net.AddressInfo).port
  const probe = net.createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as net.AddressInfo
  await new Promise((resolve) => probe.close(resolve))
  const service = await HubService.start({ listen: [`lines://127.0.0.1:${port}`] }, { files, defaultListen: [] })
  t.after(() => service.close())
  const wrong = { listen: [`raw://127.0.0.1:${port}`, `nats://127.0.0.1:${occupied}`] }
  await assert.rejects(service.reload(wrong), { code: 'WIREHUB_ERR_LISTEN' })
  assert.deepEqual(
    service.hub.addresses.map((one) => one.url),
    [`lines://127.0.0.1:${port}`],
  )
  const client = net.connect(port, '127.0.0.1')
  t.after(() => client.destroy())
  client.write('{"op":"ping"}\n')
  const [answer] = (await once(client, 'data')) as [Buffer]
  assert.equal(String(answer), '{"op":"ok"}\n')
})
