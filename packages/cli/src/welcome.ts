/** What `wirehub serve` says when it is ready: addresses, what is scrubbed, three commands to try. */
import { styleText } from 'node:util'
import type { BoundAddress } from '@wirehub/hub'

/** What the block is made of. */
export interface WelcomeFacts {
  readonly version: string
  readonly addresses: readonly BoundAddress[]
  readonly dialled: readonly string[]
  /** Policies in force: name and subjects. */
  readonly policies: readonly { readonly name: string; readonly mode: string; readonly subjects: readonly string[] }[]
  readonly authenticated: boolean
  readonly configFile: string | undefined
}

const labels: Record<string, string> = { nats: 'NATS', lines: 'JSON lines', raw: 'raw TCP', http: 'monitoring' }

/** The block, without colours where there is no terminal. */
export function welcome(facts: WelcomeFacts): string {
  const bold = (text: string): string => styleText('bold', text, { stream: process.stderr, validateStream: true })
  const row = (name: string, text: string): string => `  ${name.padEnd(11)} ${text}`
  const lines = [
    '',
    `  ${bold(`wirehub ${facts.version}`)}${facts.configFile === undefined ? '' : `  ${facts.configFile}`}`,
    '',
  ]
  for (const one of facts.addresses) {
    const label = labels[one.scheme] ?? one.scheme
    lines.push(row(one.path === undefined ? label : `${label}, IPC`, one.url))
  }
  for (const url of facts.dialled) lines.push(row('dialling', url))
  lines.push(
    row('access', facts.authenticated ? 'users must say who they are' : 'everybody who can reach these addresses'),
  )
  if (facts.policies.length === 0) lines.push(row('scrubbing', 'no policy runs: messages are passed on as they come'))
  for (const policy of facts.policies) {
    lines.push(row('scrubbing', `${policy.subjects.join(', ')} (policy '${policy.name}', ${policy.mode})`))
  }
  lines.push('', '  Try, each in a terminal of its own:', ...tries(facts).map((command) => `    ${command}`), '')
  return `${lines.join('\n')}\n`
}

function tries({ addresses, policies }: WelcomeFacts): string[] {
  const nats = addresses.find((one) => one.scheme === 'nats' && one.port !== undefined)
  const lines = addresses.find((one) => one.scheme === 'lines' && one.port !== undefined)
  const server = nats === undefined || nats.port === 4222 ? '' : ` --server ${nats.url}`
  // A subject that the first policy cleans, so that one sees it.
  const scrubbed = policies.find(({ mode }) => mode === 'enforce')?.subjects[0]
  const subject = scrubbed?.replaceAll(/[*>]/g, 'signup') ?? 'greetings.one'
  const commands: string[] = []
  if (nats !== undefined) {
    commands.push(`npx wirehub sub '>'${server}`)
    commands.push(`npx wirehub pub ${subject} '{"name":"Ann","email":"ann@example.com"}'${server}`)
  }
  if (lines !== undefined) {
    commands.push(
      `printf '{"op":"pub","subject":"greetings.two","data":"from nc"}\\n' | nc -q1 ${lines.host} ${lines.port}`,
    )
  }
  return commands
}
