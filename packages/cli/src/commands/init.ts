/** `wirehub init`: writes a first configuration. */
import { existsSync, writeFileSync } from 'node:fs'
import { HubError } from '@wirehub/hub'
import { type Command, exitCodes } from '../command.ts'
import { DEFAULT_CONFIG_FILE } from '../config.ts'

const TEMPLATE = `# wirehub: every key stands in docs/configuration.md; "wirehub check" tells what is wrong with this file.

listen:
  - nats://127.0.0.1:4222     # NATS clients
  - lines://127.0.0.1:4224    # JSON lines: nc, and programs without a library
  - ipc://                    # the same on a Unix socket or named pipe
  - http://127.0.0.1:8222     # /healthz /varz /connz /subsz /metrics
  # - raw://127.0.0.1:9000?framing=newline&in=tcp.in&out=tcp.out

# Who may connect. Needed as soon as a listener is open to other machines. "wirehub passwd" makes the verifier.
# authorization:
#   users:
#     - user: alice
#       password: SCRAM-SHA-256$...
#       permissions: { publish: [orders.>], subscribe: [">"] }

# What is cleaned before anybody gets it.
scrub:
  policies:
    - name: events
      subjects: [events.>]
      stages:
        - redact:
            - { name: default detectors, detectors: default, action: remove }

# limits:
#   maxPayloadBytes: 1048576
`

export const init: Command = {
  name: 'init',
  summary: 'Writes a first wirehub.yaml with comments.',
  usage: '[FILE]',
  examples: [
    ['wirehub init', 'wirehub.yaml in this folder'],
    ['wirehub init hub.yaml --force', 'another name, over what is there'],
  ],
  options: { force: { type: 'boolean', help: 'write over a file that exists' } },
  async run(values, [file = DEFAULT_CONFIG_FILE]) {
    if (existsSync(file) && values.force !== true) {
      throw new HubError('WIREHUB_ERR_USAGE', 'The file exists already.', {
        place: file,
        cure: 'Use --force to write over it.',
      })
    }
    writeFileSync(file, TEMPLATE)
    process.stdout.write(`wrote ${file}; start the hub with: wirehub serve --config ${file}\n`)
    return exitCodes.ok
  },
}
