import type { ScrubInspector } from '../assembly/scrub-inspector.ts'
import { type ListenerUrl, parseListenerUrl } from '../core/listener-url.ts'
import { HubError } from '../errors.ts'
import { chunkedSubject } from '../gateways/raw/options.ts'

/**
 * Refuses listeners that cut a stream wherever a read ends where something must be taken out of what they publish: a secret that two reads share would pass.
 * @throws HubError WIREHUB_ERR_CONFIG
 */
export function assertFramed(
  urls: readonly string[],
  inspector: ScrubInspector,
  defaultPortOf: (scheme: string) => number | undefined,
): void {
  for (const text of urls) {
    const url: ListenerUrl = parseListenerUrl(text, defaultPortOf)
    const subject = url.scheme === 'raw' ? chunkedSubject(url) : undefined
    const names = subject === undefined ? [] : (inspector.scrubber.policyFor(subject)?.names ?? [])
    const enforcing = inspector.scrubber.policies.find(
      ({ name, mode, rules }) =>
        names.includes(name) &&
        mode === 'enforce' &&
        rules.some(({ enforced, action }) => enforced && action !== 'report'),
    )
    if (enforcing === undefined) continue
    throw new HubError(
      'WIREHUB_ERR_CONFIG',
      `Policy '${enforcing.name}' is to be enforced on ${subject}, but with framing=chunk a secret that is cut in two by a read would not be found.`,
      {
        place: text,
        cure: 'Let the listener frame its stream (framing=newline, nul, length or whole), publish on another subject (in=...), or set mode: report.',
      },
    )
  }
}
