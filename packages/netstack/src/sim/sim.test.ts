import assert from 'node:assert/strict'
import { pbkdf2, pbkdf2Sync, randomBytes, randomInt, randomUUID } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { IncomingMessage, ServerResponse } from 'node:http'
import { createServer, Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Duplex } from 'node:stream'
import { test } from 'node:test'
import * as timers from 'node:timers/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { IpAddress } from '../internet/address.ts'
import { readCapture } from '../link/pcap/read.ts'
import type { TcpConnection } from '../transport/tcp/mod.ts'
import { DhcpServer } from './dhcp-server.ts'
import { DnsServer } from './dns-server.ts'
import { simulate } from './node/simulate.ts'
import type { SimulationOptions } from './options.ts'
import type { SimulationError } from './run.ts'
import type { SimHost } from './sim-host.ts'
import type { World } from './world.ts'

const PAIR: SimulationOptions = { seed: 1, hosts: { a: {}, b: {} }, links: [['a', 'b']] }

/** Sends `bytes` from one host to another over TCP; resolves with what arrived when both have closed. */
function transfer(world: World, from: string, to: string, bytes: Uint8Array, port = 5001): Promise<Uint8Array> {
  const server = world.host(to)
  const client = world.host(from)
  const received: Uint8Array[] = []
  return new Promise((resolve, reject) => {
    const listener = server.stack.tcp.listen(
      {
        port,
        onConnection: () => {
          const connection = listener.accept()!
          const drain = (): void => {
            for (let view = connection.peek(); view.length > 0; view = connection.peek()) {
              received.push(view.slice())
              connection.consume(view.length, world.now)
            }
          }
          connection.observer = {
            onReadable: drain,
            onEnd: () => {
              drain()
              connection.shutdown(world.now)
            },
          }
          drain()
        },
      },
      world.now,
    )
    let sent = 0
    const push = (connection: TcpConnection): void => {
      sent += connection.send(bytes, world.now, sent)
      if (sent === bytes.length) connection.shutdown(world.now)
    }
    const observer = {
      onConnected: push,
      onWritable: push,
      onClosed: (_connection: TcpConnection, reason: string) => {
        listener.close(world.now)
        if (reason === 'finished') resolve(Buffer.concat(received))
        else reject(new Error(reason))
      },
    }
    const remote = IpAddress.parse(server.address()!)
    const local = client.stack.internet.findPath(remote)!.source
    client.stack.tcp.connect({ local, remote, remotePort: port, observer }, world.now)
  })
}

const PATTERN = new Uint8Array(300_000).map((_, index) => (index * 31) ^ (index >> 8))

test('two hosts and a cable: an echo, in no time', async () => {
  const result = await simulate(PAIR, async (world) => {
    const [reply] = await world.host('a').ping('b')
    return `${reply.outcome} ${reply.from} ${world.now}`
  })
  assert.equal(result, 'reply 10.0.1.2 0')
})

test('the clock jumps: a day passes at once, for timers of the program too', async () => {
  await simulate({ ...PAIR, timeLimitMs: 1e9 }, async (world) => {
    const before = Date.now()
    await new Promise((resolve) => setTimeout(resolve, 86_400_000))
    assert.equal(Date.now() - before, 86_400_000)
    assert.equal(world.now, 86_400_000)
    let ticks = 0
    const interval = setInterval(() => ticks++, 10)
    await world.sleep(105)
    clearInterval(interval)
    assert.equal(ticks, 10)
  })
  assert.notEqual(setTimeout(() => {}, 0).constructor.name, 'VirtualTimeout')
})

test('TCP under loss, reordering, duplication and damage delivers every byte; one seed gives one capture', async () => {
  const run = (seed: number): Promise<Buffer> => {
    const pieces: Uint8Array[] = []
    const impair = { loss: 0.03, duplicate: 0.02, corrupt: 0.02, delayMs: 10, jitterMs: 3 }
    return simulate({ ...PAIR, seed, links: [{ ends: ['a', 'b'], impair }] }, async (world) => {
      world.capture((bytes) => pieces.push(bytes.slice()))
      assert.deepEqual(await transfer(world, 'a', 'b', PATTERN), Buffer.from(PATTERN))
      assert.equal(world.nondeterminism.size, 0)
      return Buffer.concat(pieces)
    })
  }
  const first = await run(7)
  assert.ok(readCapture(first).packets.length > 400)
  assert.ok(first.equals(await run(7)))
  assert.ok(!first.equals(await run(8)))
})

test('with FCS damage dies at layer 2, without it at the checksums of IP and TCP', async () => {
  for (const fcs of [true, false]) {
    const link = { ends: ['a', 'b'] as const, fcs, impair: { corrupt: 0.1, delayMs: 1 } }
    await simulate({ ...PAIR, links: [link], families: [4] }, async (world) => {
      await transfer(world, 'a', 'b', PATTERN)
      const atLayer2 = world.link('a-b').ends[1].fcs?.counters.fcsErrors ?? 0
      const { internet, tcp } = world.host('b').stack
      const above = internet.ipv4.counters.inChecksumErrors + tcp.counters.checksumErrors
      assert.equal(atLayer2 > 10, fcs)
      assert.equal(above > 10, !fcs)
      if (fcs) assert.equal(above, 0)
    })
  }
})

const OFFICE: SimulationOptions = {
  seed: 3,
  hosts: {
    alice: {},
    bob: {},
    switch: { kind: 'switch' },
    left: { kind: 'router' },
    right: { kind: 'router' },
    carol: {},
    dave: {},
  },
  links: [
    ['alice', 'switch'],
    ['bob', 'switch'],
    ['left', 'switch'],
    { ends: ['left', 'right'], delayMs: 5 },
    ['right', 'carol'],
    ['right', 'dave'],
  ],
}

for (const family of [4, 6] as const) {
  test(`four hosts, two routers, a switch: everybody reaches everybody by IPv${family}, and traceroute shows the way`, async () => {
    await simulate(OFFICE, async (world) => {
      const names = ['alice', 'bob', 'carol', 'dave']
      for (const from of names) {
        for (const to of names) {
          const [reply] = await world.host(from).ping(to, { family })
          assert.equal(reply.outcome, 'reply', `${from} to ${to}`)
        }
      }
      const hops = await world.host('alice').traceroute('carol', { family })
      const expected =
        family === 4 ? ['10.0.1.3', '10.0.2.2', '10.0.3.2'] : ['2001:db8:0:1::3', '2001:db8:0:2::2', '2001:db8:0:3::2']
      assert.deepEqual(
        hops.map((hop) => hop.from?.toString()),
        expected,
      )
    })
  })
}

test('a bare host boots: address and name server by DHCP, names by DNS, IPv6 by router advertisement', async () => {
  const services = (host: SimHost): void => {
    const dns = new DnsServer(host.stack, host.scheduler)
    dns.add('web.example', '10.0.2.2')
    dns.add('web.example', '2001:db8:0:2::2')
    dns.alias('www.example', 'web.example')
    const dhcp = new DhcpServer(host.stack, host.interfaces[0], host.scheduler, {
      range: ['10.0.1.100', '10.0.1.101'],
      dnsServers: ['10.0.1.1'],
      leaseSeconds: 600,
    })
    dhcp.onLease = (address, name) => dns.add(`${name}.example`, address)
  }
  const options: SimulationOptions = {
    seed: 11,
    hosts: { router: { kind: 'router', program: services }, laptop: { autoconfigure: true }, web: {} },
    links: [
      {
        ends: [
          { host: 'router', advertise: true },
          { host: 'laptop', dhcp: true },
        ],
      },
      ['router', 'web'],
    ],
  }
  await simulate(options, async (world) => {
    await world.ready()
    const laptop = world.host('laptop')
    assert.equal(laptop.address(4), '10.0.1.100')
    assert.equal(laptop.address(6), '2001:db8:0:1:0:ff:fe00:100')
    assert.deepEqual((await laptop.lookup('www.example')).map(String), ['10.0.2.2', '2001:db8:0:2::2'])
    assert.equal((await laptop.ping('www.example'))[0].outcome, 'reply')
    assert.equal((await laptop.ping('web.example', { family: 6 }))[0].outcome, 'reply')
    assert.deepEqual((await laptop.lookup('laptop.example')).map(String), ['10.0.1.100'])
    await assert.rejects(laptop.lookup('nobody.example'), { code: 'ENOTFOUND' })
    await world.sleep(5_000_000)
    assert.equal(laptop.address(4), '10.0.1.100', 'the lease has been renewed many times')
    laptop.restart()
    assert.equal(laptop.address(4), null)
    await laptop.ready
    assert.equal(laptop.address(4), '10.0.1.100')
    world.host('router').crash()
    await world.sleep(601_000)
    assert.equal(laptop.address(4), null, 'a lease that nobody renews ends')
  })
})

test('partitions, crashes, restarts and flapping links by script', async () => {
  const boots: string[] = []
  const options: SimulationOptions = {
    ...PAIR,
    hosts: { a: {}, b: { program: (host) => void boots.push(`${host.name} ${host.boots} at ${host.world.now}`) } },
    faults: [
      { atMs: 1000, partition: [['a'], ['b']] },
      { atMs: 2000, heal: true },
      { atMs: 3000, host: 'b', crash: true, restartAfterMs: 1000 },
      { atMs: 5000, link: 'a-b', flapEveryMs: 200, downMs: 100, times: 5 },
      { atMs: 7000, link: 'a-b', impair: { loss: 1 }, direction: 'backward' },
    ],
  }
  await simulate(options, async (world) => {
    const outcomes: string[] = []
    for (const atMs of [500, 1500, 2500, 3500, 4500, 5050, 5150, 6500, 7500]) {
      await world.sleep(atMs - world.now)
      const [result] = await world.host('a').ping('b', { timeoutMs: 40 })
      outcomes.push(result.outcome)
    }
    assert.deepEqual(outcomes, [
      'reply',
      'timeout',
      'reply',
      'timeout',
      'reply',
      'no-route',
      'reply',
      'reply',
      'timeout',
    ])
    assert.deepEqual(boots, ['b 1 at 0', 'b 2 at 4000'])
  })
})

test('a partition divides hosts, whatever switch or router is between them', async () => {
  await simulate(OFFICE, async (world) => {
    const reach = async (from: string, to: string): Promise<boolean> =>
      (await world.host(from).ping(to, { timeoutMs: 100 }))[0].outcome === 'reply'
    world.partition([['alice', 'carol'], ['bob']])
    assert.deepEqual(
      [await reach('alice', 'bob'), await reach('bob', 'alice'), await reach('dave', 'carol')],
      [false, false, false],
    )
    assert.deepEqual(
      [await reach('alice', 'carol'), await reach('carol', 'alice'), await reach('bob', 'left')],
      [true, true, true],
    )
    world.heal()
    // The next question for a neighbour that did not answer is a second away.
    await world.sleep(10_000)
    assert.ok(await reach('alice', 'bob'))
    assert.throws(() => world.partition([['nobody']]), /no host "nobody"/)
  })
})

test('a redundant way takes over when a link goes down', async () => {
  const options: SimulationOptions = {
    seed: 5,
    hosts: { a: {}, near: { kind: 'router' }, far: { kind: 'router' }, b: {} },
    links: [
      ['a', 'near'],
      { ends: ['near', 'far'], name: 'fast' },
      { ends: ['near', 'far'], name: 'slow', delayMs: 50 },
      ['far', 'b'],
    ],
  }
  await simulate(options, async (world) => {
    const roundTrip = async (): Promise<number> => Math.round((await world.host('a').ping('b'))[0].roundTripMs)
    assert.equal(await roundTrip(), 0)
    world.link('fast').down()
    await roundTrip()
    assert.equal(await roundTrip(), 100)
    world.link('fast').up()
    await roundTrip()
    assert.equal(await roundTrip(), 0)
  })
})

test('a path of a small MTU is found by TCP, and no frame is larger than its link allows', async () => {
  const options: SimulationOptions = {
    ...OFFICE,
    links: OFFICE.links.map((link) => ('ends' in link ? { ...link, mtu: 1300, delayMs: 5 } : link)),
  }
  await simulate(options, async (world) => {
    const sizes = new Map<string, number>()
    for (const link of world.links.values()) {
      link.ends[0].tap.sinks.add((_bytes, start, end) =>
        sizes.set(link.name, Math.max(sizes.get(link.name) ?? 0, end - start)),
      )
    }
    assert.deepEqual(await transfer(world, 'alice', 'carol', PATTERN), Buffer.from(PATTERN))
    assert.equal(sizes.get('left-right'), 1314)
    assert.equal(sizes.get('alice-switch'), 1514)
  })
})

test('what a program draws at random, and its other timers, follow the seed and the clock', async () => {
  const draw = (seed: number): Promise<unknown[]> =>
    simulate({ ...PAIR, seed }, async (world) => {
      await timers.setTimeout(1000)
      await delay(500)
      assert.equal(world.now, 1500)
      return [
        Math.random(),
        randomBytes(4),
        randomUUID(),
        crypto.randomUUID(),
        randomInt(1000),
        Date.now(),
        world.random.next(),
      ]
    })
  const first = await draw(1)
  assert.deepEqual(await draw(1), first)
  assert.notDeepEqual(await draw(2), first)
  assert.notDeepEqual(randomBytes(16), randomBytes(16))
  assert.notEqual(Math.random(), Math.random())
})

test('every clock that a program may read is the virtual one, the Date header of node:http too', async () => {
  const head = async (): Promise<string> => {
    const response = new ServerResponse(new IncomingMessage(new Socket()))
    const chunks: Buffer[] = []
    const sink = new Duplex({
      read: () => {},
      write: (chunk, _encoding, done) => {
        chunks.push(chunk)
        done()
      },
    })
    response.assignSocket(sink as Socket)
    await new Promise<void>((resolve) => response.end('body', resolve))
    return Buffer.concat(chunks).toString()
  }
  await simulate(PAIR, async (world) => {
    await world.sleep(90_500)
    assert.equal(new Date().toISOString(), '2026-01-01T00:01:30.500Z')
    assert.deepEqual(process.hrtime(), [90, 500_000_000])
    assert.equal(process.hrtime.bigint(), 90_500_000_000n)
    assert.equal(performance.now(), 90_500)
    assert.match(await head(), /Date: Thu, 01 Jan 2026 00:01:30 GMT/)
    const signal = AbortSignal.timeout(5000)
    await new Promise((resolve) => signal.addEventListener('abort', resolve))
    assert.equal(world.now, 95_500)
    assert.equal(signal.reason.name, 'TimeoutError')
  })
  assert.doesNotMatch(await head(), /01 Jan 2026 00:01/)
})

test('a real socket is told of', async () => {
  await simulate(PAIR, async (world) => {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    await new Promise((resolve) => server.close(resolve))
    assert.match([...world.nondeterminism].join(), /TCP/)
  })
})

test('the clock waits for files, compression and key derivation, and says that they were used', async () => {
  await simulate(PAIR, async (world) => {
    let late = false
    setTimeout(() => {
      late = true
    }, 1)
    await readFile(import.meta.filename)
    await promisify(gzip)(new Uint8Array(1_000_000))
    pbkdf2Sync('password', 'salt', 1, 32, 'sha256')
    await promisify(pbkdf2)('password', 'salt', 20_000, 32, 'sha256')
    assert.equal(late, false, 'no virtual time has passed')
    const kinds = [...world.nondeterminism].join()
    assert.match(kinds, /FSREQ/i)
    assert.match(kinds, /ZLIB/)
    assert.match(kinds, /PBKDF2/)
  })
})

test('a failing run names its seed and its options', async () => {
  const fails = (
    body: (world: World) => Promise<void>,
    extra: Partial<SimulationOptions> = {},
  ): Promise<SimulationError> =>
    simulate({ ...PAIR, seed: 77, ...extra }, body).then(
      () => assert.fail('it did not fail'),
      (error: SimulationError) => error,
    )
  const own = await fails(async () => assert.equal(1, 2))
  assert.match(own.message, /seed 77/)
  assert.match(own.message, /10\.0\.1\.1\/24/)
  assert.ok(own.cause instanceof assert.AssertionError)
  assert.match((await fails(() => new Promise(() => {}))).message, /stands still/)
  const forever = async (world: World): Promise<void> => {
    for (;;) await world.sleep(1000)
  }
  assert.match((await fails(forever, { timeLimitMs: 10_000 })).message, /time limit/)
  const program = (): void => assert.fail('the program broke')
  const broken = await fails((world) => world.sleep(1), { hosts: { a: { program }, b: {} } })
  assert.match(broken.message, /program of a failed/)
  await assert.rejects(
    simulate({ ...PAIR, links: [['a', 'x']] }, () => {}),
    /"x", which is not among the hosts/,
  )
})

test('a capture is a file that has every frame once', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'netstack-'))
  try {
    await simulate(PAIR, async (world) => {
      world.capture(join(folder, 'run.pcapng'))
      await world.host('a').ping('b')
    })
    const { packets, interfaces } = readCapture(readFileSync(join(folder, 'run.pcapng')))
    assert.deepEqual(
      interfaces.map((each) => each.name),
      ['a/eth0', 'b/eth0'],
    )
    assert.equal(packets.length, 4, 'ARP request and reply, echo request and reply')
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('limits of a resolver and of a switch are options of the host', async () => {
  const links: SimulationOptions['links'] = [
    ['a', 'middle'],
    ['b', 'middle'],
  ]
  const resolver = { rounds: 1, timeoutMs: 10 }
  const hosts = { a: { dns: ['10.0.0.2'], resolver }, b: {}, middle: { kind: 'switch' as const } }
  await simulate({ seed: 1, hosts, links, families: [4] }, async (world) => {
    world.link('b-middle').partition(true)
    await assert.rejects(world.host('a').lookup('host.example'), { code: 'ETIMEOUT' })
    assert.ok(world.now < 20)
  })
  const small = { ...hosts, middle: { ...hosts.middle, switch: { maxPorts: 1 } } }
  await assert.rejects(
    simulate({ seed: 1, hosts: small, links }, async () => {}),
    /the switch has 1 ports/,
  )
})
