/** The limits of an account hold whatever protocol its connections speak. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import net from 'node:net'
import { test } from 'node:test'
import { HubService } from '@wirehub/hub'

const files = {
  readText: (): string => {
    throw new Error('no files here')
  },
}

async function start(limits: { maxConnections?: number; maxSubscriptions?: number }): Promise<HubService> {
  const config = {
    listen: ['lines://127.0.0.1:0', 'nats://127.0.0.1:0', 'raw://127.0.0.1:0'],
    accounts: { small: limits },
    authorization: { users: [{ user: 'ann', password: 'secret', account: 'small' }], noAuthUser: 'ann' },
  }
  return HubService.start(config, { files, defaultListen: [] })
}

class Peer {
  readonly socket: net.Socket
  text = ''
  ended = false

  constructor(service: HubService, scheme: string) {
    const port = service.hub.addresses.find((one) => one.scheme === scheme)?.port as number
    this.socket = net.connect(port, '127.0.0.1')
    this.socket.on('error', () => {})
    this.socket.on('data', (chunk) => (this.text += chunk.toString()))
    this.socket.on('end', () => (this.ended = true))
  }

  async until(done: () => boolean): Promise<void> {
    while (!done()) await Promise.race([once(this.socket, 'data'), once(this.socket, 'close')])
  }
}

const LOGIN = '{"op":"auth","id":1,"user":"ann","password":"secret"}\n'

test('an account that has its connections lets no more in, on any port', async (t) => {
  const service = await start({ maxConnections: 1 })
  t.after(() => service.close())
  const first = new Peer(service, 'lines')
  first.socket.write(LOGIN)
  await first.until(() => first.text.includes('"ok"'))
  const second = new Peer(service, 'lines')
  second.socket.write(LOGIN)
  await second.until(() => second.ended)
  assert.match(second.text, /WIREHUB_ERR_LIMIT_REACHED/)
  const third = new Peer(service, 'nats')
  third.socket.write('CONNECT {"user":"ann","pass":"secret"}\r\nPING\r\n')
  await third.until(() => third.ended)
  assert.match(third.text, /maximum account active connections exceeded/i)
  const fourth = new Peer(service, 'raw')
  fourth.socket.resume()
  await once(fourth.socket, 'close')
  first.socket.write('{"op":"ping","id":2}\n')
  await first.until(() => first.text.includes('"id":2'))
  for (const one of [first, second, third]) one.socket.destroy()
})

test('an account that has its subscriptions gets no more, on any port', async (t) => {
  const service = await start({ maxSubscriptions: 1 })
  t.after(() => service.close())
  const lines = new Peer(service, 'lines')
  lines.socket.write(`${LOGIN}{"op":"sub","id":2,"subject":"a"}\n{"op":"sub","id":3,"subject":"b"}\n`)
  await lines.until(() => lines.text.includes('"id":3'))
  const [, second, third] = lines.text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
  assert.deepEqual([second.op, third.op, third.code], ['ok', 'err', 'WIREHUB_ERR_LIMIT_REACHED'])
  const nats = new Peer(service, 'nats')
  nats.socket.write('CONNECT {"user":"ann","pass":"secret","verbose":false}\r\nSUB c 1\r\nPING\r\n')
  await nats.until(() => nats.text.includes('PONG'))
  assert.match(nats.text, /-ERR 'maximum subscriptions exceeded'/i)
  for (const one of [lines, nats]) one.socket.destroy()
})
