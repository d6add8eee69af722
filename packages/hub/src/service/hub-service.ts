/** A hub that runs by a configuration, and can be given another one while it runs: all of it comes into force, or nothing. */
import type { PolicyDescription } from '@wirehub/scrub'
import { compileLinks } from '../assembly/account-links.ts'
import type { Listener } from '../assembly/listener.ts'
import type { HubConfig } from '../config/types.ts'
import type { Connection } from '../core/connection.ts'
import type { GatewayFactory } from '../core/gateway.ts'
import { defaultConnectionLimits } from '../core/limits.ts'
import { parseListenerUrl, placeOf } from '../core/listener-url.ts'
import type { Dialer } from '../dial/dialer.ts'
import { NodeTlsTerminator } from '../edge/tls.ts'
import { assertFramed } from '../embedded/assert-framed.ts'
import { cleanLog } from '../embedded/clean-log.ts'
import { createHub, type HubOptions } from '../embedded/create-hub.ts'
import type { Hub } from '../embedded/hub.ts'
import { ConfiguredAuthenticator } from '../security/authenticator.ts'
import type { PermissionOptions, UserOptions } from '../security/options.ts'
import { placed } from './placed.ts'
import { assertSecure, type ConfigFiles, type ResolvedConfig, type ResolvedListener, resolveConfig } from './resolve.ts'
import { type PreparedScrub, ScrubService } from './scrub.ts'

/** What a service needs beside its configuration. */
export interface HubServiceOptions
  extends Omit<HubOptions, 'listen' | 'limits' | 'authenticator' | 'serverName' | 'scrub'> {
  /** Reads the files that the configuration names. */
  files: ConfigFiles
  /** Listeners when the configuration names none. */
  defaultListen: readonly string[]
  /** Protocols beside the built-in ones, already loaded. */
  gateways?: readonly GatewayFactory[]
}

interface OpenListener {
  readonly key: string
  readonly url: string
  entry: ResolvedListener
  readonly listener: Listener
  readonly tls: NodeTlsTerminator | undefined
}

/** Runs a hub. */
export class HubService {
  readonly hub: Hub
  readonly #options: HubServiceOptions
  #open: OpenListener[] = []
  #dialers = new Map<string, Dialer>()
  #current: ResolvedConfig | undefined = undefined
  readonly #scrub: ScrubService
  #reloading: Promise<void> = Promise.resolve()

  private constructor(hub: Hub, options: HubServiceOptions) {
    this.hub = hub
    this.#options = options
    this.#scrub = new ScrubService(hub.core)
  }

  /**
   * Starts a hub.
   * @throws HubError WIREHUB_ERR_CONFIG, WIREHUB_ERR_INSECURE, WIREHUB_ERR_LISTEN; nothing runs then
   */
  static async start(config: HubConfig, options: HubServiceOptions): Promise<HubService> {
    return placed(options.files, () => HubService.#start(config, options))
  }

  static async #start(config: HubConfig, options: HubServiceOptions): Promise<HubService> {
    const { files, defaultListen, ...hubOptions } = options
    const resolved = resolveConfig(config, files, defaultListen)
    if (hubOptions.log !== undefined) hubOptions.log = cleanLog(hubOptions.log)
    const hub = await createHub({ ...hubOptions, limits: resolved.hubLimits, ...named(resolved.serverName) })
    const service = new HubService(hub, options)
    try {
      await service.#apply(resolved, files)
    } catch (error) {
      await hub.close()
      throw error
    }
    return service
  }

  /**
   * Puts another configuration into force.
   * @param files reads the files that it names; default those of the start
   * @throws HubError; the old configuration stays in force then, entirely
   */
  async reload(config: HubConfig, files: ConfigFiles = this.#options.files): Promise<void> {
    // One after the other: the last one asked for is the one that holds.
    const applied = this.#reloading.then(() =>
      placed(files, () => this.#apply(resolveConfig(config, files, this.#options.defaultListen), files)),
    )
    this.#reloading = applied.catch(() => {})
    await applied
  }

  // Everything that can fail comes first; then everything is put in place, and nothing of that can.
  async #apply(next: ResolvedConfig, files: ConfigFiles): Promise<void> {
    const { core } = this.hub
    const authenticator = new ConfiguredAuthenticator(next.security, core)
    const defaultPortOf = (scheme: string): number | undefined => core.gateways.get(scheme)?.manifest.defaultPort
    assertSecure(next.listeners, authenticator.required, next.insecure, defaultPortOf)
    const terminators = new Map<ResolvedListener, NodeTlsTerminator>()
    for (const one of next.listeners) if (one.tls !== undefined) terminators.set(one, new NodeTlsTerminator(one.tls))
    for (const url of next.connect) core.checkDialled(url)
    const links = compileLinks(next.links)
    const scrub = this.#scrub.prepare(next.scrub, files)
    const kept: OpenListener[] = []
    const opened: OpenListener[] = []
    const displaced: OpenListener[] = []
    const before = core.authenticator
    // A new listener must not let anybody in by the old rules.
    core.authenticator = authenticator
    try {
      assertFramed([...next.listeners.map((one) => one.url), ...next.connect], scrub.inspector, defaultPortOf)
      // The first listener that opens may be spoken to before the last one has.
      if (this.#current === undefined) core.setInspector(scrub.inspector)
      for (const one of next.listeners) {
        const url = this.#withStamps(one.url, next.stampHeaders)
        const key = this.#keyOf(one, next.stampHeaders)
        const known = this.#open.find((open) => open.key === key && !kept.includes(open))
        if (known !== undefined) {
          kept.push(known)
          continue
        }
        // Another thing is to be spoken at this address now: whoever listens there must let it go first.
        const inTheWay = this.#inTheWay(url, next)
        if (inTheWay !== undefined) {
          displaced.push(inTheWay)
          await core.unlisten(inTheWay.listener)
        }
        opened.push(await this.#openListener(url, key, one, terminators.get(one)))
      }
    } catch (error) {
      core.authenticator = before
      this.#scrub.abandon(scrub)
      for (const one of opened) await core.unlisten(one.listener)
      for (const one of displaced) {
        this.#open[this.#open.indexOf(one)] = await this.#openListener(one.url, one.key, one.entry, one.tls)
      }
      throw error
    }
    this.#open = this.#open.filter((one) => !displaced.includes(one))
    core.setLinks(links)
    await this.#commit(next, kept, opened, scrub)
  }

  #keyOf(one: ResolvedListener, stamp: boolean): string {
    return `${this.#withStamps(one.url, stamp)} ${one.tls === undefined ? 'plain' : 'tls'}`
  }

  /** The open listener that has a new one's address, and that the next configuration no longer has as it is. */
  #inTheWay(url: string, next: ResolvedConfig): OpenListener | undefined {
    const { gateways } = this.hub.core
    const place = (text: string): string | undefined =>
      placeOf(parseListenerUrl(text, (scheme) => gateways.get(scheme)?.manifest.defaultPort))
    const wanted = place(url)
    const stay = new Set(next.listeners.map((one) => this.#keyOf(one, next.stampHeaders)))
    return this.#open.find((open) => wanted !== undefined && !stay.has(open.key) && place(open.url) === wanted)
  }

  async #commit(
    next: ResolvedConfig,
    kept: OpenListener[],
    opened: OpenListener[],
    scrub: PreparedScrub,
  ): Promise<void> {
    const { core } = this.hub
    this.#scrub.enforce(scrub)
    if (scrub.inspector.showsBefore) core.log('warn', 'Messages can be looked at before they are scrubbed (scrub.tap).')
    core.setLimits(next.hubLimits, next.security.accounts ?? {})
    for (const one of this.#open) if (!kept.includes(one)) await core.unlisten(one.listener)
    for (const open of kept) {
      const entry = next.listeners.find(
        (one) => this.#withStamps(one.url, next.stampHeaders) === open.key.split(' ')[0],
      )
      if (entry === undefined) continue
      open.entry = entry
      if (entry.tls !== undefined) open.tls?.reload(entry.tls)
      Object.assign(open.listener.limits, defaultConnectionLimits, this.#gatewayLimits(open.listener), entry.limits)
    }
    this.#open = [...kept, ...opened]
    this.#dial(next)
    if (this.#current !== undefined) this.#endStrangers(this.#current, next)
    this.#current = next
  }

  async #openListener(
    url: string,
    key: string,
    one: ResolvedListener,
    tls: NodeTlsTerminator | undefined,
  ): Promise<OpenListener> {
    const { core } = this.hub
    await core.listen(url, one.limits, tls)
    return { key, url, entry: one, listener: core.listeners.at(-1) as Listener, tls }
  }

  #gatewayLimits(listener: Listener): object {
    return this.hub.core.gateways.get(listener.url.scheme)?.manifest.limits ?? {}
  }

  #withStamps(url: string, stamp: boolean): string {
    const { gateways } = this.hub.core
    const { scheme } = parseListenerUrl(url, (name) => gateways.get(name)?.manifest.defaultPort)
    if (!stamp || gateways.get(scheme)?.manifest.options.stamp === undefined || url.includes('stamp=')) return url
    return `${url}${url.includes('?') ? '&' : '?'}stamp=all`
  }

  #dial(next: ResolvedConfig): void {
    for (const [url, dialer] of this.#dialers) {
      if (next.connect.includes(url)) continue
      this.hub.core.hangUp(dialer)
      this.#dialers.delete(url)
    }
    for (const url of next.connect) {
      if (!this.#dialers.has(url)) this.#dialers.set(url, this.hub.core.connect(url, next.connectionLimits))
    }
  }

  // Whoever came in by rules that no longer hold must show anew who it is.
  #endStrangers(before: ResolvedConfig, after: ResolvedConfig): void {
    const old = rulesOf(before)
    const current = rulesOf(after)
    for (const connection of this.hub.core.connections.values()) {
      if (connection.state !== 'ready') continue
      const name = connection.user ?? ''
      const [was, is] = [old.get(name), current.get(name)]
      if (was?.identity === is?.identity) {
        if (was?.permissions === is?.permissions || this.#revise(connection)) continue
      }
      if (connection.codec.refuse !== undefined) connection.codec.refuse('authentication-failed')
      else connection.close('authentication-failed')
    }
  }

  // Who somebody is has not changed, but perhaps what they may do.
  #revise(connection: Connection): boolean {
    const identity = this.hub.core.authenticator.known?.(connection.user)
    if (identity === undefined || identity.account !== connection.account) return false
    if (connection.codec.revise === undefined) return false
    connection.become(identity)
    connection.codec.revise()
    return true
  }

  /** Servers that are dialled. */
  get dialled(): string[] {
    return [...this.#dialers.keys()]
  }

  /** Scrub policies in force. */
  get policies(): readonly PolicyDescription[] {
    return this.#scrub.policies
  }

  /**
   * Lame duck mode: accepts nobody new, tells clients to go elsewhere, and after the grace period closes them spread over the rest of the duration.
   */
  async lameDuck(durationMs: number, gracePeriodMs = 0): Promise<void> {
    await this.hub.core.lameDuck(durationMs, gracePeriodMs)
  }

  /** Drains and ends. */
  async close(): Promise<void> {
    await this.#reloading
    for (const dialer of this.#dialers.values()) dialer.stop()
    await this.hub.close()
    await this.#scrub.close()
  }
}

function named(serverName: string | undefined): { serverName?: string } {
  return serverName === undefined ? {} : { serverName }
}

/** What somebody's rights rest on, as text that can be compared. */
interface Rules {
  readonly identity: string
  readonly permissions: string
}

/** The rules for each user; those for connections without a user's name stand under the empty one. */
function rulesOf(config: ResolvedConfig): Map<string, Rules> {
  const rules = new Map<string, Rules>()
  const { token, users = [], accounts = {}, defaultPermissions, noAuthUser, mapCertificates } = config.security
  const common = JSON.stringify([token, noAuthUser, mapCertificates])
  const some = users.length + Object.values(accounts).reduce((sum, one) => sum + (one.users?.length ?? 0), 0) > 0
  rules.set('', { identity: common + (some ? 'users' : 'open'), permissions: JSON.stringify(defaultPermissions) ?? '' })
  const add = (account: string, user: UserOptions, defaults: PermissionOptions | undefined): void => {
    const { permissions, ...identity } = user
    rules.set(user.user ?? user.nkey ?? '', {
      identity: common + JSON.stringify([account, identity]),
      permissions: JSON.stringify(permissions ?? defaults) ?? '',
    })
  }
  for (const user of users) add('', user, defaultPermissions)
  for (const [name, account] of Object.entries(accounts)) {
    for (const user of account.users ?? []) add(name, user, account.defaultPermissions ?? defaultPermissions)
  }
  return rules
}
