// Bulk transfer between two stacks in one thread over an in-memory wire: every frame has its own headers and a checksum
// that is computed by the sender and verified by the receiver.
//
//     npm run ... bench/netstack/bulk.ts [--mebibytes 2048] [--mtu 1500] [--rounds 5] [--family 4]

import { parseArgs } from 'node:util'
import { IpAddress } from '../../packages/netstack/src/internet/address.ts'
import { FramePool } from '../../packages/netstack/src/link/frame.ts'
import { SeededRandom } from '../../packages/netstack/src/link/random.ts'
import { TimerQueue } from '../../packages/netstack/src/link/timer-queue.ts'
import { createWire } from '../../packages/netstack/src/link/wire.ts'
import { Stack } from '../../packages/netstack/src/stack/stack.ts'
import type { TcpConnection } from '../../packages/netstack/src/transport/tcp/mod.ts'

const { values } = parseArgs({
  options: {
    mebibytes: { type: 'string', default: '1024' },
    mtu: { type: 'string', default: '1500' },
    rounds: { type: 'string', default: '3' },
    family: { type: 'string', default: '4' },
  },
})

const totalBytes = Number(values.mebibytes) * 1_048_576
const mtu = Number(values.mtu)

function transfer(): { seconds: number; frames: number } {
  let now = 0
  const pool = new FramePool()
  const timers = new TimerQueue()
  const [left, right] = createWire(timers, { mtu })
  const make = (seed: number): Stack => {
    const random = new SeededRandom(seed)
    return new Stack({ random: random.next, fillRandom: random.fill, clock: () => now, pool, timers })
  }
  const sender = make(1)
  const receiver = make(2)
  sender.addInterface('eth0', left, { addresses: ['10.0.0.1/24', '2001:db8::1/64'] })
  receiver.addInterface('eth0', right, { addresses: ['10.0.0.2/24', '2001:db8::2/64'] })

  const chunk = new Uint8Array(65_536).map((_, index) => index * 31)
  const sink = new Uint8Array(65_536)
  let sent = 0
  let received = 0
  const push = (connection: TcpConnection): void => {
    while (sent < totalBytes) {
      const taken = connection.send(chunk, now, 0, Math.min(chunk.length, totalBytes - sent))
      sent += taken
      if (taken === 0) return
      if (taken < chunk.length) return
    }
  }
  receiver.tcp.listen(
    {
      port: 5001,
      onConnection: (listener) => {
        const connection = listener.accept()!
        connection.observer = {
          onReadable: () => {
            while (connection.readableBytes > 0) received += connection.read(sink, now)
          },
        }
      },
    },
    now,
  )
  const [local, remote] = values.family === '4' ? ['10.0.0.1', '10.0.0.2'] : ['2001:db8::1', '2001:db8::2']
  const observer = { onConnected: push, onWritable: push }
  const begin = process.hrtime.bigint()
  sender.tcp.connect(
    { local: IpAddress.parse(local), remote: IpAddress.parse(remote), remotePort: 5001, observer },
    now,
  )
  let idle = 0
  while (received < totalBytes) {
    const next = Math.min(timers.pollAt(), sender.pollAt(), receiver.pollAt())
    if (next > now) now = next
    if (++idle > 100_000_000 || next === Number.POSITIVE_INFINITY)
      throw new Error(`stuck at ${received} bytes, ${now} ms`)
    timers.poll(now)
    sender.poll(now)
    receiver.poll(now)
  }
  const seconds = Number(process.hrtime.bigint() - begin) / 1e9
  const { checksumErrors } = receiver.tcp.counters
  if (checksumErrors !== 0) throw new Error(`${checksumErrors} checksum errors`)
  return { seconds, frames: left.framesSent + right.framesSent }
}

const figures: number[] = []
for (let round = 0; round < Number(values.rounds); round++) {
  const { seconds, frames } = transfer()
  figures.push(totalBytes / 1e6 / seconds)
  console.log(
    `${figures[round].toFixed(0)} MB/s, ${(frames / seconds / 1e3).toFixed(0)} k frames/s, ${((seconds * 1e9) / frames).toFixed(0)} ns a frame`,
  )
}
figures.sort((a, b) => a - b)
console.log(`median ${figures[figures.length >> 1].toFixed(0)} MB/s, IPv${values.family}, MTU ${mtu}`)
