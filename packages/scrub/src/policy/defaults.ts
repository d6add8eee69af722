import type { ScrubConfig } from './config.ts'

/** The policy that ships: all default detectors, enforced on `events.>`. Secrets and card numbers go, contacts are masked. */
export const defaultPolicies: ScrubConfig = {
  policies: [
    {
      name: 'events',
      subjects: ['events.>'],
      stages: [{ decode: {} }, { redact: [{ name: 'default detectors', detectors: 'default', action: 'remove' }] }],
    },
  ],
}
