/** The hub on simulated TCP while cables are pulled and machines crash: what was acknowledged arrives, who is gone is cut, who comes back is served. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Hub } from '@wirehub/hub'
import { type SimHost, simulate, type World } from '@wirehub/netstack/sim'
import { seed as runSeed } from '../support/seed.ts'
import { lineServer, linesPeer, natsPeer, newlinePeer, type Peer, page } from './peers.ts'
import { hubOn, star } from './world.ts'

const SEEDS = process.env.WIREHUB_TEST_LONG === undefined ? 10 : 200
const NATS = 'nats://0.0.0.0:4222?insecure=1'
const LINES = 'lines://0.0.0.0:4224?insecure=1'
const RAW = 'raw://0.0.0.0:9001?framing=newline&in=ev&out=ev&insecure=1'
const HTTP = 'http://0.0.0.0:8222?auth=none&host=hub&insecure=1'
const MACHINES = star(['hub', 'publisher', 'nats', 'lines', 'raw', 'server', 'browser'])

/** A publisher and a subscriber of each protocol, connected. */
async function connected(world: World) {
  const hub = await hubOn(world.host('hub'), { listen: [NATS, LINES, RAW, HTTP] })
  const publisher = await natsPeer(world.host('publisher'))
  const subscribers = [
    await natsPeer(world.host('nats')),
    await linesPeer(world.host('lines')),
    await newlinePeer(world.host('raw'), 9001),
  ]
  await world.until(() => hub.core.connections.size === 4)
  return { hub, publisher, subscribers }
}

function closed(hub: Hub): Record<string, number> {
  return Object.fromEntries(hub.core.counters.closed)
}

function events(from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, index) => `event ${from + index}`)
}

/** Publishes and waits for each PONG: then the hub has taken all of it. */
async function publish(publisher: Peer, texts: readonly string[]): Promise<void> {
  for (const text of texts) publisher.publish(text)
  await publisher.flush?.()
}

type Step = readonly [atMs: number, what: (world: World) => void]

/** @param faults what goes wrong meanwhile, short enough for every connection to live through it; times count from the first event */
function survives(name: string, faults: readonly Step[]): void {
  test(`${name}: every acknowledged event reaches every subscriber once, on the same connections`, async (t) => {
    t.diagnostic(`seeds ${runSeed * 1000} to ${runSeed * 1000 + SEEDS - 1}`)
    for (let index = 0; index < SEEDS; index++) {
      await simulate({ ...MACHINES, seed: runSeed * 1000 + index }, async (world) => {
        const { hub, publisher, subscribers } = await connected(world)
        for (const [atMs, what] of faults) world.scheduler.schedule(atMs, () => what(world))
        const total = 60
        for (let count = 0; count < total; count += 5) {
          await publish(publisher, events(count, count + 5))
          await world.sleep(400)
        }
        await world.until(() => subscribers.every((each) => each.received.length >= total))
        await world.sleep(20_000)
        for (const each of subscribers) assert.deepEqual(each.received, events(0, total), each.name)
        assert.deepEqual(closed(hub), {})
        assert.equal(hub.core.counters.connectionsTotal, 4)
        await hub.close()
      })
    }
  })
}

const down = (link: string) => (world: World) => world.link(link).down()
const up = (link: string) => (world: World) => world.link(link).up()

survives('a partition that heals', [
  [1000, (world) => world.partition([['hub', 'publisher']])],
  [6000, (world) => world.heal()],
])
survives(
  'the cable of the hub pulled three times',
  [1000, 3500, 6000].flatMap((atMs): Step[] => [
    [atMs, down('hub-switch')],
    [atMs + 1200, up('hub-switch')],
  ]),
)
survives('a subscriber cut off, and a publisher cut off', [
  [500, down('lines-switch')],
  [3000, up('lines-switch')],
  [2000, down('publisher-switch')],
  [5000, up('publisher-switch')],
])

/** Comes back whenever it is cut, after a pause that grows. */
class Returning {
  /** What came, connection by connection. */
  readonly received: string[][] = []
  peer: Peer | undefined
  readonly #host: SimHost
  readonly #open: (host: SimHost) => Promise<Peer>
  #misses = 0

  constructor(host: SimHost, open: (host: SimHost) => Promise<Peer>) {
    this.#host = host
    this.#open = open
    this.#connect()
  }

  #connect(): void {
    this.#open(this.#host).then(
      (peer) => {
        this.#misses = 0
        this.peer = peer
        this.received.push(peer.received as string[])
        peer.socket.once('close', () => this.#lost())
      },
      () => this.#lost(),
    )
  }

  #lost(): void {
    this.peer = undefined
    const waitMs = Math.min(5000, 100 * 2 ** this.#misses++)
    this.#host.scheduler.schedule(waitMs, () => this.#connect())
  }
}

test('the machine of the hub crashes and boots: clients come back, what they had flushed has arrived, nothing comes twice', async () => {
  for (let index = 0; index < SEEDS; index++) {
    const hubs: Hub[] = []
    const program = async (host: SimHost): Promise<void> => {
      hubs.push(await hubOn(host, { listen: [NATS, LINES] }))
    }
    const hosts = { ...MACHINES.hosts, hub: { program } }
    await simulate({ ...MACHINES, hosts, seed: runSeed * 1000 + index }, async (world) => {
      await world.until(() => hubs.length === 1)
      const clients = [
        new Returning(world.host('nats'), (host) => natsPeer(host)),
        new Returning(world.host('lines'), (host) => linesPeer(host)),
      ]
      const publisher = new Returning(world.host('publisher'), (host) => natsPeer(host, 4222, 'ev'))
      const all = [...clients, publisher]
      await world.until(() => all.every((each) => each.peer !== undefined))
      await publish(publisher.peer as Peer, events(0, 20))
      // The subscribers' own questions are answered behind what was sent to them before.
      for (const each of clients) await each.peer?.flush?.()
      for (const each of clients) assert.deepEqual(each.received[0], events(0, 20))

      world.host('hub').crash()
      await world.sleep(3000)
      world.host('hub').boot()
      // A client that is silent learns of the crash when it asks.
      const asking = all.map((each) => each.peer?.socket.write(each === clients[1] ? '{"op":"ping"}\n' : 'PING\r\n'))
      assert.equal(asking.length, 3)
      await world.until(() => all.every((each) => each.received.length === 2 && each.peer !== undefined))
      assert.equal(hubs.length, 2)
      await publish(publisher.peer as Peer, events(20, 40))
      for (const each of clients) await each.peer?.flush?.()
      await world.sleep(10_000)
      for (const each of clients) assert.deepEqual(each.received, [events(0, 20), events(20, 40)])
      assert.equal(hubs[1].core.connections.size, 3)
      await hubs[1].close()
    })
  }
})

test('machines that vanish are cut within the time of their pings, by every protocol; the counters and /metrics say so', async () => {
  await simulate({ ...MACHINES, seed: 1 }, async (world) => {
    const hub = await hubOn(world.host('hub'), { listen: [HTTP] })
    const limits = { pingIntervalMs: 2000, maxPingsOut: 2 }
    for (const url of [NATS, LINES, RAW]) await hub.listen(url, limits)
    await natsPeer(world.host('nats'))
    await linesPeer(world.host('lines'))
    await newlinePeer(world.host('raw'), 9001)
    const stays = await natsPeer(world.host('publisher'))
    await world.until(() => hub.core.connections.size === 4)
    for (const name of ['nats', 'lines', 'raw']) world.host(name).crash()
    await world.until(() => hub.core.connections.size === 1, 100)
    assert.ok(world.now < 120_000, `it took ${world.now} ms`)
    await stays.flush?.()
    assert.deepEqual(closed(hub), { stale: 3 })
    const { body } = await page(world.host('browser'), '/metrics')
    assert.match(body, /wirehub_connections_closed_total\{reason="stale"\} 3\n/)
    await hub.close()
  })
})

test('a silent peer that lives is kept, however long it is silent', async () => {
  await simulate({ ...MACHINES, seed: 1 }, async (world) => {
    const hub = await hubOn(world.host('hub'))
    for (const url of [LINES, RAW]) await hub.listen(url, { pingIntervalMs: 2000, maxPingsOut: 2 })
    const [lines, raw] = [await linesPeer(world.host('lines')), await newlinePeer(world.host('raw'), 9001)]
    await world.sleep(300_000)
    assert.equal(hub.core.connections.size, 2)
    hub.publish('ev', 'still here')
    await world.until(() => lines.received.length + raw.received.length === 2)
    await hub.close()
  })
})

test('a subscriber that is cut off while much is sent to it is cut by the write deadline; the others get everything', async () => {
  // What the hub's machine keeps for a peer counts as written.
  const hosts = { ...MACHINES.hosts, hub: { tcp: { defaults: { sendBufferBytes: 128 * 1024 } } } }
  await simulate({ ...MACHINES, hosts, seed: 1 }, async (world) => {
    const { hub, publisher, subscribers } = await connected(world)
    world.link('nats-switch').down()
    const payload = 'x'.repeat(10_000)
    for (let count = 0; count < 100; count++) {
      publisher.publish(`${count} ${payload}`)
      if (count % 10 === 0) await publisher.flush?.()
    }
    await world.until(() => hub.core.connections.size === 3, 100)
    assert.deepEqual(closed(hub), { 'write-deadline': 1 })
    assert.equal(hub.core.counters.slowConsumers, 1)
    const others = subscribers.slice(1)
    await world.until(() => others.every((each) => each.received.length >= 100), 100)
    await world.sleep(10_000)
    for (const each of others) {
      assert.deepEqual(
        each.received.map((text) => Number(text.split(' ', 1)[0])),
        Array.from({ length: 100 }, (_, count) => count),
      )
    }
    await hub.close()
  })
})

test('a server that the hub has dialled crashes and boots: it is noticed, dialled with growing pauses, and served again', async () => {
  await simulate({ ...MACHINES, seed: 1 }, async (world) => {
    const hub = await hubOn(world.host('hub'))
    const url = 'raw://server:9000?framing=newline&in=said&out=say&retryMinMs=200&retryMaxMs=4000&connectTimeoutMs=2000'
    let server = lineServer(world.host('server'), 9000)
    const dialer = hub.core.connect(url, { pingIntervalMs: 2000 })
    await world.until(() => server.connections === 1)
    hub.publish('say', 'one')
    await world.until(() => server.received.length === 1)

    world.host('server').crash()
    await world.until(() => dialer.state !== 'connected', 100)
    assert.deepEqual(closed(hub), { stale: 1 })
    await world.sleep(30_000)
    const { attempts, failures } = dialer.counters
    // Each attempt may take two seconds, each pause four: more than five and fewer than thirty fit.
    assert.ok(attempts > 5 && attempts < 30, `${attempts} attempts`)
    assert.ok(failures >= attempts - 2)
    assert.equal(hub.publish('say', 'nobody hears this'), 0)

    world.host('server').boot()
    server = lineServer(world.host('server'), 9000)
    await world.until(() => server.connections === 1)
    hub.publish('say', 'two')
    const said: string[] = []
    hub.subscribe('said', (message) => said.push(message.text()))
    server.publish('three')
    await world.until(() => said.length === 1 && server.received.length === 1)
    await world.sleep(5000)
    assert.deepEqual([server.received, said, dialer.counters.connects], [['two'], ['three'], 2])
    await hub.close()
  })
})
