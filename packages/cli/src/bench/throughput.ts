/** Throughput: publishers write as fast as they can, subscribers count bytes until the last one. */
import { HubError } from '@wirehub/hub'
import { RawConnection, type RawTarget } from './raw-connection.ts'

/** What to measure. */
export interface ThroughputPlan {
  readonly publishers: number
  readonly subscribers: number
  readonly messages: number
  readonly payloadBytes: number
  readonly subject: string
}

/** What was measured. */
export interface ThroughputResult {
  readonly seconds: number
  /** Messages published a second. */
  readonly published: number
  /** Messages delivered a second, to all subscribers together; 0 without subscribers. */
  readonly delivered: number
  readonly bytes: number
}

const BATCH_BYTES = 256 * 1024

/** Runs the plan; `progress` is called with the share done. */
export async function measureThroughput(
  target: RawTarget,
  plan: ThroughputPlan,
  progress: (share: number) => void,
): Promise<ThroughputResult> {
  const perPublisher = Math.max(1, Math.floor(plan.messages / plan.publishers))
  const total = perPublisher * plan.publishers
  const publishLine = `PUB ${plan.subject} ${plan.payloadBytes}\r\n`
  const one = Buffer.from(`${publishLine}${'x'.repeat(plan.payloadBytes)}\r\n`)
  const delivery = `MSG ${plan.subject} 1 ${plan.payloadBytes}\r\n`.length + plan.payloadBytes + 2
  const subscribers = await openAll(target, plan.subscribers)
  const publishers = await openAll(target, plan.publishers)
  try {
    for (const subscriber of subscribers) {
      await subscriber.write(`SUB ${plan.subject} 1\r\n`)
      await subscriber.flush()
    }
    const started = performance.now()
    const received = subscribers.map((subscriber) => countBytes(subscriber, total * delivery, progress))
    const batch = Buffer.concat(Array(Math.max(1, Math.floor(BATCH_BYTES / one.length))).fill(one))
    const perBatch = batch.length / one.length
    await Promise.all(
      publishers.map(async (publisher) => {
        let left = perPublisher
        for (; left >= perBatch; left -= perBatch) {
          await publisher.write(batch)
          if (subscribers.length === 0) progress(1 - left / perPublisher)
        }
        if (left > 0) await publisher.write(batch.subarray(0, left * one.length))
        await publisher.flush()
      }),
    )
    await Promise.all(received)
    const seconds = (performance.now() - started) / 1000
    return {
      seconds,
      published: total / seconds,
      delivered: (total * subscribers.length) / seconds,
      bytes: (total * plan.payloadBytes * Math.max(1, subscribers.length)) / seconds,
    }
  } finally {
    for (const connection of [...subscribers, ...publishers]) connection.close()
  }
}

async function openAll(target: RawTarget, count: number): Promise<RawConnection[]> {
  const made: RawConnection[] = []
  for (let i = 0; i < count; i++) made.push(await RawConnection.open(target))
  return made
}

function countBytes(subscriber: RawConnection, expected: number, progress: (share: number) => void): Promise<void> {
  let seen = 0
  return new Promise((resolve, reject) => {
    subscriber.onLost = (error) =>
      reject(
        new HubError(
          'WIREHUB_ERR_CLOSED',
          `A subscriber was cut after ${seen} of ${expected} bytes: ${error.message}.`,
          {
            cure: 'Send fewer messages at once, or raise the pending limit of the server.',
          },
        ),
      )
    subscriber.onData = (chunk) => {
      seen += chunk.length
      progress(seen / expected)
      if (seen >= expected) resolve()
    }
  })
}
