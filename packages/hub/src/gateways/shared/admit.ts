/** How a connection becomes somebody: the authenticator's answer is put in force in one place, for every protocol. */
import type { Authenticator, Credentials, Identity } from '../../core/authenticator.ts'
import type { Connection } from '../../core/connection.ts'

/** What came of it; `full`: the account has as many connections as it may have. */
export type Admission = 'admitted' | 'refused' | 'full'

/**
 * Asks who this is; a connection that shows nothing may still be somebody. `then` is called in this turn where the authenticator answers at
 * once, later otherwise; not at all when the connection is gone by then. Nothing is read meanwhile.
 */
export function admit(
  connection: Connection,
  authenticator: Authenticator,
  shown: Pick<Credentials, 'user' | 'password' | 'token'>,
  then: (outcome: Admission) => void,
): void {
  const certificateNames = connection.tlsPeer?.certificateNames ?? []
  const { remoteAddress, protocol } = connection
  const nothing = certificateNames.length === 0 && Object.values(shown).every((value) => value === undefined)
  const answer = nothing
    ? authenticator.anonymous()
    : authenticator.authenticate({ ...shown, certificateNames, remoteAddress, protocol })
  if (!(answer instanceof Promise)) {
    then(identify(connection, answer))
    return
  }
  connection.credentialsShown()
  connection.pause()
  void answer.then((identity) => {
    if (connection.state !== 'opening' && connection.state !== 'ready') return
    then(identify(connection, identity))
    connection.resume()
  })
}

function identify(connection: Connection, identity: Identity | undefined): Admission {
  // A server that the operator has the hub dial shows no credentials: it was asked to come.
  if (identity === undefined && !connection.dialled) return 'refused'
  if (identity !== undefined) {
    if (!connection.hasRoomIn(identity.account)) return 'full'
    connection.become(identity)
  }
  connection.ready()
  return 'admitted'
}
