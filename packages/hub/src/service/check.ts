/** Checks a configuration as far as that goes without a hub: files, users, policies, addresses. */

import type { HubCore } from '../assembly/hub-core.ts'
import type { HubConfig } from '../config/types.ts'
import { type ListenerUrl, parseListenerUrl, placeOf } from '../core/listener-url.ts'
import { NodeTlsTerminator } from '../edge/tls.ts'
import { assertFramed } from '../embedded/assert-framed.ts'
import { createHub } from '../embedded/create-hub.ts'
import { HubError } from '../errors.ts'
import { ConfiguredAuthenticator } from '../security/authenticator.ts'
import { placed } from './placed.ts'
import { assertSecure, type ConfigFiles, resolveConfig } from './resolve.ts'
import { ScrubService } from './scrub.ts'

/**
 * Checks everything that `HubService.start` would, but opens nothing.
 * @throws HubError WIREHUB_ERR_CONFIG, WIREHUB_ERR_INSECURE
 */
export async function checkConfig(config: HubConfig, files: ConfigFiles): Promise<void> {
  await placed(files, async () => {
    await using hub = await createHub()
    check(config, files, hub.core)
  })
}

const SOME_LISTENER = 'nats://127.0.0.1:0'

function assertDistinct(urls: readonly ListenerUrl[]): void {
  const seen = new Set<string>()
  for (const url of urls) {
    const place = placeOf(url)
    if (place === undefined) continue
    if (seen.has(place)) {
      throw new HubError('WIREHUB_ERR_CONFIG', 'Two listeners have this address.', {
        place: url.text,
        cure: 'Give each its own port or path.',
      })
    }
    seen.add(place)
  }
}

function check(config: HubConfig, files: ConfigFiles, core: HubCore): void {
  // Certificates are looked at even where the listeners are those that serve opens by itself.
  const resolved = resolveConfig(config, files, [SOME_LISTENER])
  const defaultPortOf = (scheme: string): number => core.gateways.get(scheme)?.manifest.defaultPort ?? 0
  const authenticator = new ConfiguredAuthenticator(resolved.security, core)
  assertSecure(resolved.listeners, authenticator.required, resolved.insecure, defaultPortOf)
  const scrub = new ScrubService(core)
  // Looked at, not opened: a check leaves no file behind.
  const prepared = scrub.prepare(resolved.scrub && { ...resolved.scrub, vaultFile: undefined }, files)
  assertFramed([...resolved.listeners.map((one) => one.url), ...resolved.connect], prepared.inspector, defaultPortOf)
  for (const one of resolved.listeners) if (one.tls !== undefined) new NodeTlsTerminator(one.tls)
  // What a protocol of one's own understands is known only when it is loaded.
  const isKnown = (url: string): boolean =>
    core.gateways.has(parseListenerUrl(url, defaultPortOf).scheme) || (config.gateways ?? []).length === 0
  for (const { url, tls } of resolved.listeners) if (isKnown(url)) core.checkListener(url, tls !== undefined)
  for (const url of resolved.connect) if (isKnown(url)) core.checkDialled(url)
  assertDistinct(resolved.listeners.map((one) => parseListenerUrl(one.url, defaultPortOf)))
}
