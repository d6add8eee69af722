import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TwoStacks } from '../../test/support/two-stacks.ts'
import { IpAddress } from '../internet/address.ts'
import { SeededRandom } from '../link/random.ts'
import type { TcpConnection } from '../transport/tcp/mod.ts'
import { buildDns, type DnsMessage, parseDns } from '../wire/dns.ts'
import { buildEdns, readEdns } from '../wire/dns-edns.ts'
import { DnsServer } from './dns-server.ts'

// A name server against questions made by hand, which may be anything.

const SERVER = IpAddress.parse('10.0.0.1')

function besideAskers(options = {}) {
  const world = new TwoStacks(['10.0.0.1/24'], ['10.0.0.9/24'])
  const server = new DnsServer(world.near.stack, world.scheduler, options)
  server.add('web.example', '192.0.2.1')
  server.alias('www.example', 'web.example')
  for (let index = 0; index < 100; index++) server.add('many.example', `198.51.100.${index}`)
  const socket = world.far.stack.udp.open({ family: 4 })
  const say = (bytes: Uint8Array): Uint8Array | null => {
    socket.send(bytes, SERVER, 53, world.now)
    world.run(10)
    return socket.read()?.bytes ?? null
  }
  const ask = (name: string, type = 1, more: Partial<DnsMessage> = {}): DnsMessage => {
    const bytes = say(buildDns({ id: 7, questions: [{ name, type, class: 1 }], ...more }))
    assert.ok(bytes !== null)
    return parseDns(bytes)
  }
  const connect = (): TcpConnection => {
    const local = IpAddress.parse('10.0.0.9')
    const connection = world.far.stack.tcp.connect({ local, remote: SERVER, remotePort: 53 }, world.now)
    world.run(10)
    return connection
  }
  return { world, server, say, ask, connect, counters: server.counters }
}

function framed(message: Uint8Array): Uint8Array {
  return Uint8Array.of(message.length >> 8, message.length & 255, ...message)
}

test('what is no message of one question is told so; answers are not answered (RFC 1035 4.1.1, RFC 9619)', () => {
  const { say, ask, counters } = besideAskers()
  const question = { name: 'web.example', type: 1, class: 1 }
  assert.equal(ask('x', 1, { questions: [] }).responseCode, 1)
  assert.equal(ask('x', 1, { questions: [question, question] }).responseCode, 1)
  assert.equal(ask('x', 1, { opcode: 5 }).responseCode, 4)
  const { responseCode, authoritative } = ask('x', 1, { questions: [{ ...question, class: 3 }] })
  assert.deepEqual([responseCode, authoritative], [5, 0])
  const cut = buildDns({ id: 9, questions: [question] }).slice(0, 20)
  const reply = parseDns(say(cut)!)
  assert.deepEqual([reply.id, reply.response, reply.responseCode], [9, 1, 1])
  assert.equal(say(new Uint8Array(11)), null)
  assert.equal(say(buildDns({ id: 7, response: 1, questions: [question] })), null)
  assert.deepEqual([counters.ignored, counters.malformed], [2, 1])
})

test('noise of every kind is answered or counted', () => {
  const { world, say, counters, ask } = besideAskers()
  const random = new SeededRandom(1)
  const seed = buildDns({
    id: 1,
    questions: [{ name: 'www.example', type: 1, class: 1 }],
    additionals: [buildEdns(600)],
  })
  for (let round = 0; round < 1000; round++) {
    const bytes = round % 2 === 0 ? seed.slice() : new Uint8Array(random.integer(80))
    if (round % 2 === 1) random.fill(bytes)
    else for (let change = 0; change < 3; change++) bytes[random.integer(bytes.length)] = random.integer(256)
    const answer = say(bytes)
    if (answer !== null) parseDns(answer)
  }
  assert.equal(counters.queries + counters.ignored, 1000)
  assert.equal(ask('www.example').answers.length, 2)
  assert.equal(world.pool.outstanding, 0)
})

test('a name that is not there and one that has nothing of the kind are told apart, with the zone (RFC 2308 3, RFC 8020)', () => {
  const { ask } = besideAskers()
  const outcome = (name: string, type = 1): string => {
    const { responseCode, answers, authorities } = ask(name, type)
    return `${responseCode} ${answers.length} ${authorities.map((record) => record.type)}`
  }
  assert.equal(outcome('nobody.example'), '3 0 6')
  assert.equal(outcome('web.example', 28), '0 0 6')
  assert.equal(outcome('example'), '0 0 6')
  assert.equal(outcome('www.example', 28), '0 1 6')
  assert.equal(outcome('www.example', 5), '0 1 ')
  assert.equal(outcome('WWW.example'), '0 2 ')
})

test('an answer is cut to 512 bytes, or to what the asker says to take (RFC 1035 4.2.1, RFC 6891 6.2.5)', () => {
  const { ask, counters } = besideAskers()
  const small = ask('many.example')
  assert.deepEqual([small.truncated, small.answers.length], [1, 0])
  const large = ask('many.example', 1, { additionals: [buildEdns(4096)] })
  assert.equal(large.truncated, 1, 'not beyond 1232, which would be cut to fragments')
  assert.equal(readEdns(large)?.payloadBytes, 1232)
  assert.equal(counters.truncated, 2)
  assert.equal(ask('web.example', 1, { additionals: [buildEdns(0)] }).answers.length, 1)
})

test('EDNS of another version, and twice, is refused (RFC 6891 6.1.1, 6.1.3)', () => {
  const { ask } = besideAskers()
  const next = { ...buildEdns(1232), timeToLive: 0x0001_0000 }
  const reply = ask('web.example', 1, { additionals: [next] })
  assert.deepEqual([readEdns(reply)?.responseCode, readEdns(reply)?.version, reply.answers.length], [16, 0, 0])
  assert.equal(ask('web.example', 1, { additionals: [buildEdns(1232), buildEdns(1232)] }).responseCode, 1)
})

test('by TCP several questions are answered, whole, in their order, also when they come in pieces (RFC 7766 6.2)', () => {
  const { world, connect } = besideAskers()
  const connection = connect()
  const ask = (id: number, name: string): Uint8Array =>
    framed(buildDns({ id, questions: [{ name, type: 1, class: 1 }] }))
  const bytes = Uint8Array.of(...ask(1, 'many.example'), ...ask(2, 'web.example'))
  for (const byte of bytes) {
    connection.send(Uint8Array.of(byte), world.now)
    world.run(1)
  }
  connection.shutdown(world.now)
  world.run(100)
  const got = connection.peek()
  const first = parseDns(got, 2, 2 + ((got[0] << 8) | got[1]))
  const second = parseDns(got, 4 + ((got[0] << 8) | got[1]))
  assert.deepEqual([first.id, first.answers.length, second.id, second.answers.length], [1, 100, 2, 1])
  assert.equal(connection.state, 'TIME-WAIT', 'the server closes when the asker has')
})

test('connections are bounded, in number and in silence (RFC 7766 6.2.2, 6.2.3)', () => {
  const { world, server, connect, counters } = besideAskers({ maxConnections: 2, idleTimeoutMs: 5000 })
  const open = [connect(), connect(), connect()]
  assert.deepEqual([counters.connections, counters.connectionsRefused], [2, 1])
  assert.equal(open[2].state, 'CLOSED')
  open[0].send(Uint8Array.of(0xff), world.now)
  world.run(6000)
  assert.deepEqual(
    open.map(({ state }) => state),
    ['CLOSED', 'CLOSED', 'CLOSED'],
  )
  connect()
  assert.equal(counters.connections, 3)
  server.close()
})

test('names are bounded, in number and in length: leases may name them', () => {
  const { server, counters } = besideAskers({ maxRecords: 104 })
  assert.ok(server.add('one.example', '192.0.2.1') && server.add('ONE.example', '192.0.2.1'))
  assert.ok(server.alias('two.example', 'one.example') && server.alias('two.example', 'web.example'))
  assert.equal(server.add('three.example', '192.0.2.1'), false)
  assert.equal(server.alias('three.example', 'one.example'), false)
  server.remove('one.example')
  assert.equal(server.add('x'.repeat(255), '192.0.2.1'), false)
  assert.equal(server.add('three.example', '192.0.2.1'), true)
  assert.equal(counters.recordsRefused, 3)
})

test('who asks without end and reads nothing is answered no further than it reads', () => {
  const { world, connect, counters } = besideAskers()
  const connection = connect()
  const question = framed(buildDns({ id: 1, questions: [{ name: 'many.example', type: 1, class: 1 }] }))
  for (let round = 0; round < 20_000; round++) {
    if (connection.send(question, world.now) < question.length) break
    if (round % 100 === 0) world.run(1)
  }
  connection.shutdown(world.now)
  world.run(9000)
  const before = counters.queries
  assert.ok(before < 20_000, `${before}`)
  world.run(12_000)
  assert.equal(counters.queries, before)
  assert.equal(connection.state, 'CLOSED')
})
