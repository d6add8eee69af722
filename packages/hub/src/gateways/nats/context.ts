/** What the NATS gateway needs from its hub. */
import type { Connection } from '../../core/connection.ts'
import type { Engine } from '../../core/engine.ts'

/** Shared by all connections of one listener. */
export interface NatsGatewayContext {
  readonly engine: Engine
  readonly authenticationRequired: boolean
  /** The INFO block for a connection. */
  info(connection: Connection): Record<string, unknown>
}
