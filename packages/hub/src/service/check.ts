/** Checks a configuration as far as that goes without a hub: files, users, policies, addresses. */

import { HubCore } from '../assembly/hub-core.ts'
import type { HubConfig } from '../config/types.ts'
import { nodeEnvironment } from '../edge/node.ts'
import { NodeTlsTerminator } from '../edge/tls.ts'
import { ConfiguredAuthenticator } from '../security/authenticator.ts'
import { assertSecure, type ConfigFiles, resolveConfig } from './resolve.ts'
import { assertFramed, ScrubService } from './scrub.ts'

/**
 * Checks everything that `HubService.start` would, but opens nothing.
 * @throws HubError WIREHUB_ERR_CONFIG, WIREHUB_ERR_INSECURE
 */
export function checkConfig(config: HubConfig, files: ConfigFiles): void {
  const resolved = resolveConfig(config, files, [])
  const core = new HubCore({ environment: nodeEnvironment })
  const authenticator = new ConfiguredAuthenticator(resolved.security, core)
  assertSecure(resolved.listeners, authenticator.required, resolved.insecure, () => 0)
  const scrub = new ScrubService(core)
  // Looked at, not opened: a check leaves no file behind.
  const prepared = scrub.prepare(resolved.scrub && { ...resolved.scrub, vaultFile: undefined }, files)
  assertFramed([...resolved.listeners.map((one) => one.url), ...resolved.connect], prepared.inspector, () => 0)
  for (const one of resolved.listeners) if (one.tls !== undefined) new NodeTlsTerminator(one.tls)
  void core.close()
}
