/** Connections that have ended, as far as monitoring shows them: the last ones, as plain data. */
import type { CloseReason, Connection } from '../core/connection.ts'
import type { Subscription } from '../core/subscription.ts'
import type { TlsPeer } from '../core/tls.ts'

/** What is left of a subscription. */
export type EndedSubscription = Pick<Subscription, 'subject' | 'queue' | 'identifier' | 'delivered' | 'max'>

/** What is left of a connection. */
export interface ClosedConnection {
  readonly id: number
  readonly protocol: string
  readonly remoteAddress: string
  readonly remotePort: number
  readonly startMs: number
  readonly lastActivityMs: number
  readonly roundTripMs: number | undefined
  readonly clientName: string | undefined
  readonly clientLanguage: string | undefined
  readonly clientVersion: string | undefined
  readonly user: string | undefined
  readonly account: { readonly name: string }
  readonly tlsPeer: TlsPeer | undefined
  readonly messagesIn: number
  readonly bytesIn: number
  readonly messagesOut: number
  readonly bytesOut: number
  readonly outbound: { readonly pendingBytes: number }
  readonly subscriptionCount: number
  /** The first of them. */
  readonly subscriptions: readonly EndedSubscription[]
  readonly stopMs: number
  readonly reason: CloseReason
}

/** The last connections that ended. */
export class ClosedConnections {
  readonly #kept: ClosedConnection[] = []
  #next = 0

  /**
   * Keeps one, in place of the oldest where there is no room.
   * @param most how many are kept
   */
  add(connection: Connection, stopMs: number, most: number): void {
    if (this.#kept.length > most) this.#kept.length = most
    if (most <= 0) return
    if (this.#next >= most) this.#next = 0
    this.#kept[this.#next++] = snapshot(connection, stopMs)
  }

  values(): readonly ClosedConnection[] {
    return this.#kept
  }
}

function snapshot(connection: Connection, stopMs: number): ClosedConnection {
  const { id, protocol, remoteAddress, remotePort, startMs, lastActivityMs, roundTripMs } = connection
  const { clientName, clientLanguage, clientVersion, user, tlsPeer } = connection
  const { messagesIn, bytesIn, messagesOut, bytesOut } = connection
  return {
    ...{ id, protocol, remoteAddress, remotePort, startMs, lastActivityMs, roundTripMs },
    ...{ clientName, clientLanguage, clientVersion, user, tlsPeer, messagesIn, bytesIn, messagesOut, bytesOut },
    account: { name: connection.account.name },
    outbound: { pendingBytes: connection.pendingAtEnd },
    subscriptionCount: connection.endedSubscriptions.count,
    subscriptions: connection.endedSubscriptions.first.map(({ subject, queue, identifier, delivered, max }) => ({
      ...{ subject, queue, identifier, delivered, max },
    })),
    stopMs,
    reason: connection.closeReason as CloseReason,
  }
}
