/** CONNECT: what a client says of itself. Source: NATS client protocol, "CONNECT". */

/** The options of CONNECT, under our names. Those that a client leaves out keep their value. */
export interface ConnectOptions {
  verbose: boolean
  pedantic: boolean
  echo: boolean
  headers: boolean
  noResponders: boolean
  protocol: number
  name: string
  language: string
  version: string
  user: string | undefined
  password: string | undefined
  token: string | undefined
  nkey: string | undefined
  signature: string | undefined
  jwt: string | undefined
}

/** Before CONNECT, and for what it leaves out: as nats-server. */
export const defaultConnectOptions: Readonly<ConnectOptions> = {
  verbose: true,
  pedantic: true,
  echo: true,
  headers: false,
  noResponders: false,
  protocol: 0,
  name: '',
  language: '',
  version: '',
  user: undefined,
  password: undefined,
  token: undefined,
  nkey: undefined,
  signature: undefined,
  jwt: undefined,
}

const fields: ReadonlyMap<string, readonly [keyof ConnectOptions, 'boolean' | 'number' | 'string']> = new Map([
  ['verbose', ['verbose', 'boolean']],
  ['pedantic', ['pedantic', 'boolean']],
  ['echo', ['echo', 'boolean']],
  ['headers', ['headers', 'boolean']],
  ['no_responders', ['noResponders', 'boolean']],
  ['protocol', ['protocol', 'number']],
  ['name', ['name', 'string']],
  ['lang', ['language', 'string']],
  ['version', ['version', 'string']],
  ['user', ['user', 'string']],
  ['pass', ['password', 'string']],
  ['auth_token', ['token', 'string']],
  ['nkey', ['nkey', 'string']],
  ['sig', ['signature', 'string']],
  ['jwt', ['jwt', 'string']],
])

/**
 * Reads the JSON of a CONNECT over what is in force. Names count without regard to case, unknown ones are passed over; `null` changes nothing.
 * @returns undefined when it is no JSON object, or a value has the wrong type
 */
export function parseConnectOptions(json: string, before: Readonly<ConnectOptions>): ConnectOptions | undefined {
  let given: unknown
  try {
    given = JSON.parse(json)
  } catch {
    return undefined
  }
  const options: Record<string, unknown> = { ...before }
  if (given === null) return options as unknown as ConnectOptions
  if (typeof given !== 'object' || Array.isArray(given)) return undefined
  for (const [name, value] of Object.entries(given)) {
    const field = fields.get(name.toLowerCase())
    if (field === undefined || value === null) continue
    const [key, type] = field
    if (typeof value !== type) return undefined
    options[key] = value
  }
  return Number.isInteger(options.protocol) ? (options as unknown as ConnectOptions) : undefined
}
