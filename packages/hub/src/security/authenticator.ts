/** The authenticator that is made from data: token, users with passwords or nkeys, accounts, client certificates. */
import { createHmac, generateKeyPairSync, type KeyObject } from 'node:crypto'
import type { Account, AccountLimits } from '../core/account.ts'
import type { Authenticator, Credentials, Identity } from '../core/authenticator.ts'
import { type Permissions, unrestricted } from '../core/permissions.ts'
import { HubError } from '../errors.ts'
import { AuthenticationFailures } from './failures.ts'
import { checkSignature, parseUserNkey } from './nkey.ts'
import type { AccountOptions, PermissionOptions, SecurityOptions, UserOptions } from './options.ts'
import { type CompareBcrypt, decoyOf, parseSecret, type Secret } from './password.ts'
import { compilePermissions, type PermissionsFactory } from './subject-permissions.ts'
import { WorkQueue } from './work-queue.ts'

/** Passwords that were checked lately; a crowd that reconnects does not pay again. */
const REMEMBERED = 10_000

/** What the authenticator needs of its hub. */
export interface AuthenticatorContext {
  /** The account of this name, made when there is none. */
  account(name: string, limits?: Partial<AccountLimits>): Account
  readonly defaultAccount: Account
  readonly clock: { now(): number }
  readonly random: { bytes(count: number): Uint8Array }
  readonly environment?: { readonly compareBcrypt?: CompareBcrypt }
  log(level: 'info' | 'warn', sentence: string, detail?: Record<string, unknown>): void
}

interface User {
  readonly name: string | undefined
  readonly secret: Secret | undefined
  readonly account: Account
  readonly permissions: PermissionsFactory
  readonly expiresAtMs: number | undefined
  readonly protocols: ReadonlySet<string> | undefined
}

type Answer = Identity | undefined

/** Decides by the options it was made with; changed options mean a new one. */
export class ConfiguredAuthenticator implements Authenticator {
  readonly required: boolean
  readonly usesNonce: boolean
  /** Attempts that failed. */
  readonly failures: AuthenticationFailures = new AuthenticationFailures()
  readonly #context: AuthenticatorContext
  readonly #users = new Map<string, User>()
  readonly #keys = new Map<string, { user: User; key: KeyObject }>()
  readonly #token: Secret | undefined
  readonly #tokenUser: User
  readonly #noAuthUser: User | undefined
  readonly #mapCertificates: boolean
  readonly #defaultsGiven: boolean
  readonly #decoy: Secret
  readonly #decoyKey: KeyObject = generateKeyPairSync('ed25519').publicKey
  readonly #queue = new WorkQueue()
  readonly #cacheKey: Uint8Array
  readonly #checked = new Set<string>()

  /** @throws HubError WIREHUB_ERR_CONFIG naming the place in the options */
  constructor(options: SecurityOptions, context: AuthenticatorContext) {
    this.#context = context
    this.#cacheKey = context.random.bytes(32)
    const { defaultPermissions, accounts = {}, users = [] } = options
    this.#addUsers(users, context.defaultAccount, defaultPermissions, 'users')
    for (const [name, account] of Object.entries(accounts)) this.#addAccount(name, account, defaultPermissions)
    this.#token = options.token === undefined ? undefined : this.#secretAt(options.token, 'token')
    this.#tokenUser = {
      name: undefined,
      secret: this.#token,
      account: context.defaultAccount,
      permissions: compilePermissions(defaultPermissions ?? {}, 'defaultPermissions'),
      expiresAtMs: undefined,
      protocols: undefined,
    }
    this.#noAuthUser = this.#findNoAuthUser(options.noAuthUser)
    this.#mapCertificates = options.mapCertificates ?? false
    this.#defaultsGiven = defaultPermissions !== undefined
    this.usesNonce = this.#keys.size > 0
    this.required = this.#users.size + this.#keys.size > 0 || this.#token !== undefined
    this.#decoy = this.#dearest()
  }

  #addAccount(name: string, options: AccountOptions, defaults: PermissionOptions | undefined): void {
    const account = this.#context.account(name, options.limits)
    this.#addUsers(options.users ?? [], account, options.defaultPermissions ?? defaults, `accounts.${name}.users`)
  }

  #addUsers(
    users: readonly UserOptions[],
    account: Account,
    defaults: PermissionOptions | undefined,
    place: string,
  ): void {
    for (const [index, options] of users.entries()) this.#addUser(options, account, defaults, `${place}[${index}]`)
  }

  #addUser(options: UserOptions, account: Account, defaults: PermissionOptions | undefined, place: string): void {
    const { user: name, nkey, password } = options
    const user: User = {
      name: name ?? nkey,
      secret: password === undefined ? undefined : this.#secretAt(password, `${place}.password`),
      account,
      permissions: compilePermissions(options.permissions ?? defaults ?? {}, `${place}.permissions`),
      expiresAtMs: options.expiresAtMs,
      protocols: options.protocols === undefined ? undefined : new Set(options.protocols),
    }
    if ((name === undefined) === (nkey === undefined)) {
      throw refuse('A user has either a name or an nkey.', place, 'Give one of user and nkey.')
    }
    if (nkey !== undefined) {
      const key = parseUserNkey(nkey)
      if (key === undefined)
        throw refuse('This is not the public nkey of a user.', `${place}.nkey`, 'It begins with U.')
      if (this.#keys.has(nkey)) throw refuse('This nkey is given twice.', `${place}.nkey`, 'Remove one of them.')
      this.#keys.set(nkey, { user, key })
      return
    }
    if (this.#users.has(name as string)) throw refuse('This user is given twice.', place, 'Remove one of them.')
    this.#users.set(name as string, user)
  }

  #secretAt(stored: string, place: string): Secret {
    const secret = parseSecret(stored, this.#context.environment?.compareBcrypt)
    if (secret !== undefined) return secret
    throw refuse('This looks like a hash, but is malformed.', place, 'Make one with: wirehub passwd')
  }

  #findNoAuthUser(name: string | undefined): User | undefined {
    if (name === undefined || name === '') return undefined
    const found = this.#users.get(name) ?? this.#keys.get(name)?.user
    if (found === undefined) throw refuse('There is no such user.', 'noAuthUser', 'Name one of the users.')
    return found
  }

  #dearest(): Secret {
    let dearest = this.#token ?? parseSecret('')
    for (const { secret } of this.#users.values()) {
      if (secret !== undefined && (dearest === undefined || secret.cost > dearest.cost)) dearest = secret
    }
    return decoyOf(dearest as Secret)
  }

  anonymous(): Answer {
    if (!this.required) {
      return { user: undefined, account: this.#context.defaultAccount, permissions: this.#openPermissions() }
    }
    return this.#noAuthUser === undefined ? undefined : this.#identityOf(this.#noAuthUser, undefined)
  }

  // Nobody is configured: loopback may do everything, unless permissions say otherwise.
  #openPermissions(): Permissions {
    return this.#defaultsGiven ? this.#tokenUser.permissions() : unrestricted
  }

  known(user: string | undefined): Answer {
    if (!this.required) return this.anonymous()
    if (user === undefined) return this.#token === undefined ? undefined : this.#identityOf(this.#tokenUser, undefined)
    const found = this.#users.get(user) ?? this.#keys.get(user)?.user
    return found === undefined ? undefined : this.#identityOf(found, undefined)
  }

  authenticate(credentials: Credentials): Answer | Promise<Answer> {
    const { nkey, user, password, token, certificateNames } = credentials
    if (!this.required) return this.anonymous()
    if (nkey !== undefined && nkey !== '') return this.#settle(this.#byNkey(credentials, nkey), credentials)
    if (this.#mapCertificates && certificateNames !== undefined) {
      const named = certificateNames.find((name) => this.#users.has(name))
      if (named !== undefined) return this.#settle(this.#users.get(named), credentials)
    }
    if (token !== undefined && token !== '') return this.#bySecret(this.#tokenUser, token, credentials)
    if (user !== undefined && user !== '') {
      // A lone user name is how some clients write a token.
      if (password === undefined && this.#token !== undefined && !this.#users.has(user)) {
        return this.#bySecret(this.#tokenUser, user, credentials)
      }
      return this.#bySecret(this.#users.get(user), password ?? '', credentials)
    }
    return this.#settle(this.#noAuthUser, credentials)
  }

  #byNkey(credentials: Credentials, nkey: string): User | undefined {
    const found = this.#keys.get(nkey)
    const { nonce, signature } = credentials
    if (nonce === undefined || signature === undefined) return undefined
    const fits = checkSignature(found?.key ?? this.#decoyKey, nonce, signature)
    return fits ? found?.user : undefined
  }

  // A user that does not exist, or has no password, costs the same time as one with the wrong password.
  #bySecret(user: User | undefined, given: string, credentials: Credentials): Answer | Promise<Answer> {
    const known = user?.secret !== undefined
    const secret = user?.secret ?? this.#decoy
    if (secret.cost === 0 && this.#decoy.cost === 0) {
      return this.#settle(known && secret.matches(given) === true ? user : undefined, credentials)
    }
    const mark = this.#mark(user, given)
    if (known && this.#checked.has(mark)) return this.#settle(user, credentials)
    const matches = secret.cost === 0 ? this.#padded(secret, given) : () => secret.matches(given)
    return this.#queue.run(matches).then((fits) => {
      if (known && fits) this.#remember(mark)
      return this.#settle(known && fits ? user : undefined, credentials)
    })
  }

  // Plain secrets beside hashed ones: their users must not be told apart by time.
  #padded(secret: Secret, given: string): () => Promise<boolean> {
    return async () => {
      await this.#decoy.matches(given)
      return secret.matches(given)
    }
  }

  #mark(user: User | undefined, given: string): string {
    return createHmac('sha256', this.#cacheKey)
      .update(`${user?.name ?? ''}\0${given}`)
      .digest('base64')
  }

  #remember(mark: string): void {
    if (this.#checked.size >= REMEMBERED) this.#checked.clear()
    this.#checked.add(mark)
  }

  #settle(user: User | undefined, credentials: Credentials): Answer {
    const identity = user === undefined ? undefined : this.#identityOf(user, credentials.protocol)
    if (identity === undefined) this.#noteFailure(credentials)
    return identity
  }

  #identityOf(user: User, protocol: string | undefined): Answer {
    const { name, account, expiresAtMs, protocols } = user
    if (expiresAtMs !== undefined && this.#context.clock.now() >= expiresAtMs) return undefined
    if (protocols !== undefined && protocol !== undefined && !protocols.has(protocol)) return undefined
    return { user: name, account, permissions: user.permissions(), expiresAtMs }
  }

  // Told at the first failure of an address and then ever more rarely: a log is not to be filled by strangers.
  #noteFailure(credentials: Credentials): void {
    const count = this.failures.note(credentials.remoteAddress)
    if ((count & (count - 1)) !== 0) return
    this.#context.log('warn', 'A connection failed to authenticate.', {
      address: credentials.remoteAddress,
      user: credentials.user ?? credentials.nkey,
      failures: count,
    })
  }
}

function refuse(sentence: string, place: string, cure: string): HubError {
  return new HubError('WIREHUB_ERR_CONFIG', sentence, { place, cure })
}
