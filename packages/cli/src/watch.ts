/** What `sub` and `tap` have in common: they print messages until enough have come, a signal ends them, or the connection is lost. */
import type { Msg, NatsConnection } from '@nats-io/transport-node'
import { HubError } from '@wirehub/hub'
import { exitCodes } from './command.ts'

/** How to watch. */
export interface WatchOptions {
  readonly queue?: string | undefined
  /** Ends after so many messages. */
  readonly limit: number
  /** Said on stderr once the server has taken the subscriptions. */
  readonly begun: string
  /** What a message looks like. */
  readonly show: (message: Msg) => string | Uint8Array
  /** What to do where the server does not allow it. */
  readonly cure: string
}

/**
 * Prints what comes in on these subjects, then closes the connection.
 * @returns the exit code
 * @throws HubError WIREHUB_ERR_PERMISSION_DENIED when the server refuses, WIREHUB_ERR_CONNECT when the connection is lost
 */
export async function watch(
  connection: NatsConnection,
  subjects: readonly string[],
  { queue, limit, begun, show, cure }: WatchOptions,
): Promise<number> {
  let seen = 0
  let refusal: Error | undefined
  for (const subject of subjects) {
    connection.subscribe(subject, {
      ...(queue === undefined ? {} : { queue }),
      callback: (error, message) => {
        if (error !== null) {
          refusal = error
          void connection.close()
        } else if (seen++ < limit) {
          process.stdout.write(show(message))
          if (seen === limit) void connection.close()
        }
      },
    })
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void connection.close())
  await connection.flush().catch(() => {})
  if (refusal === undefined) console.error(begun)
  const problem = await connection.closed()
  if (refusal !== undefined) throw new HubError('WIREHUB_ERR_PERMISSION_DENIED', refusal.message, { cure })
  if (problem instanceof Error) {
    throw new HubError('WIREHUB_ERR_CONNECT', `The connection was lost: ${problem.message}`)
  }
  return exitCodes.ok
}
