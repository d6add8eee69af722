/** TCP Fast Open, RFC 7413: what the SYN carries, who is believed, and what happens when the way or the peer will have none of it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Dialogue, Net, type Packet } from '../../../test/support/tcp-harness.ts'
import type { TcpOption } from '../../wire/tcp-options.ts'
import { createCounters } from './counters.ts'
import { FastOpen } from './fast-open.ts'
import type { TcpConnection, TcpListenOptions } from './types.ts'

const text = (said: string): Uint8Array => new TextEncoder().encode(said)

function cookieOf(options: TcpOption[]): Uint8Array | undefined {
  const found = options.find((option) => option.name === 'fast-open')
  return found?.name === 'fast-open' ? found.cookie : undefined
}

/** A server that answers what it reads with the same, and a way of asking it; times are round trips of 100 ms. */
class Echo {
  readonly net: Net
  readonly accepted: TcpConnection[] = []
  drop: (packet: Packet) => boolean = () => false

  constructor(listen: Partial<TcpListenOptions> = {}) {
    this.net = new Net({ delayMs: 50, filter: (packet) => !this.drop(packet) })
    const { net } = this
    const onReadable = (connection: TcpConnection): void => {
      const bytes = new Uint8Array(connection.readableBytes)
      connection.read(bytes, net.now)
      connection.send(bytes, net.now)
    }
    const onConnection: TcpListenOptions['onConnection'] = (listener) => {
      const connection = listener.accept()!
      this.accepted.push(connection)
      connection.observer = { onReadable, onEnd: (ended) => ended.shutdown(net.now) }
    }
    net.b.layer.listen({ port: 80, fastOpenBacklog: 10, ...listen, onConnection }, net.now)
  }

  /** Asks, and gives what came back and after how many milliseconds. */
  ask(said: string): { heard: string; ms: number; client: TcpConnection } {
    const { net } = this
    const begun = net.now
    let heard = ''
    const onReadable = (connection: TcpConnection): void => {
      const bytes = new Uint8Array(connection.readableBytes)
      connection.read(bytes, net.now)
      heard += new TextDecoder().decode(bytes)
    }
    const client = net.a.layer.connect(
      {
        local: net.a.address,
        remote: net.b.address,
        remotePort: 80,
        data: text(said),
        observer: { onReadable },
        options: { fastOpen: true },
      },
      net.now,
    )
    net.run(() => heard.length >= said.length, 60_000)
    const ms = net.now - begun
    client.shutdown(net.now)
    net.run(() => client.state === 'TIME-WAIT' || client.state === 'CLOSED', 60_000)
    return { heard, ms, client }
  }
}

test('the first connection asks for a cookie, the next ones have their answer after one round trip instead of two (1, 3)', () => {
  const echo = new Echo()
  const first = echo.ask('hello')
  assert.deepEqual([first.heard, first.ms], ['hello', 200])
  const second = echo.ask('again')
  assert.deepEqual([second.heard, second.ms], ['again', 100])
  const { fastOpenAccepted, passiveOpens, resetsSent } = echo.net.b.layer.counters
  assert.deepEqual([fastOpenAccepted, passiveOpens, resetsSent], [1, 2, 0])
  echo.net.run()
  assert.equal(echo.net.b.layer.connectionCount, 0)
})

test('more than fits into the SYN follows after the handshake, in order and once', () => {
  const echo = new Echo()
  echo.ask('x')
  const long = Array.from({ length: 20_000 }, (_, i) => String.fromCharCode(97 + (i % 23))).join('')
  assert.equal(echo.ask(long).heard, long)
})

test('without cookies at the server, and without the option at the client, all is as ever', () => {
  const echo = new Echo({ fastOpenBacklog: 0 })
  for (let i = 0; i < 3; i++) assert.deepEqual([echo.ask('plain').ms], [200])
  assert.equal(echo.net.b.layer.counters.fastOpenAccepted, 0)
})

test('a path that drops SYNs with data: the next try has none, and later connections do without for an hour (4.1.3.1)', () => {
  const echo = new Echo()
  echo.ask('x')
  let dropped = 0
  echo.drop = ({ frame }) => {
    const isSyn = (frame.bytes[frame.start + 13]! & 0x12) === 2
    const hasData = frame.length > 4 * (frame.bytes[frame.start + 12]! >> 4)
    if (isSyn && hasData) dropped++
    return isSyn && hasData
  }
  const late = echo.ask('hello')
  assert.deepEqual([late.heard, late.ms, dropped], ['hello', 1200, 1])
  assert.deepEqual([echo.ask('hello').ms, dropped], [200, 1])
  echo.net.pass(3_700_000)
  echo.drop = () => false
  assert.equal(echo.ask('hello').ms, 100)
})

test('the SYN-ACK and the early answer are lost: both come again', () => {
  const echo = new Echo()
  echo.ask('x')
  let left = 2
  echo.drop = ({ from }) => from === 'b' && left-- > 0
  assert.equal(echo.ask('hello').heard, 'hello')
  echo.net.run()
  assert.equal(echo.net.b.layer.connectionCount, 0)
})

const request: TcpOption[] = [{ name: 'fast-open', cookie: new Uint8Array(0) }]

/** The cookie that our side gives the peer of a dialogue. */
function cookieFrom(talk: Dialogue): Uint8Array {
  talk.say('S', 0, 0, { options: request, port: 41_000 })
  const cookie = cookieOf(talk.said()[0]!.options)!
  talk.say('R', 1, 0, { port: 41_000 })
  return cookie
}

test('server: a good cookie and its data are acknowledged by the SYN-ACK, and answered before the handshake is complete (4.2.2)', () => {
  const talk = new Dialogue()
  talk.listen({}, { fastOpenBacklog: 1 })
  const cookie = cookieFrom(talk)
  assert.equal(cookie.length, 8)
  talk.say('S', 0, 0, { data: 'GET', options: [{ name: 'fast-open', cookie }] })
  assert.deepEqual(talk.heard(), ['SA 0/4'])
  assert.equal(talk.connection!.state, 'SYN-RECEIVED')
  assert.equal(talk.text(), 'GET')
  talk.write('200')
  assert.deepEqual(talk.heard(), ['PA 1/4 200'])
  talk.connection!.shutdown(talk.now)
  assert.deepEqual(talk.heard(), [])
  // The SYN again, for the SYN-ACK was lost: with or without its data.
  talk.say('S', 0, 0, { data: 'GET', options: [{ name: 'fast-open', cookie }] })
  assert.deepEqual(talk.heard(), ['SA 0/4'])
  talk.say('S', 0, 0)
  assert.deepEqual(talk.heard(), ['SA 0/4'])
  talk.say('A', 4, 4)
  assert.deepEqual(talk.heard(), ['FA 4/4'])
  assert.equal(talk.connection!.state, 'FIN-WAIT-1')
})

test("server: another's cookie, a wrong one and an old one bring no data, but a new cookie (4.1.2)", () => {
  const talk = new Dialogue()
  talk.listen({}, { fastOpenBacklog: 10 })
  const cookie = cookieFrom(talk)
  const wrong = cookie.map((byte, at) => (at === 7 ? byte ^ 1 : byte))
  for (const bad of [wrong, cookie.slice(0, 4)]) {
    talk.say('S', 0, 0, { data: 'GET', options: [{ name: 'fast-open', cookie: bad }] })
    const [answer] = talk.said()
    assert.deepEqual([answer!.flags, answer!.ack, cookieOf(answer!.options)], ['SA', 1, cookie])
    talk.say('R', 1)
  }
  talk.net.now += 2 * 86_400_000
  talk.say('S', 0, 0, { data: 'GET', options: [{ name: 'fast-open', cookie }] })
  const [answer] = talk.said()
  assert.equal(answer!.ack, 1)
  assert.notDeepEqual(cookieOf(answer!.options), cookie)
  assert.equal(talk.net.b.layer.counters.fastOpenRefused, 3)
})

test('server: no more pending requests than allowed; one that completes or is reset makes room (5.1)', () => {
  const talk = new Dialogue()
  const accepted: TcpConnection[] = []
  talk.listen({}, { fastOpenBacklog: 1, onConnection: (listener) => accepted.push(listener.accept()!) })
  const options: TcpOption[] = [{ name: 'fast-open', cookie: cookieFrom(talk) }]
  const open = (port: number): number => {
    talk.say('S', 0, 0, { data: 'GET', options, port })
    return talk.said()[0]!.ack
  }
  assert.deepEqual([open(42_000), open(42_001)], [4, 1])
  assert.equal(accepted.length, 1)
  talk.say('R', 4, 0, { port: 42_000 })
  assert.equal(accepted[0]!.state, 'CLOSED')
  assert.deepEqual([open(42_002), open(42_003)], [4, 1])
  assert.equal(accepted.length, 2)
})

test('client: a cookie is asked for, kept, and data that the SYN-ACK does not acknowledge is sent again (4.2.1)', () => {
  const talk = new Dialogue()
  const open = (): TcpConnection =>
    talk.net.b.layer.connect(
      {
        local: talk.net.b.address,
        remote: talk.net.a.address,
        remotePort: 80,
        data: text('GET'),
        options: { fastOpen: true },
      },
      talk.now,
    )
  const cookie = Uint8Array.of(1, 2, 3, 4, 5, 6)
  open()
  const [first] = talk.said()
  assert.deepEqual([first!.flags, first!.data, cookieOf(first!.options)], ['S', '', new Uint8Array(0)])
  talk.say('SA', 0, 1, { options: [{ name: 'fast-open', cookie }] })
  assert.deepEqual(talk.heard(), ['PA 1/1 GET'])
  open()
  const [second] = talk.said()
  assert.deepEqual([second!.flags, second!.data, cookieOf(second!.options)], ['S', 'GET', cookie])
  talk.say('SA', 0, 4)
  assert.deepEqual(talk.heard(), ['A 4/1'])
  open()
  talk.said()
  talk.say('SA', 0, 1)
  assert.deepEqual(talk.heard(), ['PA 1/1 GET'])
  // An acknowledgment of what was never sent.
  open()
  talk.said()
  talk.say('SA', 0, 5)
  assert.deepEqual(talk.heard(), ['R 5/-'])
})

test('client: so many peers are remembered, and the oldest makes room', () => {
  const counters = createCounters()
  const peers = new FastOpen(() => {}, counters, 2)
  const [one, two, three] = [1, 2, 3].map((w3) => ({ w0: 0, w1: 0, w2: 0xffff, w3 }))
  for (const peer of [one!, two!, one!, three!]) peers.avoid(peer, 0)
  assert.deepEqual(
    [one!, two!, three!].map((peer) => peers.offerTo(peer, 1) === undefined),
    [true, false, true],
  )
  assert.equal(counters.fastOpenPeersEvicted, 1)
})
