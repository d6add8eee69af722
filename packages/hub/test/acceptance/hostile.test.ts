/** Everything at once against one hub, while two clients go on talking: they do not notice, memory stays within the limits, and the counters say what happened. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { HubConfig } from '@wirehub/hub'
import { type Figures, HubProcess } from './hub-process.ts'
import { eventually, Wire } from './load.ts'

const MESSAGES = process.env.WIREHUB_TEST_LONG === undefined ? 20_000 : 1_000_000
const MIB = 1024 * 1024
const MAX_PENDING = 4 * MIB
const MAX_PAYLOAD = 64 * 1024
const HALF_LINES = 1000
const HALF_OPEN = 300
const FLOOD = 500
const OVERSIZED = 20
const SLOW_HTTP = 100
const STUCK = 5

function config(path: string): HubConfig {
  return {
    listen: [
      'nats://127.0.0.1:0',
      'lines://127.0.0.1:0',
      'raw://127.0.0.1:0?framing=newline',
      'raw://127.0.0.1:0?framing=length',
      'http://127.0.0.1:0',
      `lines+unix://${path}`,
    ],
    authorization: {
      users: [
        { user: 'pair', password: 'pw' },
        {
          user: 'guest',
          password: 'pw',
          permissions: { publish: ['guest.>', 'tcp.in', '_INBOX.>'], subscribe: ['guest.>', 'tcp.out', '_INBOX.>'] },
        },
      ],
      noAuthUser: 'guest',
    },
    limits: {
      maxPendingBytes: MAX_PENDING,
      maxPayloadBytes: MAX_PAYLOAD,
      pressurePauseMs: 50,
      // The attackers are many, and live in one process with the pair: its own turn may come late.
      authenticationTimeoutMs: 5000,
      maxHalfOpenPerAddress: HALF_OPEN,
      outputPoolBytes: 16 * MIB,
    },
  }
}

/** Linux gives this machine all of 127.0.0.0/8: attackers come from addresses of their own. */
function dial(target: number | string, from: string): net.Socket {
  const socket =
    typeof target === 'string'
      ? net.connect(target)
      : net.connect({ port: target, host: '127.0.0.1', localAddress: from })
  socket.on('error', () => {})
  return socket
}

/** One publisher, one subscriber; resolves when everything has arrived, in order. */
async function talk(port: number): Promise<void> {
  const subscriber = new Wire(port)
  let expected = 0
  let rest = ''
  subscriber.socket.on('data', (chunk: Buffer) => {
    const lines = (rest + chunk.toString('latin1')).split('\r\n')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      if (line.startsWith('n')) assert.equal(line, `n${expected++}`)
    }
  })
  subscriber.socket.write('CONNECT {"verbose":false,"user":"pair","pass":"pw"}\r\nSUB health.> 1\r\n')
  await subscriber.roundTrip()
  const publisher = await Wire.open(port, '', { user: 'pair', pass: 'pw' })
  for (let sent = 0; sent < MESSAGES; sent += 200) {
    let text = ''
    for (let i = sent; i < sent + 200; i++) text += `PUB health.${i % 50} ${String(i).length + 1}\r\nn${i}\r\n`
    await publisher.write(text)
    await publisher.roundTrip()
  }
  await subscriber.until(() => expected === MESSAGES)
  await Promise.all([publisher.close(), subscriber.close()])
}

/** Attackers, each an endless or a single deed; `over` tells the endless ones to stop. */
class Attack {
  over = false
  readonly sockets: net.Socket[] = []
  readonly #ports: readonly number[]
  readonly #path: string

  constructor(ports: readonly number[], path: string) {
    this.#ports = ports
    this.#path = path
  }

  #dial(target: number | string, from: string): net.Socket {
    const socket = dial(target, from)
    this.sockets.push(socket)
    return socket
  }

  /** Subscribers that never read; resolves with what fills their queues until the attack is over. */
  async stopReading(): Promise<() => Promise<void>> {
    const stuck = await Promise.all(
      Array.from({ length: STUCK }, () =>
        Wire.open(this.#ports[0], 'SUB guest.flood 1\r\n', { user: 'guest', pass: 'pw' }),
      ),
    )
    for (const one of stuck) one.socket.pause()
    this.sockets.push(...stuck.map((one) => one.socket))
    const flooder = await Wire.open(this.#ports[0], '', { user: 'guest', pass: 'pw' })
    this.sockets.push(flooder.socket)
    const batch = `PUB guest.flood 10000\r\n${'x'.repeat(10_000)}\r\n`.repeat(20)
    return async () => {
      while (!this.over && !flooder.closed) await flooder.write(batch)
    }
  }

  /** Half a line on every gateway. */
  halfLines(): void {
    const [nats, lines, newline, length] = this.#ports
    const half: readonly (readonly [number | string, string | Buffer])[] = [
      [nats, 'CONNECT {"user":"pa'],
      [nats, 'SUB guest.'],
      [nats, 'PUB guest.x 60000\r\nhalf'],
      [lines, '{"op":"pub","subject":"guest.x","data":"'],
      [this.#path, '{"op":'],
      [newline, 'half a line'],
      [length, Buffer.from([0, 0, 0x7f, 0xff, 1])],
    ]
    for (let i = 0; i < HALF_LINES; i++) {
      const [target, bytes] = half[i % half.length]
      this.#dial(target, `127.0.1.${1 + (i % 8)}`)
        .resume()
        .write(bytes)
    }
  }

  /** Payloads, lines and frames beyond the limit, again and again. */
  async oversized(): Promise<void> {
    const [nats, lines, newline, length] = this.#ports
    for (let i = 0; i < OVERSIZED; i++) {
      const attempts: readonly (readonly [number, string | Buffer])[] = [
        [
          nats,
          `CONNECT {"user":"guest","pass":"pw"}\r\nPUB guest.x ${MAX_PAYLOAD + 1}\r\n${'x'.repeat(MAX_PAYLOAD + 1)}\r\n`,
        ],
        [lines, `{"op":"pub","subject":"guest.x","data":"${'x'.repeat(4 * MAX_PAYLOAD)}"}\n`],
        [newline, `${'x'.repeat(4 * MAX_PAYLOAD)}\n`],
        [length, Buffer.from([0x7f, 0xff, 0xff, 0xff, 1, 2, 3])],
      ]
      await Promise.all(
        attempts.map(async ([port, bytes]) => {
          const socket = this.#dial(port, '127.0.2.1')
          const closed = once(socket, 'close')
          socket.resume()
          socket.write(bytes)
          await closed
        }),
      )
    }
  }

  /** More connections from one address than may be half open; they say nothing. */
  flood(): void {
    for (let i = 0; i < FLOOD; i++) this.#dial(this.#ports[0], '127.0.3.1').resume()
  }

  /** Requests that come drop by drop. */
  async slowHttp(): Promise<void> {
    const slow = Array.from({ length: SLOW_HTTP }, () => this.#dial(this.#ports[4], '127.0.4.1').resume())
    for (const one of slow) one.write('GET /varz HTTP/1.1\r\nHost: lo')
    while (!this.over) {
      await new Promise((resolve) => setTimeout(resolve, 50))
      for (const one of slow) if (one.writable) one.write('x')
    }
  }

  async end(): Promise<void> {
    this.over = true
    await Promise.all(
      this.sockets.map(async (one) => {
        one.destroy()
        if (!one.closed) await once(one, 'close')
      }),
    )
  }
}

interface Varz {
  slow_consumers: number
  connections: number
  wirehub: {
    closed: Record<string, number>
    connections_refused: number
    publisher_pauses: number
    http: Record<string, number>
  }
}

test('a pair of clients does not notice a siege', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'wirehub-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const path = join(folder, 'hub.sock')
  const hub = await HubProcess.start(t, config(path))
  const base = `http://127.0.0.1:${hub.ports[4]}`
  await talk(hub.ports[0])
  const before = await hub.figures()
  await hub.peak()

  const attack = new Attack(hub.ports, path)
  t.after(() => attack.end())
  const flood = await attack.stopReading()
  const endless = [flood(), attack.slowHttp()]
  attack.halfLines()
  attack.flood()
  let served = 0
  const watching = (async () => {
    while (!attack.over) {
      assert.equal((await fetch(`${base}/healthz`)).status, 200)
      served++
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  })()
  await Promise.all([talk(hub.ports[0]), attack.oversized()])
  const varz = await eventually(async () => {
    const seen = (await (await fetch(`${base}/varz`)).json()) as Varz
    // Those who did not say who they are have been cut by now, or will be soon.
    assert.ok((seen.wirehub.closed['authentication-timeout'] ?? 0) >= HALF_OPEN)
    assert.ok(seen.slow_consumers >= 1)
    return seen
  })
  const metrics = await (await fetch(`${base}/metrics`)).text()
  // With all of them still there; garbage does not count.
  const during = await hub.figures()
  const peak = await hub.peak()
  await attack.end()
  await Promise.all([...endless, watching])

  // What the counters say.
  const { closed, connections_refused: refused, http } = varz.wirehub
  t.diagnostic(JSON.stringify(varz.wirehub.closed))
  assert.ok(varz.slow_consumers >= 1 && varz.slow_consumers <= STUCK, `${varz.slow_consumers} slow consumers`)
  assert.equal(closed['payload-too-large'] + (closed['control-line-too-long'] ?? 0), 4 * OVERSIZED)
  assert.ok(refused >= FLOOD - HALF_OPEN, `${refused} were refused`)
  assert.ok(varz.wirehub.publisher_pauses > 0)
  assert.ok(http.connections + http.timed_out >= SLOW_HTTP)
  assert.ok(served > 0)
  const metric = (name: string): number =>
    Number(new RegExp(`^wirehub_${name.replace(/[{}"]/g, '\\$&')} (\\d+)$`, 'm').exec(metrics)?.[1])
  assert.ok(metric('connections_refused_total') >= refused)
  assert.ok(metric('slow_consumers_total') >= varz.slow_consumers)
  assert.equal(metric('connections_closed_total{reason="payload-too-large"}'), closed['payload-too-large'])

  // Memory: what may wait for subscribers, and half a message for each of the rest.
  const allowed =
    (STUCK + 2) * MAX_PENDING + OVERSIZED * 4 * MAX_PAYLOAD + (HALF_LINES / 7) * MAX_PAYLOAD + 16 * MIB + 16 * MIB
  const above = (seen: Pick<Figures, 'heapBytes' | 'externalBytes'>): number =>
    seen.heapBytes + seen.externalBytes - before.heapBytes - before.externalBytes
  const used = above(during)
  t.diagnostic(
    `memory ${(used / MIB).toFixed(1)} MiB above the beginning, ${(above(peak) / MIB).toFixed(1)} at its peak with garbage; ${(allowed / MIB).toFixed(0)} MiB are allowed`,
  )
  assert.ok(used < allowed, `${(used / MIB).toFixed(1)} MiB`)

  // And afterwards nothing of it is left.
  await eventually(async () => {
    const after = await hub.figures()
    assert.deepEqual([after.connections, after.subscriptions, after.backpressure], [0, before.subscriptions, 0])
    assert.ok(
      after.heapBytes < before.heapBytes + 4 * MIB,
      `${((after.heapBytes - before.heapBytes) / MIB).toFixed(1)} MiB are left in the heap`,
    )
    // Slabs stand by for reuse.
    assert.ok(after.externalBytes < before.externalBytes + 20 * MIB)
  })
  await talk(hub.ports[0])
})
