/** Latency: one request at a time, answered by an echo on a connection of its own. */
import { RawConnection, type RawTarget } from './raw-connection.ts'

/** Round trips in microseconds. */
export interface LatencyResult {
  readonly count: number
  readonly p50: number
  readonly p99: number
  readonly p999: number
  readonly max: number
}

/** The value below which this share of the sorted values lies. */
function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(sorted.length * share) - 1))]
}

/** Measures `count` round trips, each from client to server to echo to server to client. */
export async function measureLatency(
  target: RawTarget,
  count: number,
  payloadBytes: number,
  subject: string,
  progress: (share: number) => void,
): Promise<LatencyResult> {
  const echo = await RawConnection.open(target)
  const asker = await RawConnection.open(target)
  const inbox = `_INBOX.${Math.floor(performance.now() * 1000).toString(36)}`
  const payload = 'x'.repeat(payloadBytes)
  try {
    await echo.write(`SUB ${subject} 1\r\n`)
    await asker.write(`SUB ${inbox} 1\r\n`)
    await echo.flush()
    await asker.flush()
    const incoming = `MSG ${subject} 1 ${inbox} ${payloadBytes}\r\n`.length + payloadBytes + 2
    const answer = `MSG ${inbox} 1 ${payloadBytes}\r\n`.length + payloadBytes + 2
    let echoed = 0
    echo.onData = (chunk) => {
      for (echoed += chunk.length; echoed >= incoming; echoed -= incoming) {
        echo.socket.write(`PUB ${inbox} ${payloadBytes}\r\n${payload}\r\n`)
      }
    }
    const times: number[] = []
    for (let i = 0; i < count; i++) {
      times.push(await roundTrip(asker, `PUB ${subject} ${inbox} ${payloadBytes}\r\n${payload}\r\n`, answer))
      if (i % 256 === 0) progress(i / count)
    }
    times.sort((a, b) => a - b)
    return {
      count,
      p50: percentile(times, 0.5),
      p99: percentile(times, 0.99),
      p999: percentile(times, 0.999),
      max: times[times.length - 1],
    }
  } finally {
    echo.close()
    asker.close()
  }
}

function roundTrip(asker: RawConnection, request: string, answerBytes: number): Promise<number> {
  return new Promise((resolve, reject) => {
    let seen = 0
    asker.onLost = reject
    const started = performance.now()
    asker.onData = (chunk) => {
      seen += chunk.length
      if (seen >= answerBytes) resolve((performance.now() - started) * 1000)
    }
    asker.socket.write(request)
  })
}
