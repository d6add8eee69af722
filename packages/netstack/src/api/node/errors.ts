import { getSystemErrorMap, inspect } from 'node:util'

/** An error as Node's own modules make it: `code` says which one, the stack shows `Name [code]: message`. */
export type NodeError = Error & { code: string }

type ErrorClass = new (message?: string) => Error

/** Codes, their class, and how their message is made. */
function make(Base: ErrorClass, code: string, message: string, properties?: object): NodeError {
  const error = new Base(message)
  // The code stands in the stack's first line and nowhere else, as Node does it.
  const name = error.name
  Object.defineProperty(error, 'name', { value: `${name} [${code}]`, configurable: true, writable: true })
  void error.stack
  Reflect.deleteProperty(error, 'name')
  return Object.assign(error, { code }, properties)
}

/** How Node describes a value that it did not want. */
function describe(value: unknown): string {
  if (value === null || value === undefined) return `${value}`
  if (typeof value === 'function') return `function ${value.name}`
  if (typeof value === 'object') {
    const name = value.constructor?.name
    return name ? `an instance of ${name}` : inspect(value, { depth: -1 })
  }
  const text = inspect(value, { colors: false })
  return `type ${typeof value} (${text.length > 28 ? `${text.slice(0, 25)}...` : text})`
}

const TYPE_NAMES = new Set([
  'string',
  'function',
  'number',
  'object',
  'Function',
  'Object',
  'boolean',
  'bigint',
  'symbol',
])

function joined(items: readonly string[]): string {
  if (items.length < 3) return items.join(' or ')
  return `${items.slice(0, -1).join(', ')}, or ${items.at(-1)}`
}

export function invalidArgType(name: string, expected: string | readonly string[], value: unknown): NodeError {
  const wanted = typeof expected === 'string' ? [expected] : expected
  const types = wanted.filter((each) => TYPE_NAMES.has(each)).map((each) => each.toLowerCase())
  const classes = wanted.filter((each) => !TYPE_NAMES.has(each) && /^([A-Z][a-z0-9]*)+$/.test(each))
  const others = wanted.filter((each) => !TYPE_NAMES.has(each) && !classes.includes(each))
  const parts: string[] = []
  if (types.length > 0) parts.push(`${types.length > 1 ? 'one of type' : 'of type'} ${joined(types)}`)
  if (classes.length > 0) parts.push(`an instance of ${joined(classes)}`)
  if (others.length > 0) parts.push(`${others[0] === others[0]!.toLowerCase() ? '' : 'an '}${joined(others)}`)
  const kind = name.endsWith(' argument') ? name : `"${name}" ${name.includes('.') ? 'property' : 'argument'}`
  return make(
    TypeError,
    'ERR_INVALID_ARG_TYPE',
    `The ${kind} must be ${parts.join(' or ')}. Received ${describe(value)}`,
  )
}

export function invalidArgValue(name: string, value: unknown, reason = 'is invalid'): NodeError {
  const text = inspect(value)
  const shown = text.length > 128 ? `${text.slice(0, 128)}...` : text
  const kind = name.includes('.') ? 'property' : 'argument'
  return make(TypeError, 'ERR_INVALID_ARG_VALUE', `The ${kind} '${name}' ${reason}. Received ${shown}`)
}

export function outOfRange(name: string, range: string, value: unknown): NodeError {
  const message = `The value of "${name}" is out of range. It must be ${range}. Received ${numeral(value)}`
  return make(RangeError, 'ERR_OUT_OF_RANGE', message)
}

function numeral(value: unknown): string {
  if (typeof value === 'number' && Number.isInteger(value) && Math.abs(value) > 2 ** 32) {
    return String(value).replace(/\B(?=(\d{3})+$)/g, '_')
  }
  return inspect(value)
}

export function missingArgs(names: readonly string[]): NodeError {
  const list = names.map((name) => `"${name}"`).join(' or ')
  return make(TypeError, 'ERR_MISSING_ARGS', `The ${list} argument must be specified`)
}

function badPort(name: string, port: unknown, allowZero = true): NodeError {
  const sign = allowZero ? '>=' : '>'
  const message = `${name} should be ${sign} 0 and < 65536. Received ${describe(port)}.`
  return make(RangeError, 'ERR_SOCKET_BAD_PORT', message)
}

export function invalidAddressFamily(family: unknown, host: unknown, port: unknown): NodeError {
  const message = `Invalid address family: ${family} ${host}:${port}`
  return make(RangeError, 'ERR_INVALID_ADDRESS_FAMILY', message, { host, port })
}

export const invalidIpAddress = (address: unknown): NodeError =>
  make(TypeError, 'ERR_INVALID_IP_ADDRESS', `Invalid IP address: ${address}`)
export const invalidFdType = (type: string): NodeError =>
  make(TypeError, 'ERR_INVALID_FD_TYPE', `Unsupported fd type: ${type}`)
export const alreadyListening = (): NodeError =>
  make(Error, 'ERR_SERVER_ALREADY_LISTEN', 'Listen method has been called more than once without closing.')
export const serverNotRunning = (): NodeError => make(Error, 'ERR_SERVER_NOT_RUNNING', 'Server is not running.')
export const socketClosed = (): NodeError => make(Error, 'ERR_SOCKET_CLOSED', 'Socket is closed')
export const closedBeforeConnection = (): NodeError =>
  make(Error, 'ERR_SOCKET_CLOSED_BEFORE_CONNECTION', 'Socket closed before the connection was established')
export const connectionTimeout = (): NodeError =>
  make(Error, 'ERR_SOCKET_CONNECTION_TIMEOUT', 'Socket connection timeout')
export const ipBlocked = (address: string): NodeError =>
  make(Error, 'ERR_IP_BLOCKED', `IP(${address}) is blocked by net.BlockList`)
export const invalidHandleType = (): NodeError =>
  make(TypeError, 'ERR_INVALID_HANDLE_TYPE', 'This handle type cannot be sent')
export const handleAdopted = (): NodeError =>
  make(Error, 'ERR_SOCKET_HANDLE_ADOPTED', 'The bound socket has already been adopted by a server or socket')
export const socketAlreadyBound = (): NodeError => make(Error, 'ERR_SOCKET_ALREADY_BOUND', 'Socket is already bound')
export const badSocketType = (): NodeError =>
  make(TypeError, 'ERR_SOCKET_BAD_TYPE', 'Bad socket type specified. Valid types are: udp4, udp6')
export const badBufferSize = (): NodeError =>
  make(TypeError, 'ERR_SOCKET_BAD_BUFFER_SIZE', 'Buffer size must be a positive integer')
export const dgramNotRunning = (): NodeError => make(Error, 'ERR_SOCKET_DGRAM_NOT_RUNNING', 'Not running')
export const dgramIsConnected = (): NodeError => make(Error, 'ERR_SOCKET_DGRAM_IS_CONNECTED', 'Already connected')
export const dgramNotConnected = (): NodeError => make(Error, 'ERR_SOCKET_DGRAM_NOT_CONNECTED', 'Not connected')
export const bufferOutOfBounds = (name: string): NodeError =>
  make(RangeError, 'ERR_BUFFER_OUT_OF_BOUNDS', `"${name}" is outside of buffer bounds`)

// --- validation --------------------------------------------------------------------------------

export function validateType(value: unknown, name: string, type: 'string' | 'number' | 'boolean' | 'function'): void {
  if (typeof value !== type) throw invalidArgType(name, type, value)
}

export function validateObject(value: unknown, name: string): asserts value is object {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalidArgType(name, 'Object', value)
}

/** What `options.port` may be. */
export function validatePort(port: unknown, name = 'Port', allowZero = true): number {
  const isKind = typeof port === 'number' || (typeof port === 'string' && port.trim().length > 0)
  const value = Number(port)
  if (!isKind || value !== value >>> 0 || value > 0xffff || (value === 0 && !allowZero)) {
    throw badPort(name, port, allowZero)
  }
  return value | 0
}

export function validateInt32(value: unknown, name: string, least = -2147483648, most = 2147483647): void {
  if (typeof value !== 'number') throw invalidArgType(name, 'number', value)
  if (!Number.isInteger(value)) throw outOfRange(name, 'an integer', value)
  if (value < least || value > most) throw outOfRange(name, `>= ${least} && <= ${most}`, value)
}

export function validateUint32(value: unknown, name: string): asserts value is number {
  validateInt32(value, name, 0, 4294967295)
}

export function validateAbortSignal(signal: unknown, name: string): asserts signal is AbortSignal {
  if (signal === null || typeof signal !== 'object' || !('aborted' in signal))
    throw invalidArgType(name, 'AbortSignal', signal)
}

// --- system errors -----------------------------------------------------------------------------

const byName = new Map<string, { errno: number; message: string }>()
const byNumber = new Map<number, string>()
for (const [errno, [name, message]] of getSystemErrorMap()) {
  byName.set(name, { errno, message })
  byNumber.set(errno, name)
}
byName.set('EOF', { errno: -4095, message: 'end of file' })

/** The negative number of a POSIX error, as libuv returns it. */
export function errnoOf(code: string): number {
  return byName.get(code)?.errno ?? -1
}

export function codeOf(errno: number): string {
  return byNumber.get(errno) ?? `Unknown system error ${errno}`
}

/** What the system calls it: `bad file descriptor`. */
export function messageOf(errno: number): string {
  return byName.get(codeOf(errno))?.message ?? ''
}

export interface SystemError extends NodeError {
  errno: number
  syscall: string
  address?: string
  port?: number
  localAddress?: string
  localPort?: number
}

/** `write EPIPE` */
export function errnoError(errno: number, syscall: string): SystemError {
  const code = codeOf(errno)
  return Object.assign(new Error(`${syscall} ${code}`), { errno, code, syscall })
}

/** `connect ECONNREFUSED 127.0.0.1:80 - Local (127.0.0.1:0)` */
export function addressError(
  errno: number,
  syscall: string,
  address?: string,
  port?: number,
  local?: string,
): SystemError {
  const code = codeOf(errno)
  const where = port !== undefined && port > 0 ? ` ${address}:${port}` : address ? ` ${address}` : ''
  const error = new Error(`${syscall} ${code}${where}${local ? ` - Local (${local})` : ''}`)
  const whole: SystemError = Object.assign(error, { errno, code, syscall })
  whole.address = address as string
  if (port) whole.port = port
  return whole
}

/** `listen EADDRINUSE: address already in use 127.0.0.1:80` */
export function listenError(errno: number, syscall: string, address?: string | null, port?: number): SystemError {
  const code = codeOf(errno)
  const text = byName.get(code)?.message ?? ''
  const where = port !== undefined && port > 0 ? ` ${address}:${port}` : address ? ` ${address}` : ''
  const whole: SystemError = Object.assign(new Error(`${syscall} ${code}: ${text}${where}`), { code, errno, syscall })
  whole.address = address as string
  if (port) whole.port = port
  return whole
}

/** Several attempts have failed; `code` is that of the first. */
export function aggregateError(errors: readonly Error[]): AggregateError {
  return Object.assign(new AggregateError(errors), { code: (errors[0] as NodeError | undefined)?.code })
}
