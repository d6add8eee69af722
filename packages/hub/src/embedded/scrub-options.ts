/** Scrubbing of a hub that a program carries inside. */
import { compilePolicies, type ScrubConfig, type ScrubEnvironment } from '@wirehub/scrub'
import type { HubCore } from '../assembly/hub-core.ts'
import { ScrubInspector } from '../assembly/scrub-inspector.ts'
import { assertFramed } from './assert-framed.ts'

/** The policies of a hub, as `scrub:` in wirehub.yaml has them, with what they need: keys, a vault, schemas, detectors of one's own. */
export interface HubScrubOptions extends ScrubConfig, Pick<ScrubEnvironment, 'keys' | 'vault' | 'schemas'> {
  /** Detectors of one's own beside patterns, which stand in `detectors`. */
  readonly customDetectors?: ScrubEnvironment['detectors']
  /** True: `$HUB.TAP.before.>` may show messages that have not been scrubbed. Default false. */
  readonly tap?: boolean
}

/**
 * Compiles policies and puts them into force before anybody can send anything.
 * @param urls listeners and servers to dial that are about to be opened
 * @throws ScrubError for policies that cannot be compiled, HubError WIREHUB_ERR_CONFIG for a listener that cuts streams anywhere
 */
export function enforceScrub(core: HubCore, options: HubScrubOptions, urls: readonly string[]): void {
  const { keys, vault, schemas, customDetectors, tap, ...config } = options
  const scrubber = compilePolicies(config, {
    ...(keys === undefined ? {} : { keys }),
    ...(vault === undefined ? {} : { vault }),
    ...(schemas === undefined ? {} : { schemas }),
    ...(customDetectors === undefined ? {} : { detectors: customDetectors }),
    random: (length) => core.random.bytes(length),
    monotonicMs: () => core.clock.monotonic(),
  })
  const inspector = new ScrubInspector(scrubber, core, { showsBefore: tap ?? false })
  assertFramed(urls, inspector, (scheme) => core.gateways.get(scheme)?.manifest.defaultPort)
  core.setInspector(inspector)
}
