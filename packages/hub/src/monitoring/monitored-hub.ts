/** The part of a hub that monitoring reads. */
import type { Account } from '../core/account.ts'
import type { Authenticator } from '../core/authenticator.ts'
import type { CloseReason, Connection } from '../core/connection.ts'
import type { InspectionFigures } from '../core/engine.ts'
import type { Clock, Environment } from '../core/environment.ts'
import type { HubIdentity } from '../core/gateway.ts'
import type { ConnectionLimits, HubLimits } from '../core/limits.ts'
import type { ListenerUrl } from '../core/listener-url.ts'
import type { Subscription } from '../core/subscription.ts'

/** What is left of a connection that has ended. */
export interface EndedConnection
  extends Pick<
    Connection,
    | 'id'
    | 'protocol'
    | 'remoteAddress'
    | 'remotePort'
    | 'startMs'
    | 'lastActivityMs'
    | 'roundTripMs'
    | 'clientName'
    | 'clientLanguage'
    | 'clientVersion'
    | 'user'
    | 'tlsPeer'
    | 'messagesIn'
    | 'bytesIn'
    | 'messagesOut'
    | 'bytesOut'
  > {
  readonly account: { readonly name: string }
  readonly outbound: { readonly pendingBytes: number }
  readonly subscriptionCount: number
  readonly subscriptions: readonly Pick<Subscription, 'subject' | 'queue' | 'identifier' | 'delivered' | 'max'>[]
  readonly stopMs: number
  readonly reason: CloseReason
}

/** A hub, read only. */
export interface MonitoredHub {
  readonly environment: Environment
  readonly clock: Clock
  readonly identity: HubIdentity
  readonly startMs: number
  readonly closing: boolean
  readonly limits: HubLimits
  readonly authenticator: Authenticator
  readonly accounts: ReadonlyMap<string, Account>
  readonly connections: ReadonlyMap<number, Connection>
  readonly closedConnections: { values(): readonly EndedConnection[] }
  readonly listeners: readonly {
    readonly url: ListenerUrl
    readonly limits: ConnectionLimits
    readonly bound:
      | { readonly url: string; readonly host: string | undefined; readonly port: number | undefined }
      | undefined
  }[]
  readonly counters: {
    readonly connectionsTotal: number
    readonly connectionsRefused: number
    readonly slowConsumers: number
    readonly closed: ReadonlyMap<string, number>
  }
  readonly backpressure: { readonly pauses: number }
  readonly memoryGuard: { readonly holding: number; readonly engagements: number }
  readonly inspector: { readonly figures: InspectionFigures } | undefined
  readonly deadLetters: { readonly counts: ReadonlyMap<string, number> }
}
