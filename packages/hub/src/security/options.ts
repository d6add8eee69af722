/** Who may do what, as plain data: what configuration files, nats.conf and the embedding program hand to `createAuthenticator`. */
import type { AccountLimits } from '../core/account.ts'

/** Subjects that are allowed and denied. Only a list means: these are allowed. Without `allow` everything is; an empty `allow` is nothing. `deny` wins. */
export type SubjectRule =
  | string
  | readonly string[]
  | { readonly allow?: string | readonly string[] | undefined; readonly deny?: string | readonly string[] | undefined }

/** What one user may do. */
export interface PermissionOptions {
  /** Patterns. Without it everything may be published, unless `allowResponses` is given: then nothing else may. */
  readonly publish?: SubjectRule | undefined
  /** Patterns; `subject queue` allows or denies the queue group only (it may have wildcards too). */
  readonly subscribe?: SubjectRule | undefined
  /** Replies to what was received may be published: at most `max` (default 1, -1: any number) within `expiresMs` (default 2 minutes). */
  readonly allowResponses?:
    | boolean
    | { readonly max?: number | undefined; readonly expiresMs?: number | undefined }
    | undefined
}

/** One user. Either `user` (with a password, or known by its certificate) or `nkey`. */
export interface UserOptions {
  readonly user?: string | undefined
  /** In plain text, as `$2a$`/`$2b$`/`$2y$` bcrypt hash, or as `SCRAM-SHA-256$` verifier. */
  readonly password?: string | undefined
  /** Public key of a user, `U...`. */
  readonly nkey?: string | undefined
  readonly permissions?: PermissionOptions | undefined
  /** The moment from which the user is not let in, and connections end; milliseconds since the Unix epoch. */
  readonly expiresAtMs?: number | undefined
  /** Schemes of the listeners it may come to; all when absent. */
  readonly protocols?: readonly string[] | undefined
}

/** One account with its users. */
export interface AccountOptions {
  readonly users?: readonly UserOptions[] | undefined
  readonly limits?: Partial<AccountLimits> | undefined
  /** For users of this account without permissions of their own. */
  readonly defaultPermissions?: PermissionOptions | undefined
}

/** Everything about who may connect. Nothing given: everybody may. */
export interface SecurityOptions {
  /** One secret for everybody, in any of the forms of a password. */
  readonly token?: string | undefined
  /** Users of the default account. */
  readonly users?: readonly UserOptions[] | undefined
  readonly accounts?: Readonly<Record<string, AccountOptions>> | undefined
  /** For users without permissions of their own. */
  readonly defaultPermissions?: PermissionOptions | undefined
  /** Who connections without credentials are. */
  readonly noAuthUser?: string | undefined
  /** Users are known by the names in their verified client certificates (`verify_and_map`). */
  readonly mapCertificates?: boolean | undefined
}
