import assert from 'node:assert/strict'
import { test } from 'node:test'
import { IpAddress } from '../internet/address.ts'
import type { ImpairmentOptions } from '../link/impairment.ts'
import { readCapture } from '../link/pcap/read.ts'
import type { TcpConnection } from '../transport/tcp/mod.ts'
import { simulate } from './node/simulate.ts'
import { Recording, type RecordingOptions } from './recording.ts'
import type { World } from './world.ts'

/** 40 kB from a to b; `during` runs half a round trip after the first byte. */
function record(
  impair: ImpairmentOptions,
  fcs: boolean,
  during?: (world: World) => void,
  limits: RecordingOptions & { maxFrames?: number } = {},
): Promise<Recording> {
  const link = { ends: ['a', 'b'] as const, fcs, delayMs: 10, forward: impair, ...limits }
  return simulate({ seed: 3, hosts: { a: {}, b: {} }, links: [link], families: [4] }, async (world) => {
    await world.host('a').ping('b')
    const recording = new Recording(world, limits)
    const [a, b] = ['a', 'b'].map((name) => world.host(name))
    const data = new Uint8Array(40_000)
    let received = 0
    const listener = b.stack.tcp.listen(
      {
        port: 80,
        onConnection: () => {
          const connection = listener.accept()!
          const onReadable = (): void => {
            received += connection.readableBytes
            connection.consume(connection.readableBytes, world.now)
          }
          connection.observer = { onReadable }
          onReadable()
        },
      },
      world.now,
    )
    const onConnected = (connection: TcpConnection): void => void connection.send(data, world.now)
    const [local, remote] = [a, b].map((host) => IpAddress.parse(host.address()!))
    a.stack.tcp.connect({ local, remote, remotePort: 80, observer: { onConnected } }, world.now)
    await world.sleep(25)
    during?.(world)
    await world.until(() => received === data.length)
    recording.stop()
    return recording
  })
}

/** Why segments were lost, as trace and ladder tell. */
function reasonsOf(recording: Recording): string[] {
  const [ladder] = recording.ladders()
  const marked = ladder.segments.filter((segment) => segment.marks.includes('lost'))
  return [...new Set(marked.map((segment) => segment.reason?.split('; ').at(-1) ?? ''))]
}

const later = (world: World, delayMs: number, act: () => void): void => void world.scheduler.schedule(delayMs, act)

test('each segment that a link loses is in the ladder with the reason', async () => {
  assert.deepEqual(reasonsOf(await record({ loss: 0.1 }, false)), ['random loss on a-b'])
  assert.deepEqual(reasonsOf(await record({ burst: { enter: 0.1, leave: 0.5 } }, false)), ['loss in a burst on a-b'])
  const queue = { rateBitsPerSecond: 5_000_000, queueBytes: 8000 }
  assert.deepEqual(reasonsOf(await record(queue, false)), ['queue full on a-b'])
  const cut = await record({}, false, (world) => {
    world.link('a-b').down()
    later(world, 100, () => world.link('a-b').up())
  })
  assert.deepEqual(reasonsOf(cut), ['link went down on a-b'])
  const short = await record({}, false, undefined, { maxFrames: 5 })
  assert.deepEqual(reasonsOf(short), ['too many frames under way on a-b'])
  for (const divide of [
    (world: World) => world.partition([['a'], ['b']]),
    (world: World) => world.link('a-b').partition(true),
  ]) {
    const parted = await record({}, false, (world) => {
      divide(world)
      later(world, 500, () => world.heal())
    })
    assert.deepEqual(reasonsOf(parted), ['partition on a-b'])
  }
})

test('damage: with FCS it is a loss at layer 2, without one the receiver drops it for its checksum', async () => {
  const withFcs = reasonsOf(await record({ corrupt: 0.1 }, true))
  assert.ok(withFcs.includes('frame check sequence wrong on a-b'), withFcs.join())
  const [ladder] = (await record({ corrupt: 0.1 }, false)).ladders()
  const dropped = ladder.segments.filter((segment) => segment.marks.includes('dropped'))
  assert.ok(dropped.some((segment) => /checksum/.test(segment.reason ?? '')))
})

test('each retransmission has its reason and clause; each host has its own capture; stopped, it records no more', async () => {
  const recording = await record({ loss: 0.1 }, false)
  const [ladder] = recording.ladders()
  assert.ok(ladder.twoSided)
  const again = ladder.segments.filter((segment) => segment.marks.includes('retransmission'))
  assert.ok(again.length > 0)
  for (const segment of again) assert.match(segment.rule ?? '', /^RFC \d+/)
  const lost = ladder.segments.filter((segment) => segment.marks.includes('lost')).length
  const [sent, seen] = ['a', 'b'].map((host) => readCapture(recording.pcapng(host)))
  assert.equal(sent.packets.length - seen.packets.length, lost)
  assert.deepEqual([sent.interfaces[0].name, seen.interfaces[0].name], ['a/eth0', 'b/eth0'])
  assert.throws(() => recording.pcapng('c'), RangeError)
})

test('a recording keeps so many packets, bytes and records, and counts what it leaves out', async () => {
  const whole = await record({ loss: 0.1 }, false)
  assert.deepEqual([whole.packetsLeftOut, whole.recordsLeftOut], [0, 0])
  const { length } = whole.capture.packets
  const few = await record({ loss: 0.1 }, false, undefined, { maxPackets: 7 })
  assert.deepEqual([few.capture.packets.length, few.packetsLeftOut], [7, length - 7])
  const small = await record({ loss: 0.1 }, false, undefined, { maxPacketBytes: 20_000 })
  const bytes = small.capture.packets.reduce((sum, packet) => sum + packet.bytes.length, 0)
  assert.ok(bytes <= 20_000 && small.packetsLeftOut + small.capture.packets.length === length)
  const silent = await record({ loss: 0.1 }, false, undefined, { maxRecords: 1 })
  assert.equal(silent.trace.length, 3, 'one of each host, one of the links')
  assert.equal(silent.recordsLeftOut, whole.trace.length - 3)
})
