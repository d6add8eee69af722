/** The connection of `pub`, `sub`, `request` and `reply`: the official NATS client, with options common to all of them. */
import { type ConnectionOptions, connect, type NatsConnection, nkeyAuthenticator } from '@nats-io/transport-node'
import { HubError } from '@wirehub/hub'
import { fileOf, type OptionSpec, type OptionValues, wholeNumber } from './command.ts'
import { variable } from './config.ts'

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

/** Reads `--timeout`. @throws HubError WIREHUB_ERR_USAGE */
export function timeoutMs(values: OptionValues): number {
  return wholeNumber(values, 'timeout', 2000, 1)
}

/** The server that the command speaks to. */
export function serverOf(values: OptionValues): string {
  return (values.server as string | undefined) ?? variable(process.env, 'URL') ?? 'nats://127.0.0.1:4222'
}

/** As whom: flags go over the environment. */
export function credentialsOf(values: OptionValues): { user?: string; pass?: string; token?: string } {
  const text = (name: string): string | undefined =>
    (values[name] as string | undefined) ?? variable(process.env, name.toUpperCase())
  return definite({ user: text('user'), pass: text('password'), token: text('token') })
}

/**
 * Connects.
 * @throws HubError WIREHUB_ERR_CONNECT when there is no server, WIREHUB_ERR_NOT_AUTHENTICATED when it refuses
 */
export async function connectClient(values: OptionValues, name: string): Promise<NatsConnection> {
  const server = serverOf(values)
  const file = (key: string): string | undefined => fileOf(values, key)
  const options: ConnectionOptions = {
    servers: server,
    name,
    timeout: timeoutMs(values),
    reconnect: false,
    ...credentialsOf(values),
  }
  const seed = file('nkey')
  if (seed !== undefined) options.authenticator = nkeyAuthenticator(new TextEncoder().encode(seed.trim()))
  const tls = definite({ ca: file('tls-ca'), cert: file('tls-cert'), key: file('tls-key') })
  if (Object.keys(tls).length > 0 || server.startsWith('tls:')) options.tls = tls
  if (/^[a-z]+:\/\//i.test(server) && !/^(nats|tls|ws|wss):/i.test(server)) {
    throw new HubError('WIREHUB_ERR_USAGE', 'This is no address of a NATS server.', {
      place: server,
      cure: 'Write it like nats://127.0.0.1:4222.',
    })
  }
  try {
    return await connect(options)
  } catch (error) {
    throw explain(error as Error, server)
  }
}

/** An error of the client's own checks as one of ours; anything else as it is. */
export function clientError(error: unknown, place: string): unknown {
  if (!(error instanceof Error) || error.name !== 'InvalidArgumentError') return error
  const tooLarge = error.message.includes('max_payload')
  return new HubError(tooLarge ? 'WIREHUB_ERR_PAYLOAD_TOO_LARGE' : 'WIREHUB_ERR_USAGE', `${error.message}.`, {
    place,
    cure: tooLarge ? 'Send less, in parts, or raise maxPayloadBytes of the server.' : 'Mend the argument.',
    cause: error,
  })
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
