// What the simulator captures is what Wireshark reads: a boot by DHCP, a name by DNS, TCP over a lossy link, over IPv4 and IPv6.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { conversationsOf } from '../../src/dissect/conversation.ts'
import { ladderOf } from '../../src/dissect/ladder.ts'
import { IpAddress } from '../../src/internet/address.ts'
import { readCapture } from '../../src/link/pcap/read.ts'
import { simulate } from '../../src/sim/node/simulate.ts'
import type { World } from '../../src/sim/world.ts'
import type { TcpConnection } from '../../src/transport/tcp/mod.ts'
import { agreeOnCapture, tsharkMissing } from './agree.ts'

/** Sends bytes from a to b and closes. */
function send(world: World, family: 4 | 6, bytes: Uint8Array): Promise<void> {
  const [a, b] = ['a', 'b'].map((name) => world.host(name).stack)
  return new Promise((resolve, reject) => {
    const listener = b.tcp.listen(
      {
        port: 9,
        onConnection: () => {
          const connection = listener.accept()!
          const drain = (): void => connection.consume(connection.readableBytes, world.now)
          connection.observer = { onReadable: drain, onEnd: () => connection.shutdown(world.now) }
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
    const remote = IpAddress.parse(world.host('b').address(family)!)
    const local = a.internet.findPath(remote)!.source
    const observer = {
      onConnected: push,
      onWritable: push,
      onClosed: (_connection: TcpConnection, reason: string) =>
        reason === 'finished' ? resolve() : reject(new Error(reason)),
    }
    a.tcp.connect({ local, remote, remotePort: 9, observer }, world.now)
  })
}

for (const family of [4, 6] as const) {
  test(`a capture of a lossy run over IPv${family}: no malformed packet, every field agreed upon, numbers of the handshake`, async (context) => {
    if (tsharkMissing(context)) return
    const pieces: Uint8Array[] = []
    const link = { ends: ['a', 'b'] as const, impair: { loss: 0.03, delayMs: 10 } }
    await simulate({ seed: 5, hosts: { a: {}, b: {} }, links: [link], families: [family] }, async (world) => {
      world.capture((bytes) => pieces.push(bytes.slice()))
      await send(world, family, new Uint8Array(100_000).fill(0x62))
    })
    const file = Buffer.concat(pieces)
    const capture = readCapture(file)
    const count = agreeOnCapture(capture, file)
    context.diagnostic(`${count} fields compared in ${capture.packets.length} packets`)
    const [syn, answer, ...rest] = ladderOf(conversationsOf(capture)[0]).segments.filter(
      (segment) => !segment.marks.includes('retransmission'),
    )
    assert.deepEqual([syn.flags, answer.flags], ['SYN', 'SYN,ACK'])
    assert.equal(answer.acknowledgment, (syn.sequence + 1) >>> 0)
    assert.equal(rest[0].acknowledgment, (answer.sequence + 1) >>> 0)
    assert.equal(rest[0].sequence, (syn.sequence + 1) >>> 0)
  })
}
