/** The operations of JSON lines, parsed and checked. What comes out of here is safe to route: subjects are subjects, headers are headers. */
import { encodeHeaders, STAMPED_PREFIX } from '../../core/headers.ts'
import { HubError } from '../../errors.ts'
import { firstMalformedUtf8 } from '../../presentation/unicode.ts'
import { parseLiteral, parsePattern } from '../../routing/subject.ts'
import { memberValue } from './members.ts'
import { type Encoding, encodings, payloadOf } from './payload.ts'

/** The client's name for a request or a subscription; comes back with every answer. */
export type ClientId = string | number

/** What `pub` and `req` have in common. */
interface Outgoing {
  readonly id: ClientId | undefined
  readonly subject: string
  readonly payload: Buffer
  readonly headers: Buffer | undefined
}

export type Operation =
  | (Outgoing & { readonly op: 'pub'; readonly reply: string | undefined; readonly ack: boolean })
  | (Outgoing & { readonly op: 'req'; readonly timeoutMs: number })
  | {
      readonly op: 'sub'
      readonly id: ClientId | undefined
      readonly subject: string
      readonly queue: string | undefined
      readonly max: number
      readonly encoding: Encoding | undefined
    }
  | {
      readonly op: 'unsub'
      readonly id: ClientId | undefined
      readonly subject: string | undefined
      readonly queue: string | undefined
    }
  | { readonly op: 'ping'; readonly id: ClientId | undefined }
  | {
      readonly op: 'auth'
      readonly id: ClientId | undefined
      readonly user: string | undefined
      readonly password: string | undefined
      readonly token: string | undefined
      readonly name: string | undefined
    }

/** An operation that makes no sense, with the id to answer to. */
export class OperationError extends Error {
  readonly id: ClientId | undefined
  readonly error: HubError

  constructor(id: ClientId | undefined, error: HubError) {
    super(error.message)
    this.id = id
    this.error = error
  }
}

const EXAMPLE = '{"op":"sub","subject":"greetings.>"} or {"op":"pub","subject":"greetings.en","data":"hello"}'
const DEFAULT_TIMEOUT_MS = 5000
const MAX_TIMEOUT_MS = 600_000
const MAX_ID_LENGTH = 256

const members: Readonly<Record<Operation['op'], readonly string[]>> = {
  pub: ['subject', 'data', 'encoding', 'headers', 'reply', 'ack'],
  req: ['subject', 'data', 'encoding', 'headers', 'timeoutMs'],
  sub: ['subject', 'queue', 'max', 'encoding'],
  unsub: ['subject', 'queue'],
  ping: [],
  auth: ['user', 'password', 'token', 'name'],
}

/**
 * Parses one line.
 * @throws OperationError that says what is wrong with it, and how it is written
 */
export function parseOperation(line: Buffer): Operation {
  const { text, given } = parseObject(line)
  const id = idOf(given.id)
  try {
    return operationOf(given, text, id)
  } catch (error) {
    if (error instanceof HubError) throw new OperationError(id, error)
    throw error
  }
}

function parseObject(line: Buffer): { text: string; given: Record<string, unknown> } {
  const offset = firstMalformedUtf8(line)
  if (offset >= 0) throw new OperationError(undefined, protocol(`The line is no UTF-8 at offset ${offset}.`))
  const text = line.toString('utf8')
  let given: unknown
  try {
    given = JSON.parse(text)
  } catch (cause) {
    throw new OperationError(undefined, protocol(`The line is no JSON: ${withoutQuotes(cause as Error)}`))
  }
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new OperationError(undefined, protocol('The line is no JSON object.'))
  }
  return { text, given: given as Record<string, unknown> }
}

// What the parser says may quote the line, and what we say may be logged.
function withoutQuotes({ message }: Error): string {
  return message.replace(/,? *(?:\.\.\.)?".*"(?:\.\.\.)? is not valid JSON$/s, ' is not valid JSON').trim()
}

function protocol(sentence: string, cure = `Write one JSON object on each line: ${EXAMPLE}`): HubError {
  return new HubError('WIREHUB_ERR_PROTOCOL', sentence, { cure })
}

function idOf(given: unknown): ClientId | undefined {
  if (given === undefined || given === null) return undefined
  if (
    typeof given === 'number' ||
    (typeof given === 'string' && given.length <= MAX_ID_LENGTH && given.isWellFormed())
  ) {
    return given
  }
  throw new OperationError(
    undefined,
    protocol(`"id" must be a number, or a string of at most ${MAX_ID_LENGTH} characters.`),
  )
}

function operationOf(given: Record<string, unknown>, text: string, id: ClientId | undefined): Operation {
  const { op } = given
  if (typeof op !== 'string' || !Object.hasOwn(members, op)) {
    throw protocol(`"op" must be one of ${Object.keys(members).join(', ')}.`)
  }
  const known = members[op as Operation['op']]
  for (const name of Object.keys(given)) {
    if (name !== 'op' && name !== 'id' && !known.includes(name)) {
      throw protocol(`"${op}" has no member ${JSON.stringify(name)}.`, `It has: ${['id', ...known].join(', ')}.`)
    }
  }
  const string = (name: string): string | undefined => optional(given, name, 'string')
  switch (op as Operation['op']) {
    case 'pub': {
      const reply = string('reply')
      return {
        op: 'pub',
        ...outgoing(given, text, id),
        reply: reply === undefined ? undefined : parseLiteral(reply),
        ack: optional<boolean>(given, 'ack', 'boolean') ?? false,
      }
    }
    case 'req':
      return {
        op: 'req',
        ...outgoing(given, text, id),
        timeoutMs: integer(given, 'timeoutMs', 1, MAX_TIMEOUT_MS) ?? DEFAULT_TIMEOUT_MS,
      }
    case 'sub':
      return {
        op: 'sub',
        id,
        subject: parsePattern(required(given, 'subject')),
        queue: queueOf(given),
        max: integer(given, 'max', 1, Number.MAX_SAFE_INTEGER) ?? 0,
        encoding: encodingOf(given),
      }
    case 'unsub': {
      const subject = string('subject')
      if (id === undefined && subject === undefined)
        throw protocol('"unsub" needs the "id" or the "subject" of the "sub".')
      return { op: 'unsub', id, subject, queue: queueOf(given) }
    }
    case 'ping':
      return { op: 'ping', id }
    case 'auth':
      return {
        op: 'auth',
        id,
        user: string('user'),
        password: string('password'),
        token: string('token'),
        name: string('name'),
      }
  }
}

function outgoing(given: Record<string, unknown>, text: string, id: ClientId | undefined): Outgoing {
  const subject = parseLiteral(required(given, 'subject'))
  const { payload, contentType } = payloadOf(given.data, () => memberValue(text, 'data') as string, encodingOf(given))
  return { id, subject, payload, headers: headersOf(given.headers, contentType) }
}

function headersOf(given: unknown, contentType: string | undefined): Buffer | undefined {
  const entries: [string, string][] = []
  if (given !== undefined) {
    if (typeof given !== 'object' || given === null || Array.isArray(given)) {
      throw protocol('"headers" must be an object.', 'Write {"Name":"value"} or {"Name":["one","two"]}.')
    }
    for (const [name, value] of Object.entries(given)) {
      if (name.toLowerCase().startsWith(STAMPED_PREFIX)) continue
      for (const one of Array.isArray(value) ? value : [value]) {
        if (typeof one !== 'string')
          throw protocol(`Header ${JSON.stringify(name)} must be a string or a list of strings.`)
        entries.push([name, one])
      }
    }
  }
  if (contentType !== undefined && !entries.some(([name]) => name.toLowerCase() === 'content-type')) {
    entries.push(['Content-Type', contentType])
  }
  return entries.length === 0 ? undefined : encodeHeaders(entries)
}

function encodingOf(given: Record<string, unknown>): Encoding | undefined {
  const encoding = optional<string>(given, 'encoding', 'string')
  const found = encodings.find((one) => one === encoding)
  if (encoding !== undefined && found === undefined)
    throw protocol(`"encoding" must be one of ${encodings.join(', ')}.`)
  return found
}

function queueOf(given: Record<string, unknown>): string | undefined {
  const queue = optional<string>(given, 'queue', 'string')
  return queue === undefined ? undefined : parseLiteral(queue)
}

function required(given: Record<string, unknown>, name: string): string {
  const value = optional<string>(given, name, 'string')
  if (value === undefined) throw protocol(`"${String(given.op)}" needs a "${name}".`)
  return value
}

function optional<T extends string | boolean>(
  given: Record<string, unknown>,
  name: string,
  type: string,
): T | undefined {
  const value = given[name]
  if (value === undefined || value === null) return undefined
  if (typeof value !== type) throw protocol(`"${name}" must be a ${type}.`)
  if (typeof value === 'string' && !value.isWellFormed()) throw protocol(`"${name}" has half a surrogate pair.`)
  return value as T
}

function integer(given: Record<string, unknown>, name: string, least: number, most: number): number | undefined {
  const value = given[name]
  if (value === undefined || value === null) return undefined
  if (Number.isInteger(value) && (value as number) >= least && (value as number) <= most) return value as number
  throw protocol(`"${name}" must be a whole number, ${least} to ${most}.`)
}
