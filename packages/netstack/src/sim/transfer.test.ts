import assert from 'node:assert/strict'
import { test } from 'node:test'
import { IpAddress } from '../internet/address.ts'
import type { ImpairmentOptions } from '../link/impairment.ts'
import { SeededRandom } from '../link/random.ts'
import type { TcpConnection } from '../transport/tcp/mod.ts'
import { simulate } from './node/simulate.ts'
import type { World } from './world.ts'

// Whatever two sockets write and whenever they close, each side reads exactly those bytes, in order, once, under every
// impairment that is no permanent partition; afterwards no connection, timer or frame remains.

const SEEDS = process.env['WIREHUB_TEST_LONG'] === undefined ? 25 : 1000
const FIRST = Number(process.env['NETSTACK_SEED'] ?? 1)

function drawImpairment(random: SeededRandom, fcs: boolean): ImpairmentOptions {
  const sometimes = (most: number): number => (random.integer(3) === 0 ? random.next() * most : 0)
  return {
    loss: sometimes(0.15),
    duplicate: sometimes(0.2),
    corrupt: sometimes(0.1),
    // The Internet checksum misses one of 32 double errors; the FCS misses none of three.
    corruptBits: fcs ? 1 + random.integer(3) : 1,
    reorder: sometimes(0.3),
    delayMs: random.integer(80),
    jitterMs: random.integer(4) === 0 ? random.integer(30) : 0,
    ...(random.integer(4) === 0 && { burst: { enter: 0.02, leave: 0.4 } }),
    ...(random.integer(4) === 0 && { paths: [{ delayMs: 5 }, { delayMs: 40, weight: 0.3 }] }),
    ...(random.integer(3) === 0 && {
      rateBitsPerSecond: 500_000 + random.integer(20_000_000),
      queueBytes: 8000 + random.integer(60_000),
      ...(random.integer(2) === 0 && { ecnMarkBytes: 4000 }),
    }),
  }
}

/** One side: writes its bytes in pieces with pauses, closes, and collects what it reads until the end. */
class Side {
  readonly written: Uint8Array
  readonly pieces: Uint8Array[] = []
  ended = false
  closedBy: string | null = null
  readonly #world: World
  readonly #random: SeededRandom
  #sent = 0

  constructor(world: World, random: SeededRandom, bytes: number) {
    this.#world = world
    this.#random = random
    this.written = new Uint8Array(bytes)
    random.fill(this.written)
  }

  take(connection: TcpConnection): void {
    connection.observer = {
      onConnected: () => this.#write(connection),
      onReadable: () => this.#read(connection),
      onWritable: () => this.#write(connection),
      onEnd: () => {
        this.#read(connection)
        this.ended = true
      },
      onClosed: (_connection, reason) => {
        this.closedBy = reason
      },
    }
    this.#read(connection)
    if (connection.state === 'ESTABLISHED') this.#write(connection)
  }

  #read(connection: TcpConnection): void {
    const target = new Uint8Array(1 + this.#random.integer(20_000))
    while (connection.readableBytes > 0) this.pieces.push(target.slice(0, connection.read(target, this.#world.now)))
  }

  #write(connection: TcpConnection): void {
    if (this.#sent === this.written.length) {
      connection.shutdown(this.#world.now)
      return
    }
    const most = 1 + this.#random.integer(30_000)
    const end = Math.min(this.written.length, this.#sent + most)
    const taken = connection.send(this.written, this.#world.now, this.#sent, end)
    this.#sent += taken
    if (taken === end - (this.#sent - taken))
      this.#world.scheduler.schedule(this.#random.integer(30), () => this.#write(connection))
  }

  get read(): Buffer {
    return Buffer.concat(this.pieces)
  }
}

for (let seed = FIRST; seed < FIRST + SEEDS; seed++) {
  test(`seed ${seed}: every byte once and in order, and nothing remains`, async () => {
    const draw = new SeededRandom(seed)
    const family = draw.integer(2) === 0 ? 4 : 6
    const fcs = draw.integer(2) === 0
    const link = {
      ends: ['a', 'b'] as const,
      mtu: [1280, 1500, 1500, 9000][draw.integer(4)],
      fcs,
      forward: drawImpairment(draw, fcs),
      backward: drawImpairment(draw, fcs),
    }
    const tcp = {
      defaults: {
        ecn: draw.integer(2) === 0,
        noDelay: draw.integer(2) === 0,
        sack: draw.integer(4) !== 0,
        timestamps: draw.integer(4) !== 0,
      },
    }
    const sizes = [draw.integer(150_000), draw.integer(3) === 0 ? 0 : draw.integer(150_000)]
    // Three lost questions for a neighbour would be EHOSTUNREACH, rightly.
    const internet = { neighbours: { maxMulticastSolicitations: 40, maxUnicastSolicitations: 40 } }
    const host = { tcp, internet }
    await simulate({ seed, hosts: { a: host, b: host }, links: [link] }, async (world) => {
      const [client, server] = [world.host('a'), world.host('b')]
      const left = new Side(world, draw.fork('left'), sizes[0])
      const right = new Side(world, draw.fork('right'), sizes[1])
      const listener = server.stack.tcp.listen(
        { port: 80, onConnection: () => right.take(listener.accept()!) },
        world.now,
      )
      const [local, remote] = [client.address(family)!, server.address(family)!].map((text) => IpAddress.parse(text))
      left.take(client.stack.tcp.connect({ local, remote, remotePort: 80 }, world.now))
      await world.until(() => left.closedBy !== null && right.closedBy !== null, 1000)
      assert.deepEqual([left.closedBy, right.closedBy], ['finished', 'finished'])
      assert.ok(right.read.equals(left.written), 'a to b')
      assert.ok(left.read.equals(right.written), 'b to a')
      assert.ok(left.ended && right.ended)
      listener.close(world.now)
      await world.sleep(300_000)
      for (const host of [client, server]) {
        assert.equal(host.stack.tcp.connectionCount, 0)
        assert.equal(host.stack.tcp.bufferedBytes, 0)
        assert.equal(host.stack.pollAt(), Number.POSITIVE_INFINITY)
      }
      assert.equal(world.pool.outstanding, 0)
      assert.equal(world.timers.size, 0, 'no timer is left')
      const [{ stack }] = [server]
      if (link.fcs) assert.equal(stack.tcp.counters.checksumErrors + stack.internet.ipv4.counters.inChecksumErrors, 0)
    })
  })
}
