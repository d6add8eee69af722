/** The connection of `pub`, `sub`, `request` and `reply`: the official NATS client, with options common to all of them. */
import { readFileSync } from 'node:fs'
import { type ConnectionOptions, connect, type NatsConnection, nkeyAuthenticator } from '@nats-io/transport-node'
import { HubError } from '@wirehub/hub'
import type { OptionSpec, OptionValues } from './command.ts'

/** Options that say where to connect, and as whom. */
export const clientOptions: Readonly<Record<string, OptionSpec>> = {
  server: {
    type: 'string',
    short: 's',
    value: 'URL',
    help: 'any NATS server; default $WIREHUB_URL or nats://127.0.0.1:4222',
  },
  user: { type: 'string', value: 'NAME', help: 'user name; default $WIREHUB_USER' },
  password: { type: 'string', value: 'WORD', help: 'password; default $WIREHUB_PASSWORD' },
  token: { type: 'string', value: 'WORD', help: 'token; default $WIREHUB_TOKEN' },
  nkey: { type: 'string', value: 'FILE', help: 'file with the nkey seed' },
  'tls-ca': { type: 'string', value: 'FILE', help: 'certificate authority of the server' },
  'tls-cert': { type: 'string', value: 'FILE', help: "the client's certificate" },
  'tls-key': { type: 'string', value: 'FILE', help: "the client certificate's key" },
  timeout: { type: 'string', value: 'MS', help: 'time to connect, and for an answer; default 2000' },
}

/** Reads `--timeout`. */
export function timeoutMs(values: OptionValues): number {
  const given = values.timeout === undefined ? 2000 : Number(values.timeout)
  if (Number.isInteger(given) && given > 0) return given
  throw new HubError('WIREHUB_ERR_USAGE', '--timeout takes a whole number of milliseconds.', {
    place: String(values.timeout),
  })
}

/**
 * Connects.
 * @throws HubError WIREHUB_ERR_CONNECT when there is no server, WIREHUB_ERR_NOT_AUTHENTICATED when it refuses
 */
export async function connectClient(values: OptionValues, name: string): Promise<NatsConnection> {
  const text = (key: string, variable: string): string | undefined =>
    (values[key] as string | undefined) ?? process.env[variable]
  const server = text('server', 'WIREHUB_URL') ?? 'nats://127.0.0.1:4222'
  const file = (key: string): string | undefined =>
    values[key] === undefined ? undefined : readFileSync(values[key] as string, 'utf8')
  const options: ConnectionOptions = {
    servers: server,
    name,
    timeout: timeoutMs(values),
    reconnect: false,
    ...definite({
      user: text('user', 'WIREHUB_USER'),
      pass: text('password', 'WIREHUB_PASSWORD'),
      token: text('token', 'WIREHUB_TOKEN'),
    }),
  }
  const seed = file('nkey')
  if (seed !== undefined) options.authenticator = nkeyAuthenticator(new TextEncoder().encode(seed.trim()))
  const tls = definite({ ca: file('tls-ca'), cert: file('tls-cert'), key: file('tls-key') })
  if (Object.keys(tls).length > 0 || server.startsWith('tls:')) options.tls = tls
  try {
    return await connect(options)
  } catch (error) {
    throw explain(error as Error, server)
  }
}

function definite(given: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(Object.entries(given).filter((pair): pair is [string, string] => pair[1] !== undefined))
}

function explain(error: Error, server: string): HubError {
  if (/authoriz|authent/i.test(`${error.name} ${error.message}`)) {
    return new HubError('WIREHUB_ERR_NOT_AUTHENTICATED', 'The server refused the credentials.', {
      place: server,
      cure: 'Give --user and --password, --token or --nkey.',
      cause: error,
    })
  }
  return new HubError('WIREHUB_ERR_CONNECT', `Cannot connect: ${error.message}.`, {
    place: server,
    cure: 'Is a hub running there? wirehub serve starts one; --server names another.',
    cause: error,
  })
}
