/** How a connection becomes somebody: the authenticator's answer is put in force in one place, for every protocol. */
import type { Authenticator, Credentials, Identity } from '../../core/authenticator.ts'
import type { Connection } from '../../core/connection.ts'

/**
 * Asks who this is. `then` is called in this turn where the authenticator answers at once, later otherwise; not at all when the
 * connection is gone by then. Nothing is read meanwhile.
 */
export function admit(
  connection: Connection,
  authenticator: Authenticator,
  credentials: Omit<Credentials, 'remoteAddress'>,
  then: (admitted: boolean) => void,
): void {
  const answer = authenticator.authenticate({ ...credentials, remoteAddress: connection.remoteAddress })
  if (!(answer instanceof Promise)) {
    then(identify(connection, answer))
    return
  }
  connection.pause()
  void answer.then((identity) => {
    if (connection.state !== 'opening') return
    then(identify(connection, identity))
    connection.resume()
  })
}

function identify(connection: Connection, identity: Identity | undefined): boolean {
  if (identity === undefined) return false
  if (identity.account !== connection.account) connection.joinAccount(identity.account)
  connection.permissions = identity.permissions
  connection.user = identity.user
  connection.ready()
  return true
}
