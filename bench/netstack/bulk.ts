import type { TcpConnection } from '../../packages/netstack/src/transport/tcp/mod.ts'
import { Pair } from './pair.ts'

/**
 * Megabytes (10^6 bytes) a second of one transfer: every frame has headers of its own and a checksum that the sender computes
 * and the receiver verifies; both ends are in this thread.
 */
export function bulkTransfer(totalBytes: number, mtu: number, family: 4 | 6): number {
  const pair = new Pair(mtu)
  const chunk = new Uint8Array(65_536).map((_, index) => index * 31)
  const sink = new Uint8Array(65_536)
  let sent = 0
  let received = 0
  const push = (connection: TcpConnection): void => {
    while (sent < totalBytes) {
      const end = Math.min(chunk.length, totalBytes - sent)
      const taken = connection.send(chunk, pair.now, 0, end)
      sent += taken
      if (taken < end) return
    }
  }
  const listener = pair.server.tcp.listen(
    {
      port: 5001,
      onConnection: () => {
        const connection = listener.accept()!
        const onReadable = (): void => {
          while (connection.readableBytes > 0) received += connection.read(sink, pair.now)
        }
        connection.observer = { onReadable }
      },
    },
    pair.now,
  )
  const begun = performance.now()
  pair.connect(family, 5001, { onConnected: push, onWritable: push })
  pair.runUntil(() => received >= totalBytes)
  const seconds = (performance.now() - begun) / 1000
  const { checksumErrors, segmentsIn } = pair.server.tcp.counters
  const fewest = totalBytes / (mtu - 40)
  if (checksumErrors !== 0 || segmentsIn < fewest) {
    throw new Error(`${checksumErrors} checksum errors, ${segmentsIn} segments where ${fewest} are the fewest`)
  }
  return totalBytes / 1e6 / seconds
}

/** The same bytes copied twice and summed twice, and nothing else: what the machine allows. */
export function copyAndSum(totalBytes: number, sum: (bytes: Uint8Array, start: number, end: number) => number): number {
  const source = new Uint8Array(1448).fill(7)
  const frame = new Uint8Array(2048)
  const target = new Uint8Array(65_536)
  let total = 0
  const begun = performance.now()
  for (let done = 0; done < totalBytes; done += source.length) {
    frame.set(source, 64)
    total += sum(frame, 64, 64 + source.length)
    total += sum(frame, 64, 64 + source.length)
    target.set(source, done % 60_000)
  }
  if (total === 0) throw new Error('nothing was summed')
  return totalBytes / 1e6 / ((performance.now() - begun) / 1000)
}
