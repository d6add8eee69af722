// A small internet, without root and in virtual time: two hosts that know nothing boot behind a router, find a server behind
// another one by name, and fetch a page from it, over IPv4 and IPv6; the way between the routers loses frames.
import assert from 'node:assert/strict'
import http from 'node:http'
import { test } from 'node:test'
import { conversationsOf } from '../../src/dissect/conversation.ts'
import { readCapture } from '../../src/link/pcap/read.ts'
import { DhcpServer } from '../../src/sim/dhcp-server.ts'
import { DnsServer } from '../../src/sim/dns-server.ts'
import { simulate } from '../../src/sim/node/simulate.ts'
import type { SimulationOptions } from '../../src/sim/options.ts'
import type { SimHost } from '../../src/sim/sim-host.ts'

const PAGE = `<h1>It works</h1>${'all layers, '.repeat(10_000)}`

/** The router of the office lends addresses, and tells who knows names. */
function office(host: SimHost): void {
  const network = host.interfaces.find((each) => each.addresses.some(({ address }) => `${address}` === '10.1.0.1'))!
  new DhcpServer(host.stack, network, host.scheduler, {
    range: ['10.1.0.100', '10.1.0.199'],
    dnsServers: ['10.3.0.53'],
    leaseSeconds: 3600,
  })
}

function names(host: SimHost): void {
  const dns = new DnsServer(host.stack, host.scheduler)
  dns.add('web.example', '10.2.0.80')
  dns.add('web.example', '2001:db8:2::80')
  dns.alias('www.example', 'web.example')
}

/** Node's own http, on this host's sockets. */
function web(host: SimHost): void {
  const server = http.createServer((request, response) => {
    response.setHeader('content-type', 'text/html')
    response.end(request.url === '/' ? PAGE : `no ${request.url}`)
  })
  host.net.createServer((socket) => server.emit('connection', socket)).listen(80)
}

const INTERNET: SimulationOptions = {
  seed: 42,
  hosts: {
    laptop: { autoconfigure: true },
    phone: { autoconfigure: true },
    switch: { kind: 'switch' },
    near: { kind: 'router', program: office },
    far: { kind: 'router' },
    web: { program: web },
    names: { program: names },
  },
  links: [
    { ends: [{ host: 'laptop', dhcp: true }, 'switch'] },
    { ends: [{ host: 'phone', dhcp: true }, 'switch'], delayMs: 2 },
    { ends: [{ host: 'near', addresses: ['10.1.0.1/24', '2001:db8:1::1/64'], advertise: true }, 'switch'] },
    {
      ends: [
        { host: 'near', addresses: ['10.9.0.1/30', '2001:db8:9::1/64'] },
        { host: 'far', addresses: ['10.9.0.2/30', '2001:db8:9::2/64'] },
      ],
      name: 'ocean',
      impair: { delayMs: 40, jitterMs: 2, loss: 0.02, reorder: 0.02 },
    },
    {
      ends: [
        { host: 'far', addresses: ['10.2.0.1/24', '2001:db8:2::1/64'] },
        { host: 'web', addresses: ['10.2.0.80/24', '2001:db8:2::80/64'] },
      ],
      mtu: 1400,
    },
    {
      ends: [
        { host: 'far', addresses: ['10.3.0.1/24', '2001:db8:3::1/64'] },
        { host: 'names', addresses: ['10.3.0.53/24', '2001:db8:3::53/64'] },
      ],
    },
  ],
}

function get(
  host: SimHost,
  name: string,
  family: 4 | 6,
  path = '/',
): Promise<{ body: string; from: string; date: string }> {
  return new Promise((resolve, reject) => {
    const createConnection = (): ReturnType<SimHost['net']['connect']> =>
      host.net.connect({ host: name, port: 80, family })
    const request = http.get({ host: name, path, createConnection: createConnection as never }, (response) => {
      const from = response.socket.remoteAddress ?? ''
      let body = ''
      response.setEncoding('utf8').on('data', (part) => {
        body += part
      })
      response.on('end', () => resolve({ body, from, date: response.headers.date ?? '' }))
    })
    request.on('error', reject)
  })
}

/** Boot, names, pages, the way there; returns all frames. */
async function live(seed: number): Promise<{ capture: Buffer; story: string[] }> {
  const pieces: Uint8Array[] = []
  const story: string[] = []
  const options = { ...INTERNET, seed, capture: (bytes: Uint8Array): void => void pieces.push(bytes.slice()) }
  await simulate(options, async (world) => {
    await world.ready()
    for (const name of ['laptop', 'phone']) {
      const host = world.host(name)
      assert.match(host.address(4) ?? '', /^10\.1\.0\.1\d\d$/)
      assert.match(host.address(6) ?? '', /^2001:db8:1:/)
      for (const family of [4, 6] as const) {
        const page = await get(host, 'www.example', family)
        assert.equal(page.body, PAGE)
        story.push(`${name} had the page from ${page.from} at ${world.now.toFixed(3)} ms, ${page.date}`)
        const hops = await host.traceroute('web.example', { family, timeoutMs: 2000 })
        story.push(`${name} to web: ${hops.map((hop) => hop.from?.toString() ?? '*').join(' ')}`)
      }
    }
    assert.equal((await get(world.host('phone'), 'web.example', 4, '/other')).body, 'no /other')
    assert.deepEqual([...world.nondeterminism], [])
  })
  return { capture: Buffer.concat(pieces), story }
}

test('four hosts, two routers: DHCP, DNS, HTTP and traceroute over IPv4 and IPv6, across a bad link', async () => {
  const { story } = await live(42)
  const from = story.filter((line) => line.includes('page')).map((line) => /from (\S+)/.exec(line)?.[1])
  assert.deepEqual(from, ['10.2.0.80', '2001:db8:2::80', '10.2.0.80', '2001:db8:2::80'])
  const ways = story.filter((line) => line.includes(' to web: '))
  assert.equal(ways.length, 4)
  for (const [index, way] of ways.entries()) {
    const expected =
      index % 2 === 0
        ? /: (10\.1\.0\.1|\*) (10\.9\.0\.2|\*) 10\.2\.0\.80$/
        : /: (2001:db8:1::1|\*) (2001:db8:9::2|\*) 2001:db8:2::80$/
    assert.match(way, expected)
  }
  assert.match(story[0], /Thu, 01 Jan 2026 00:00:0\d GMT/, 'the clock is virtual')
})

test('the same seed gives the same file, byte for byte', async () => {
  const [first, second, other] = [await live(7), await live(7), await live(8)]
  assert.deepEqual(second.story, first.story)
  assert.ok(second.capture.equals(first.capture))
  assert.ok(!other.capture.equals(first.capture))
  const capture = readCapture(first.capture)
  assert.ok(conversationsOf(capture).length >= 5)
  for (const { bytes } of capture.packets) assert.ok(bytes.length <= 1514)
})

test('a web server that crashes and boots again is found again', async () => {
  await simulate({ ...INTERNET, seed: 3 }, async (world) => {
    await world.ready()
    const laptop = world.host('laptop')
    assert.equal((await get(laptop, 'www.example', 4)).body, PAGE)
    world.host('web').crash()
    await world.sleep(1000)
    world.host('web').boot()
    assert.equal((await get(laptop, 'www.example', 4)).body, PAGE)
  })
})
