/** Who may connect. Protocols collect credentials; an authenticator turns them into an identity, or refuses. */
import type { Account } from './account.ts'
import type { Permissions } from './permissions.ts'

/** What a client has shown. */
export interface Credentials {
  user?: string | undefined
  password?: string | undefined
  token?: string | undefined
  nkey?: string | undefined
  /** Signature of the connection's nonce by the nkey, base64url. */
  signature?: string | undefined
  /** The nonce that the hub sent, as the client was shown it. */
  nonce?: Uint8Array | undefined
  /** Names of a verified client certificate: e-mail, DNS and URI names, then the distinguished name. */
  certificateNames?: readonly string[] | undefined
  /** Where the connection comes from. */
  remoteAddress: string
  /** The scheme of its listener. */
  protocol?: string | undefined
}

/** Who it is. The permissions belong to one connection: they may remember what it was asked. */
export interface Identity {
  readonly user: string | undefined
  readonly account: Account
  readonly permissions: Permissions
  /** When it ends, milliseconds since the Unix epoch. */
  readonly expiresAtMs?: number | undefined
}

/** Decides. May answer later: password hashes take their time. */
export interface Authenticator {
  /** False: everybody may connect (loopback only, unless said otherwise). */
  readonly required: boolean
  /** Whether INFO must carry a nonce. */
  readonly usesNonce: boolean
  /** Who a connection is that shows no credentials; undefined refuses it. */
  anonymous(): Identity | undefined
  /** Who a user is by these rules that was let in by earlier ones, without asking again; undefined when there is no such user. */
  known?(user: string | undefined): Identity | undefined
  /** Resolves with undefined to refuse. Never rejects. */
  authenticate(credentials: Credentials): Identity | undefined | Promise<Identity | undefined>
}

/** Everybody is welcome, in one account. */
export function openDoor(account: Account, permissions: Permissions): Authenticator {
  const identity: Identity = { user: undefined, account, permissions }
  return { required: false, usesNonce: false, anonymous: () => identity, authenticate: () => identity }
}
