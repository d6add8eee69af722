/** One run: a hub, two programs of every protocol, a server that the hub dials, all on faulty links in virtual time. */
import assert from 'node:assert/strict'
import type { GatewayFactory, Hub } from '@wirehub/hub'
import { simulate, type World } from '@wirehub/netstack/sim'
import { collect, dial, lengthPeer, lineServer, linesPeer, natsPeer, newlinePeer, type Peer, page } from './peers.ts'
import { captured, hubOn, star } from './world.ts'

interface Telemetry {
  default: GatewayFactory
  frame(type: number, device: number, body: Buffer): Buffer
}
const { default: telemetry, frame } = (await import(
  new URL('../../../../examples/own-protocol/telemetry.js', import.meta.url).href
)) as Telemetry

const [HELLO, READING, COMMAND, ACK] = [1, 2, 4, 5]
const LISTEN = [
  'nats://0.0.0.0:4222?insecure=1',
  'lines://0.0.0.0:4224?insecure=1',
  'raw://0.0.0.0:9001?framing=newline&in=ev&out=ev&insecure=1',
  'raw://0.0.0.0:9002?framing=length&lengthBytes=2&in=ev&out=ev&insecure=1',
  'telemetry://0.0.0.0:7070?insecure=1',
  'http://0.0.0.0:8222?auth=none&host=hub&insecure=1',
]
const CONNECT = ['raw://meter:9000?framing=newline&in=ev&out=ev']
const pairs = ['nats', 'lines', 'newline', 'length', 'device'].flatMap((name) => [`${name}1`, `${name}2`])

/** What a run is judged by. */
export interface Outcome {
  readonly capture: Buffer
  /** What every subscriber got, by its name. */
  readonly received: ReadonlyMap<string, readonly string[]>
  /** Who published events. */
  readonly publishers: readonly string[]
  /** What the devices' readings came to, for who listens to all of them. */
  readonly readings: readonly string[]
  readonly lostFrames: number
}

/** A device of the gateway that examples/own-protocol teaches the hub. */
async function device(world: World, name: string, id: number) {
  const socket = await dial(world.host(name), 7070)
  const commands: string[] = []
  let acknowledged = 0
  collect(
    socket,
    (bytes) => {
      const end = bytes.length < 6 ? Number.POSITIVE_INFINITY : 6 + bytes.readUInt16BE(4)
      if (bytes.length < end + 2) return undefined
      return { text: bytes.toString('latin1', 0, end), rest: bytes.subarray(end + 2) }
    },
    (text) => {
      if (text.charCodeAt(1) === ACK) acknowledged++
      else if (text.charCodeAt(1) === COMMAND) commands.push(text.slice(6))
    },
  )
  socket.write(frame(HELLO, id, Buffer.from(name)))
  await world.until(() => acknowledged === 1)
  const read = (value: number): void => {
    const body = Buffer.alloc(5)
    body.writeFloatBE(value, 1)
    socket.write(frame(READING, id, body))
  }
  return { name, id, socket, commands, read, acknowledged: () => acknowledged }
}

/** @param events how many everybody publishes */
export function everybody(seed: number, events: number): Promise<Outcome> {
  const names = ['hub', 'meter', 'operator', 'browser', ...pairs]
  return simulate({ ...star(names), seed }, async (world) => {
    const capture = captured(world)
    const meter = lineServer(world.host('meter'), 9000)
    const hub = await hubOn(world.host('hub'), { listen: LISTEN, connect: CONNECT, gateways: [telemetry] })
    const inProcess: string[] = []
    hub.subscribe('ev', (message) => inProcess.push(message.text()))
    const peers = await Promise.all([
      ...[1, 2].map((each) => natsPeer(world.host(`nats${each}`))),
      ...[1, 2].map((each) => linesPeer(world.host(`lines${each}`))),
      ...[1, 2].map((each) => newlinePeer(world.host(`newline${each}`), 9001)),
      ...[1, 2].map((each) => lengthPeer(world.host(`length${each}`), 9002)),
    ])
    const operator = await natsPeer(world.host('operator'), 4222, 'telemetry.*.reading')
    const devices = await Promise.all([1, 2].map((each) => device(world, `device${each}`, each)))
    // The dialled server learns of its connection later than the hub does: by an acknowledgment that may be lost.
    await world.until(() => meter.connections === 1)
    await world.until(() => hub.core.connections.size === peers.length + devices.length + 2)

    const publishers = [...peers, meter, { name: 'hub', publish: (text: string) => void hub.publish('ev', text) }]
    for (let count = 0; count < events; count++) {
      for (const each of publishers) each.publish(`${each.name} ${count}`)
      for (const each of devices) {
        each.read(count)
        operator.socket.write(`PUB telemetry.${each.id}.command ${String(count).length}\r\n${count}\r\n`)
      }
      if (count % 4 === 0) await world.sleep(world.random.next() * 30)
    }
    const subscribers = [...peers, meter, { name: 'hub', received: inProcess }]
    const total = events * publishers.length
    await world.until(() => subscribers.every((each) => each.received.length >= total))
    await world.until(() => devices.every((each) => each.acknowledged() > events && each.commands.length >= events))
    await world.until(() => operator.received.length >= events * devices.length)
    // Whatever would come twice comes within this time.
    await world.sleep(10_000)
    for (const each of devices) assert.deepEqual(each.commands, numbers(events))
    await monitored(world, hub, total)
    const received = new Map<string, readonly string[]>(subscribers.map((each) => [each.name, each.received]))
    await end(hub, [...peers, operator, ...devices])
    assert.equal(world.nondeterminism.size, 0, [...world.nondeterminism].join())
    return {
      capture: capture(),
      received,
      readings: operator.received,
      publishers: publishers.map((each) => each.name),
      lostFrames: lostFrames(world),
    }
  })
}

export function numbers(count: number): string[] {
  return Array.from({ length: count }, (_, index) => String(index))
}

/** Two requests at once: what the monitoring says is what has happened. */
async function monitored(world: World, hub: Hub, total: number): Promise<void> {
  const [varz, metrics] = await Promise.all(['/varz', '/metrics'].map((path) => page(world.host('browser'), path)))
  assert.match(varz.head, /^HTTP\/1\.1 200 OK\r\n/)
  assert.equal(JSON.parse(varz.body).connections, hub.core.connections.size)
  assert.equal(JSON.parse(varz.body).slow_consumers, 0)
  assert.ok(JSON.parse(varz.body).in_msgs >= total)
  assert.match(metrics.head, /^HTTP\/1\.1 200 OK\r\n/)
  assert.match(metrics.body, /wirehub_slow_consumers_total\S* 0\n/)
}

async function end(hub: Hub, peers: readonly Pick<Peer, 'socket'>[]): Promise<void> {
  for (const each of peers) each.socket.end()
  await hub.close()
  assert.equal(hub.core.connections.size, 0)
}

function lostFrames(world: World): number {
  const ends = [...world.links.values()].flatMap((link) => link.ends)
  return ends.reduce((lost, { impaired }) => lost + impaired.send.counters.lost, 0)
}
