import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TwoStacks } from '../../test/support/two-stacks.ts'
import { IpAddress } from '../internet/address.ts'
import { SeededRandom } from '../link/random.ts'
import { buildDns, DNS_CLASS_IN, type DnsMessage, type DnsRecord, parseDns } from '../wire/dns.ts'
import { buildEdns, readEdns } from '../wire/dns-edns.ts'
import { DnsResolver } from './dns-resolver.ts'
import { DnsStream } from './dns-stream.ts'

// A resolver against servers made by hand, which may say anything.

const A = 1
const CNAME = 5
const SOA = 6
const AAAA = 28

type Reply = Partial<DnsMessage>

const record = (name: string, type: number, data: DnsRecord['data'], timeToLive = 60): DnsRecord => ({
  name,
  type,
  class: DNS_CLASS_IN,
  timeToLive,
  data,
})
const a = (name: string, address: string, timeToLive?: number): DnsRecord =>
  record(name, A, { address: IpAddress.parse(address).w3 }, timeToLive)
const alias = (name: string, target: string, timeToLive?: number): DnsRecord =>
  record(name, CNAME, { target }, timeToLive)
const soa = (zone: string, minimum: number, timeToLive = 3600): DnsRecord => {
  const times = { serial: 1, refresh: 1, retry: 1, expire: 1, minimum }
  return record(zone, SOA, { primary: 'ns', mailbox: 'me', ...times }, timeToLive)
}

function besideServer(addresses = ['10.0.0.1']) {
  const world = new TwoStacks(
    ['10.0.0.9/24'],
    addresses.map((address) => `${address}/24`),
  )
  const resolver = new DnsResolver(world.near.stack, world.scheduler)
  resolver.servers = addresses.map((text) => IpAddress.parse(text))
  const asked: string[] = []
  const ports = new Set<number>()
  const ids = new Set<number>()
  let reply: (query: DnsMessage, server: string) => Reply | Reply[] | null = () => null
  const sockets = addresses.map((address) => {
    const socket = world.far.stack.udp.open({ family: 4 })
    socket.bind(IpAddress.parse(address), 53)
    socket.onReadable = () => {
      for (let datagram = socket.read(); datagram !== null; datagram = socket.read()) {
        const query = parseDns(datagram.bytes)
        asked.push(`${query.questions[0].name} ${query.questions[0].type}`)
        ports.add(datagram.sourcePort)
        ids.add(query.id)
        for (const each of [reply(query, address)].flat()) {
          if (each !== null) socket.send(answerTo(query, each), datagram.source, datagram.sourcePort, world.now)
        }
      }
    }
    return socket
  })
  const serve = (next: typeof reply): void => {
    reply = next
  }
  /** What a name resolves to, as text: addresses, or the code of the error. */
  const resolve = async (name: string, family: 0 | 4 | 6 = 4): Promise<string> => {
    const outcome = resolver.resolve(name, family).then(String, (error) => error.code)
    await world.settle(60_000, 500)
    return outcome
  }
  const takeAsked = (): string[] => asked.splice(0)
  return { world, resolver, serve, resolve, takeAsked, ports, ids, sockets, counters: resolver.counters }
}

function answerTo(query: DnsMessage, reply: Reply): Uint8Array {
  return buildDns({ id: query.id, response: 1, questions: query.questions, ...reply })
}

test('only the answer to this very question counts; all else is counted (RFC 5452 3, 9.1)', async () => {
  const { serve, resolve, counters } = besideServer()
  const forged = [a('host.example', '192.0.2.66')]
  serve((query) => [
    { id: query.id ^ 1, answers: forged },
    { response: 0, answers: forged },
    { opcode: 2, answers: forged },
    { questions: [{ name: 'other.example', type: A, class: 1 }], answers: forged },
    { questions: [{ name: 'host.example', type: AAAA, class: 1 }], answers: forged },
    { questions: [{ name: 'host.example', type: A, class: 3 }], answers: forged },
    { questions: [], answers: forged },
    { questions: [...query.questions, ...query.questions], answers: forged },
    { answers: [a('HOST.example', '192.0.2.1')] },
  ])
  assert.equal(await resolve('host.example'), '192.0.2.1')
  assert.deepEqual([counters.mismatched, counters.answers], [8, 1])
})

test('an answer from another address or port than was asked is not heard (RFC 5452 9.1)', async () => {
  const { world, serve, resolve, ports, counters } = besideServer()
  world.far.stack.addAddress(world.far.network, '10.0.0.66/24')
  const strangers = [
    ['10.0.0.1', 5300],
    ['10.0.0.66', 53],
  ].map(([address, port]) => {
    const socket = world.far.stack.udp.open({ family: 4 })
    socket.bind(IpAddress.parse(`${address}`), Number(port))
    return socket
  })
  serve((query) => {
    const forged = answerTo(query, { answers: [a('host.example', '192.0.2.66')] })
    const [port] = ports
    for (const stranger of strangers) stranger.send(forged, IpAddress.parse('10.0.0.9'), port, world.now)
    return { answers: [a('host.example', '192.0.2.1')] }
  })
  assert.equal(await resolve('host.example'), '192.0.2.1')
  assert.deepEqual([counters.answers, world.near.stack.udp.counters.noPorts], [1, 2])
})

test('every question has a port and an identifier of its own (RFC 5452 9.2)', async () => {
  const { resolve, serve, ports, ids } = besideServer()
  serve((query) => ({ answers: [a(query.questions[0].name, '192.0.2.1', 0)] }))
  for (let index = 0; index < 20; index++) await resolve(`host${index}.example`)
  assert.ok(ports.size > 18)
  assert.ok(ids.size > 18)
})

test('the same question asked at once is sent once (RFC 5452 5)', async () => {
  const { world, resolver, serve, takeAsked } = besideServer()
  serve(() => ({ answers: [a('host.example', '192.0.2.1')] }))
  const all = Array.from({ length: 50 }, () => resolver.resolve('Host.example', 4))
  await world.settle(1000)
  assert.deepEqual(new Set((await Promise.all(all)).map(String)), new Set(['192.0.2.1']))
  assert.deepEqual(takeAsked(), ['host.example 1'])
})

test('records of other names, other classes and other sections are not believed', async () => {
  const { resolve, serve } = besideServer()
  serve(() => ({
    answers: [
      a('bank.example', '192.0.2.66'),
      { ...a('host.example', '192.0.2.67'), class: 3 },
      record('host.example', 99, { data: Uint8Array.of(192, 0, 2, 68) }),
    ],
    additionals: [a('host.example', '192.0.2.69')],
    authorities: [soa('example', 60)],
  }))
  assert.equal(await resolve('host.example'), 'ENODATA')
  serve(() => null)
  assert.equal(await resolve('bank.example'), 'ETIMEOUT', 'and nothing of it is remembered')
})

test('aliases are followed within an answer and beyond it; loops end (RFC 1034 5.3.3)', async () => {
  const { resolve, serve, takeAsked } = besideServer()
  serve((query) => {
    const { name } = query.questions[0]
    if (name === 'www.example')
      return { answers: [alias('www.example', 'Web.example'), alias('web.example', 'cdn.example')] }
    if (name === 'cdn.example') return { answers: [a('cdn.example', '192.0.2.1')] }
    return { answers: [alias('loop.example', 'pool.example'), alias('pool.example', 'loop.example')] }
  })
  assert.equal(await resolve('www.example'), '192.0.2.1')
  assert.deepEqual(takeAsked(), ['www.example 1', 'cdn.example 1'])
  assert.equal(await resolve('loop.example'), 'ESERVFAIL')
  serve((query) => ({ answers: [alias(query.questions[0].name, `x${query.questions[0].name}`)] }))
  takeAsked()
  assert.equal(await resolve('endless.example'), 'ESERVFAIL')
  assert.equal(takeAsked().length, 9)
})

test('what is remembered ends with the least lifetime on the way; a lifetime of 0, or with its highest bit, is none (RFC 2181 8)', async () => {
  const { world, resolve, serve, takeAsked, counters } = besideServer()
  serve(() => ({ answers: [alias('www.example', 'web.example', 100), a('web.example', '192.0.2.1', 1000)] }))
  await resolve('www.example')
  await resolve('WWW.example.')
  assert.equal(takeAsked().length, 1)
  assert.equal(counters.cacheHits, 1)
  world.run(50_000)
  await resolve('www.example')
  assert.equal(takeAsked().length, 1)
  for (const timeToLive of [0, 0x8000_0000, 0xffff_ffff]) {
    serve((query) => ({ answers: [a(query.questions[0].name, '192.0.2.1', timeToLive)] }))
    assert.equal(await resolve('brief.example'), '192.0.2.1')
    await resolve('brief.example')
    assert.equal(takeAsked().length, 2)
  }
})

test('that something is not there is remembered for as long as its zone says (RFC 2308 5)', async () => {
  const { world, resolve, serve, takeAsked } = besideServer()
  serve(() => ({ responseCode: 3, authorities: [soa('example', 200, 3600)] }))
  assert.equal(await resolve('nobody.example'), 'ENOTFOUND')
  assert.equal(await resolve('nobody.example', 6), 'ENOTFOUND', 'a name that is not there is not there in any family')
  assert.equal(takeAsked().length, 1)
  world.run(200_000)
  await resolve('nobody.example')
  assert.equal(takeAsked().length, 1)
  serve(() => ({ authorities: [soa('example', 3600, 200)] }))
  assert.equal(await resolve('v6only.example'), 'ENODATA')
  assert.equal(await resolve('v6only.example'), 'ENODATA')
  assert.equal(takeAsked().length, 1)
  assert.equal(await resolve('v6only.example', 6), 'ENODATA')
  assert.equal(takeAsked().length, 1)
  for (const authorities of [[], [soa('elsewhere.test', 3600)]]) {
    serve(() => ({ responseCode: 3, authorities }))
    await resolve('unsaid.example')
    await resolve('unsaid.example')
    assert.equal(takeAsked().length, 2)
  }
})

test('servers are asked in turn, with more patience each time (RFC 1123 6.1.3.3)', async () => {
  const { resolve, serve, takeAsked, counters } = besideServer(['10.0.0.1', '10.0.0.2'])
  const turns: string[] = []
  serve((_query, server) => {
    turns.push(server)
    return turns.length === 4 ? { answers: [a('host.example', '192.0.2.1')] } : null
  })
  assert.equal(await resolve('host.example'), '192.0.2.1')
  assert.deepEqual(turns, ['10.0.0.1', '10.0.0.2', '10.0.0.1', '10.0.0.2'])
  assert.equal(counters.timeouts, 3)
  takeAsked()
  serve((_query, server) => ({ responseCode: server === '10.0.0.1' ? 2 : 5 }))
  assert.equal(await resolve('refused.example'), 'ESERVFAIL')
  assert.equal(takeAsked().length, 2)
  serve(() => null)
  assert.equal(await resolve('silent.example'), 'ETIMEOUT')
  assert.equal(takeAsked().length, 6)
})

test('a port that is closed is no reason to wait', async () => {
  const { world, resolver, sockets } = besideServer()
  sockets[0].close()
  const outcome = resolver.resolve('host.example', 4).catch((error) => error.code)
  await world.settle(1000)
  assert.equal(await outcome, 'ETIMEOUT')
  assert.equal(resolver.counters.timeouts, 0)
})

test('a truncated answer is asked for again by TCP (RFC 7766 5)', async () => {
  const { world, resolve, serve, counters } = besideServer()
  serve(() => ({ truncated: 1, answers: [a('host.example', '192.0.2.66')] }))
  const addresses = Array.from({ length: 100 }, (_, index) => a('host.example', `192.0.2.${index}`))
  const listener = world.far.stack.tcp.listen(
    {
      port: 53,
      onConnection: () => {
        const connection = listener.accept()!
        const stream: DnsStream = new DnsStream(connection, () => world.now, {
          onMessage: (bytes) => stream.send(answerTo(parseDns(bytes), { answers: addresses })),
          onEnd: () => stream.end(),
          onClosed: () => {},
        })
        stream.start()
      },
    },
    world.now,
  )
  const found = await resolve('host.example')
  assert.equal(found.split(',').length, 100)
  assert.equal(counters.truncated, 1)
  listener.close(world.now)
  serve(() => ({ truncated: 1 }))
  assert.equal(await resolve('other.example'), 'ETIMEOUT', 'nobody listens')
  await world.settle(200_000, 10_000)
  assert.equal(world.near.stack.tcp.connectionCount, 0)
})

test('who answers by TCP with noise, too little or too late is not waited for without end', async () => {
  for (const bytes of [
    [0, 0, 0, 0],
    [0xff, 0xff, 1],
    [0, 3, 1, 2, 3],
    [0, 12, ...new Uint8Array(12)],
  ]) {
    const { world, resolve, serve } = besideServer()
    serve(() => ({ truncated: 1 }))
    const listener = world.far.stack.tcp.listen(
      { port: 53, onConnection: () => void listener.accept()!.send(Uint8Array.from(bytes), world.now) },
      world.now,
    )
    assert.equal(await resolve('host.example'), 'ETIMEOUT')
  }
})

test('EDNS is offered, and left away for whoever does not know it (RFC 6891 6.2.2)', async () => {
  const { resolve, serve, takeAsked } = besideServer()
  const sizes: (number | undefined)[] = []
  serve((query) => {
    sizes.push(readEdns(query)?.payloadBytes)
    if (query.additionals.length > 0) return { responseCode: 1, questions: [] }
    return { answers: [a('host.example', '192.0.2.1')] }
  })
  assert.equal(await resolve('host.example'), '192.0.2.1')
  assert.deepEqual(sizes, [1232, undefined])
  takeAsked()
  serve(() => ({ additionals: [buildEdns(1232, 16)], answers: [a('new.example', '192.0.2.1')] }))
  assert.equal(await resolve('new.example'), 'ESERVFAIL', 'BADVERS looks like no error in the header alone')
})

test('what is no name is refused before anybody is asked', async () => {
  const { resolve, takeAsked } = besideServer()
  const long = Array.from({ length: 5 }, () => 'x'.repeat(60)).join('.')
  for (const name of ['', '.', 'a..b', '.a', 'x'.repeat(64), long, 'ü.example', 'a\\']) {
    assert.equal(await resolve(name), 'EBADNAME', name)
  }
  assert.deepEqual(takeAsked(), [])
})

test('localhost is this host, invalid is nobody, whoever else might say (RFC 6761 6.3, 6.4)', async () => {
  const { resolve, takeAsked } = besideServer()
  assert.equal(await resolve('LocalHost', 0), '127.0.0.1,::1')
  assert.equal(await resolve('app.localhost.', 6), '::1')
  assert.equal(await resolve('host.invalid'), 'ENOTFOUND')
  assert.deepEqual(takeAsked(), [])
})

test('the memory is bounded', async () => {
  const { world, serve } = besideServer()
  const resolver = new DnsResolver(world.near.stack, world.scheduler, { maxCacheEntries: 3 })
  resolver.servers = [IpAddress.parse('10.0.0.1')]
  serve((query) => ({ answers: [a(query.questions[0].name, '192.0.2.1', 3600)] }))
  for (let index = 0; index < 10; index++) {
    const asking = resolver.resolve(`host${index}.example`, 4)
    await world.settle(500)
    await asking
  }
  const again = resolver.resolve('host0.example', 4)
  await world.settle(500)
  await again
  const { queries, cacheHits, cacheEvicted } = resolver.counters
  assert.deepEqual([queries, cacheHits, cacheEvicted], [11, 0, 8])
})

test('so many questions are under way at a time; further ones fail at once, and the others are answered', async () => {
  const { world, serve } = besideServer()
  const resolver = new DnsResolver(world.near.stack, world.scheduler, { maxQuestions: 2 })
  resolver.servers = [IpAddress.parse('10.0.0.1')]
  serve((query) => ({ answers: [a(query.questions[0].name, '192.0.2.1')] }))
  const asking = [1, 2, 3, 2].map((index) =>
    resolver.resolve(`host${index}.example`, 4).then(String, (error) => error.code),
  )
  await world.settle(500)
  assert.deepEqual(await Promise.all(asking), ['192.0.2.1', '192.0.2.1', 'ENOMEM', '192.0.2.1'])
  assert.equal(resolver.counters.questionsRefused, 1)
})

test('of an answer with more addresses than anybody needs the first are taken', async () => {
  const { world, serve } = besideServer()
  const resolver = new DnsResolver(world.near.stack, world.scheduler, { maxAddresses: 2 })
  resolver.servers = [IpAddress.parse('10.0.0.1')]
  const last = [1, 2, 3, 4, 5]
  serve(({ questions: [{ name }] }) => ({ answers: last.map((each) => a(name, `192.0.2.${each}`)) }))
  const asking = resolver.resolve('many.example', 4)
  await world.settle(500)
  assert.equal(String(await asking), '192.0.2.1,192.0.2.2')
  assert.equal(resolver.counters.addressesLeftOut, 3)
})

test('a host that has no socket left for the question says so as it does of a silent server', async () => {
  const { world, resolve } = besideServer()
  world.near.stack.udp.options.maxSockets = 0
  assert.equal(await resolve('host.example'), 'ETIMEOUT')
})

test('answers damaged in any way end in addresses or in an error, and are counted', async () => {
  const { world, resolver, serve, counters, sockets } = besideServer()
  const random = new SeededRandom(4)
  serve(() => null)
  sockets[0].onReadable = () => {
    for (let datagram = sockets[0].read(); datagram !== null; datagram = sockets[0].read()) {
      const query = parseDns(datagram.bytes)
      const { name } = query.questions[0]
      const answers = [alias(name, 'x.example', 0), a('x.example', '192.0.2.1', 0)]
      const bytes = answerTo(query, { answers, authorities: [soa('example', 1)], additionals: [buildEdns(512)] })
      for (let change = random.integer(4); change > 0; change--)
        bytes[2 + random.integer(bytes.length - 2)] = random.integer(256)
      sockets[0].send(bytes, datagram.source, datagram.sourcePort, world.now)
    }
  }
  const outcomes = new Set<string>()
  for (let round = 0; round < 400; round++) {
    const asking = resolver.resolve(`host${round}.example`, 4).then(String, (error) => error.code)
    await world.settle(30_000, 5000)
    outcomes.add(await asking)
  }
  assert.ok(outcomes.has('192.0.2.1') && outcomes.has('ETIMEOUT') && outcomes.size >= 4)
  assert.ok(counters.malformed > 0 && counters.mismatched > 0)
  assert.equal(world.near.stack.udp.socketCount, 0)
})
