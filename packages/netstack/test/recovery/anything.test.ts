// Several connections at once, over a network on which anything happens that ends again: partitions, cables pulled out, loss that
// comes and goes. Whoever writes, closes, stops reading for a while or gives up, and whenever: each side reads exactly the bytes
// that the other wrote, in order, once; when one gives up, the other has read the beginning of them and is told of a reset.
// Afterwards no connection, timer, buffer or frame remains.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { IpAddress } from '../../src/internet/address.ts'
import { SeededRandom } from '../../src/link/random.ts'
import { simulate } from '../../src/sim/node/simulate.ts'
import type { SimFault } from '../../src/sim/options.ts'
import type { World } from '../../src/sim/world.ts'
import type { TcpConnection, TcpConnectionOptions } from '../../src/transport/tcp/mod.ts'

const SEEDS = process.env['WIREHUB_TEST_LONG'] === undefined ? 30 : 1500
const FIRST = Number(process.env['NETSTACK_SEED'] ?? 1)
/** Faults are over by then: what is still to be done gets done. */
const CALM_MS = 60_000

function oneOf<T>(random: SeededRandom, list: readonly T[]): T {
  return list[random.integer(list.length)]
}

/** Faults of every kind, each of which ends before the calm. */
function drawFaults(random: SeededRandom): SimFault[] {
  const faults: SimFault[] = []
  for (let count = random.integer(7); count > 0; count--) {
    const atMs = random.integer(CALM_MS / 2)
    const untilMs = atMs + 10 + random.integer(oneOf(random, [100, 3000, CALM_MS / 2 - 20]))
    const direction = oneOf(random, ['forward', 'backward'] as const)
    switch (random.integer(5)) {
      case 0:
        faults.push({ atMs, partition: [['a'], ['b']] }, { atMs: untilMs, heal: true })
        break
      case 1:
        faults.push({ atMs, link: 'a-b', down: true }, { atMs: untilMs, link: 'a-b', up: true })
        break
      case 2:
        faults.push(
          { atMs, link: 'a-b', impair: { loss: 0.9 }, direction },
          { atMs: untilMs, link: 'a-b', impair: { loss: 0.01 }, direction },
        )
        break
      case 3:
        faults.push(
          { atMs, link: 'a-b', impair: { delayMs: 800, jitterMs: 300 }, direction },
          { atMs: untilMs, link: 'a-b', impair: { delayMs: 10, jitterMs: 0 }, direction },
        )
        break
      default:
        faults.push(
          { atMs, link: 'a-b', impair: { rateBitsPerSecond: 50_000, queueBytes: 4000 }, direction },
          { atMs: untilMs, link: 'a-b', impair: { rateBitsPerSecond: 20_000_000 }, direction },
        )
    }
  }
  faults.push({ atMs: CALM_MS, heal: true }, { atMs: CALM_MS, link: 'a-b', up: true })
  return faults
}

function drawOptions(random: SeededRandom): TcpConnectionOptions {
  const flag = (): boolean => random.integer(4) !== 0
  return {
    ...{ sack: flag(), timestamps: flag(), windowScaling: flag(), ecn: flag(), noDelay: flag(), hystart: flag() },
    congestionControl: oneOf(random, ['cubic', 'reno', 'bbr', 'none']),
    delayedAckMs: oneOf(random, [0, 40, 300]),
    receiveBufferBytes: oneOf(random, [3000, 20_000, 1_000_000]),
    sendBufferBytes: oneOf(random, [1000, 30_000, 1_000_000]),
    // Half a minute without any answer is no reason to give up here.
    retries: 40,
    synRetries: 20,
    // Who waits for one that has given up, and whose RST was lost, learns it no other way.
    ...{ keepAlive: true, keepAliveIdleMs: 120_000, keepAliveIntervalMs: 10_000 },
  }
}

/** What one end does with its connection. */
class End {
  readonly written: Uint8Array
  readonly pieces: Uint8Array[] = []
  closedBy: string | null = null
  aborted = false
  readonly #world: World
  readonly #random: SeededRandom
  #sent = 0
  #asleep = false

  constructor(world: World, random: SeededRandom) {
    this.#world = world
    this.#random = random
    this.written = new Uint8Array(oneOf(random, [0, 1, random.integer(3000), random.integer(120_000)]))
    random.fill(this.written)
  }

  take(connection: TcpConnection): void {
    connection.observer = {
      onConnected: () => this.#write(connection),
      onReadable: () => this.#read(connection),
      onWritable: () => this.#write(connection),
      onEnd: () => this.#read(connection),
      onClosed: (_connection, reason) => {
        this.#drain(connection)
        this.closedBy = reason
      },
    }
    if (this.#random.integer(6) === 0) this.#later(this.#random.integer(CALM_MS), () => this.#abort(connection))
    this.#read(connection)
    // The peer may have closed already, before we had a look.
    if (connection.state !== 'SYN-SENT') this.#write(connection)
  }

  #later(delayMs: number, act: () => void): void {
    this.#world.scheduler.schedule(delayMs, act)
  }

  #abort(connection: TcpConnection): void {
    if (this.closedBy !== null) return
    this.aborted = true
    connection.abort(this.#world.now)
  }

  /** Reads, or does not want to for a while. */
  #read(connection: TcpConnection): void {
    if (this.#asleep) return
    if (this.#random.integer(8) !== 0) {
      this.#drain(connection)
      return
    }
    this.#asleep = true
    this.#later(this.#random.integer(5000), () => {
      this.#asleep = false
      this.#drain(connection)
    })
  }

  #drain(connection: TcpConnection): void {
    const target = new Uint8Array(1 + this.#random.integer(20_000))
    while (connection.readableBytes > 0) this.pieces.push(target.slice(0, connection.read(target, this.#world.now)))
  }

  #write(connection: TcpConnection): void {
    if (this.closedBy !== null) return
    if (this.#sent === this.written.length) {
      connection.shutdown(this.#world.now)
      return
    }
    const end = Math.min(this.written.length, this.#sent + 1 + this.#random.integer(30_000))
    const offered = end - this.#sent
    const taken = connection.send(this.written, this.#world.now, this.#sent, end)
    this.#sent += taken
    if (taken === offered) this.#later(this.#random.integer(200), () => this.#write(connection))
  }

  get read(): Buffer {
    return Buffer.concat(this.pieces)
  }
}

function judge(end: End, peer: End, what: string): void {
  const { read } = end
  if (end.aborted || peer.aborted) {
    assert.ok(read.equals(peer.written.subarray(0, read.length)), `${what}: the beginning of what was written`)
    const expected = end.aborted ? ['aborted'] : ['reset', 'refused', 'finished', 'keepalive-timeout']
    assert.ok(expected.includes(end.closedBy ?? ''), `${what}: ended by ${end.closedBy}`)
    return
  }
  assert.equal(end.closedBy, 'finished', what)
  assert.ok(read.equals(peer.written), `${what}: ${read.length} bytes instead of ${peer.written.length}, or others`)
}

for (let seed = FIRST; seed < FIRST + SEEDS; seed++) {
  test(`seed ${seed}: whatever happens, every byte once and in order, and nothing remains`, async () => {
    const draw = new SeededRandom(seed).fork('anything')
    const family = oneOf(draw, [4, 6] as const)
    const defaults = drawOptions(draw)
    const internet = { neighbours: { maxMulticastSolicitations: 200, maxUnicastSolicitations: 200 } }
    const host = { tcp: { defaults }, internet }
    const impair = { delayMs: draw.integer(60), loss: draw.next() * 0.05, reorder: 0.05, duplicate: 0.02 }
    const links = [{ ends: ['a', 'b'] as const, fcs: draw.integer(2) === 0, impair }]
    const faults = drawFaults(draw)
    await simulate({ seed, hosts: { a: host, b: host }, links, faults }, async (world) => {
      const [a, b] = ['a', 'b'].map((name) => world.host(name))
      const [local, remote] = [a, b].map((each) => IpAddress.parse(each.address(family)!))
      const pairs = Array.from({ length: 1 + draw.integer(5) }, (_, index) => ({
        port: 1000 + index,
        client: new End(world, draw.fork(`client ${index}`)),
        server: new End(world, draw.fork(`server ${index}`)),
        accepted: false,
        beginMs: draw.integer(CALM_MS / 3),
      }))
      const listeners = pairs.map((pair) => {
        const listener = b.stack.tcp.listen(
          {
            port: pair.port,
            onConnection: () => {
              pair.accepted = true
              pair.server.take(listener.accept()!)
            },
          },
          world.now,
        )
        return listener
      })
      const open = (pair: (typeof pairs)[number]): void => {
        // Without a cable there is no route, and connect says so at once.
        if (!world.link('a-b').isUp) world.scheduler.schedule(500, () => open(pair))
        else pair.client.take(a.stack.tcp.connect({ local, remote, remotePort: pair.port }, world.now))
      }
      for (const pair of pairs) world.scheduler.schedule(pair.beginMs, () => open(pair))
      const isOver = ({ client, server, accepted }: (typeof pairs)[number]): boolean =>
        client.closedBy !== null && (server.closedBy !== null || (client.aborted && !accepted))
      await world.until(() => pairs.every(isOver), 5000)
      for (const { client, server, accepted, port } of pairs) {
        judge(client, server, `client of port ${port}`)
        if (accepted) judge(server, client, `server of port ${port}`)
      }
      for (const listener of listeners) listener.close(world.now)
      await world.sleep(1_500_000)
      for (const { stack } of [a, b]) {
        assert.equal(stack.tcp.connectionCount, 0)
        assert.equal(stack.pollAt(), Number.POSITIVE_INFINITY)
      }
      assert.equal(world.timers.size, 0, 'no timer is left')
      assert.equal(world.pool.outstanding, 0, 'no frame is left')
    })
  })
}
