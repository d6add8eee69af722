/** `wirehub certs`: certificates for a first try with TLS. */
import { closeSync, existsSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs'
import { isIP } from 'node:net'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { HubError } from '@wirehub/hub'
import { type CertificateFile, developmentCertificates } from '../certs/dev.ts'
import { type Command, exitCodes } from '../command.ts'

const DNS_NAME = /^(\*\.)?([a-z0-9_]([a-z0-9_-]*[a-z0-9_])?\.)*[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?$/i
const USER_NAME = /^[!-~]{1,64}$/

export const certs: Command = {
  name: 'certs',
  summary:
    'Makes a local authority with certificates of a server and a client: for a first try with TLS, not for production.',
  usage: 'dev [options]',
  examples: [
    ['wirehub certs dev', 'into ./certs, for localhost and the name of this machine'],
    ['wirehub certs dev --out tls --host hub.lan --host 192.168.1.7', 'for other names and addresses'],
    ['wirehub certs dev --force', 'over the ones that are there'],
  ],
  options: {
    out: { type: 'string', value: 'DIR', help: 'folder; default certs' },
    host: {
      type: 'string',
      multiple: true,
      value: 'NAME',
      help: "a name or address of the server; repeatable; default localhost, its addresses and this machine's name",
    },
    user: { type: 'string', value: 'NAME', help: 'user named by the client certificate; default dev@localhost' },
    days: { type: 'string', value: 'N', help: 'how long they are valid; default 365' },
    force: { type: 'boolean', help: 'write over files that exist' },
  },
  async run(values, [what, ...more]) {
    if (what !== 'dev' || more.length > 0)
      throw new HubError('WIREHUB_ERR_USAGE', 'Say what to make.', { cure: 'wirehub certs dev' })
    const hosts = hostsOf(values.host as string[] | undefined)
    const user = (values.user as string | undefined) ?? 'dev@localhost'
    if (!USER_NAME.test(user))
      throw new HubError('WIREHUB_ERR_USAGE', '--user takes up to 64 visible ASCII characters.', { place: user })
    const days = Number(values.days ?? 365)
    if (!Number.isInteger(days) || days < 1 || days > 36_500) {
      throw new HubError('WIREHUB_ERR_USAGE', '--days takes a whole number, 1 to 36500.', {
        place: String(values.days),
      })
    }
    const folder = (values.out as string | undefined) ?? 'certs'
    const files = developmentCertificates({ hosts, user, days, now: new Date() })
    writeAll(folder, files, values.force === true)
    process.stdout.write(`${configLines(folder, user).join('\n')}\n`)
    console.error(`wrote ${files.map(({ name }) => join(folder, name)).join(', ')}`)
    console.error(
      `valid ${days} days for ${hosts.join(', ')}; the authority's key can sign more: keep it to yourself, or delete it`,
    )
    return exitCodes.ok
  },
}

function hostsOf(given: readonly string[] | undefined): string[] {
  const machine = hostname()
  const hosts = given ?? ['localhost', '127.0.0.1', '::1', ...(DNS_NAME.test(machine) ? [machine] : [])]
  for (const host of hosts) {
    if (isIP(host) !== 0 || (DNS_NAME.test(host) && host.length <= 253)) continue
    throw new HubError('WIREHUB_ERR_USAGE', 'This is neither a DNS name nor an IP address.', {
      place: host,
      cure: 'Give it without scheme and port: --host hub.example.com',
    })
  }
  return [...new Set(hosts)]
}

function writeAll(folder: string, files: readonly CertificateFile[], force: boolean): void {
  const there = force ? undefined : files.find(({ name }) => existsSync(join(folder, name)))
  if (there !== undefined) {
    throw new HubError('WIREHUB_ERR_USAGE', 'The file exists already.', {
      place: join(folder, there.name),
      cure: 'Use --force to write over it, or --out for another folder.',
    })
  }
  try {
    mkdirSync(folder, { recursive: true })
    for (const { name, text, secret } of files) writeOwn(join(folder, name), text, secret ? 0o600 : 0o644, force)
  } catch (error) {
    throw new HubError('WIREHUB_ERR_USAGE', `The certificates cannot be written: ${(error as Error).message}.`, {
      place: folder,
      cure: 'Name a folder that you may write to: --out tls',
      cause: error,
    })
  }
}

// A file that is there keeps its mode when written: it is made anew.
function writeOwn(path: string, text: string, mode: number, force: boolean): void {
  if (force) rmSync(path, { force: true })
  const descriptor = openSync(path, 'wx', mode)
  try {
    writeSync(descriptor, text)
  } finally {
    closeSync(descriptor)
  }
}

function configLines(folder: string, user: string): string[] {
  // Quoted where a shell or YAML would read more into it than a name.
  const at = (name: string): string => {
    const path = join(folder, name)
    return /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", "''")}'`
  }
  return [
    '# wirehub.yaml: TLS for every listener',
    `tls: { cert: ${at('server.pem')}, key: ${at('server-key.pem')} }`,
    '',
    '# or: clients must show a certificate of this authority, and are the user that it names',
    `# tls: { cert: ${at('server.pem')}, key: ${at('server-key.pem')}, ca: ${at('ca.pem')}, verifyAndMap: true }`,
    `# authorization: { users: [{ user: ${user} }] }`,
    '',
    '# a client:',
    `# wirehub sub '>' --server tls://localhost:4222 --tls-ca ${at('ca.pem')} --tls-cert ${at('client.pem')} --tls-key ${at('client-key.pem')}`,
  ]
}
