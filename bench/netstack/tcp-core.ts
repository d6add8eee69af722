/**
 * TCP alone: two layers back to back in one thread, frames of at most 1,500 bytes, each with its own header and a checksum that is computed and verified.
 * `node --conditions=@wirehub/source bench/netstack/tcp-core.ts [megabytes] [mtu]`
 */
import { CHECKSUM_NONE, type Frame, FramePool } from '../../packages/netstack/src/link/frame.ts'
import { createTcpLayer } from '../../packages/netstack/src/transport/tcp/layer.ts'
import type {
  AddressWords,
  TcpConnection,
  TcpFlow,
  TcpLayer,
  TcpOutput,
} from '../../packages/netstack/src/transport/tcp/types.ts'

const _HEADER_BYTES = 20
const BATCH = 64

interface Side {
  layer: TcpLayer
  queue: Frame[]
}

function address(last: number): AddressWords {
  return { w0: 0, w1: 0, w2: 0xffff, w3: 0x0a000000 | last }
}

function side(pool: FramePool, mtu: number): Side {
  const queue: Frame[] = []
  const output: TcpOutput = {
    allocate: (bytes) => pool.allocate(bytes),
    transmit: (frame: Frame, _flow: TcpFlow) => {
      frame.checksum = CHECKSUM_NONE // as a wire does: the other end verifies
      queue.push(frame)
    },
    mtu: () => mtu,
    gsoBytes: () => 0,
    checksumOffload: () => false,
  }
  const layer = createTcpLayer({ output, fillRandom: (bytes) => void crypto.getRandomValues(bytes) })
  return { layer, queue }
}

/** Delivers up to a batch of what `from` has sent. */
function deliver(from: Side, to: Side, source: number, destination: number, now: number): number {
  const { queue } = from
  const count = Math.min(queue.length, BATCH)
  const { segment } = to.layer
  for (let i = 0; i < count; i++) {
    const frame = queue[i]
    segment.setAddresses4(source, destination)
    segment.ecn = 0
    to.layer.receive(frame, now, i + 1 < count)
    frame.release()
  }
  if (count === queue.length) queue.length = 0
  else queue.splice(0, count)
  return count
}

/** Megabytes a second of one bulk transfer. */
export function bulk(megabytes: number, mtu: number): number {
  const pool = new FramePool()
  const a = side(pool, mtu)
  const b = side(pool, mtu)
  const total = megabytes * 1e6
  const chunk = new Uint8Array(65536).fill(7)
  const into = new Uint8Array(65536)
  let sent = 0
  let received = 0
  let now = performance.now()
  const clock = (): number => now
  const write = (connection: TcpConnection): void => {
    while (sent < total) {
      const taken = connection.send(chunk, clock(), 0, Math.min(chunk.length, total - sent))
      sent += taken
      if (taken < chunk.length) return
    }
  }
  b.layer.listen(
    {
      port: 80,
      onConnection: (listener) => {
        const server = listener.accept()!
        server.observer = {
          onReadable: (connection) => {
            if (connection.readableBytes >= 32768 || received + connection.readableBytes >= total) {
              for (let count = connection.read(into, clock()); count > 0; count = connection.read(into, clock()))
                received += count
            }
          },
        }
      },
    },
    clock(),
  )
  const client = a.layer.connect(
    { local: address(1), remote: address(2), remotePort: 80, observer: { onConnected: write, onWritable: write } },
    clock(),
  )
  const began = performance.now()
  while (received < total) {
    now = performance.now()
    const moved = deliver(a, b, 0x0a000001, 0x0a000002, now) + deliver(b, a, 0x0a000002, 0x0a000001, now)
    if (moved === 0) {
      a.layer.poll(now)
      b.layer.poll(now)
    }
  }
  const seconds = (performance.now() - began) / 1000
  if (client.info(clock()).totalRetransmitted > 0)
    console.error(`retransmitted ${client.info(clock()).totalRetransmitted}`)
  return megabytes / seconds
}

const megabytes = Number(process.argv[2] ?? 1000)
const mtu = Number(process.argv[3] ?? 1500)
bulk(100, mtu)
for (let run = 0; run < 3; run++) console.log(`tcp-core bulk, mtu ${mtu}: ${bulk(megabytes, mtu).toFixed(0)} MB/s`)
