/** What the hub says to NATS clients apart from messages. The texts are nats-server's: clients compare them, without regard to case. */
import type { CloseReason } from '../../core/connection.ts'
import { encodeHeaders } from '../../core/headers.ts'

export const PING: Buffer = Buffer.from('PING\r\n')
export const PONG: Buffer = Buffer.from('PONG\r\n')
export const OK: Buffer = Buffer.from('+OK\r\n')

/** An error that ends the connection. */
export interface FatalError {
  readonly text: string
  readonly reason: CloseReason
}

const violation = (text: string): FatalError => ({ text, reason: 'protocol-violation' })

type FatalName =
  | 'unknownOperation'
  | 'parser'
  | 'headersNotSupported'
  | 'badProtocol'
  | 'noRespondersNeedHeaders'
  | 'tlsRequired'
  | 'controlLine'
  | 'payload'
  | 'authorization'
  | 'authenticationTimeout'
  | 'authenticationExpired'
  | 'accountConnections'
  | 'stale'

/** Errors after which the connection is closed. */
export const fatal: Readonly<Record<FatalName, FatalError>> = {
  unknownOperation: violation('Unknown Protocol Operation'),
  /** nats-server closes without a word here. */
  parser: violation('Parser Error'),
  headersNotSupported: violation('message headers not supported'),
  badProtocol: violation('invalid client protocol'),
  noRespondersNeedHeaders: violation('no responders requires headers support'),
  tlsRequired: violation('Secure Connection - TLS Required'),
  controlLine: { text: 'maximum control line exceeded', reason: 'control-line-too-long' },
  payload: { text: 'Maximum Payload Violation', reason: 'payload-too-large' },
  authorization: { text: 'Authorization Violation', reason: 'authentication-failed' },
  authenticationTimeout: { text: 'Authentication Timeout', reason: 'authentication-timeout' },
  authenticationExpired: { text: 'User Authentication Expired', reason: 'authentication-failed' },
  accountConnections: { text: 'maximum account active connections exceeded', reason: 'limit-reached' },
  stale: { text: 'Stale Connection', reason: 'stale' },
}

/** Errors that the connection survives. */
export const remark: {
  invalidSubject: string
  invalidPublishSubject: string
  tooManySubscriptions: string
  publishDenied(subject: string): string
  replyDenied(reply: string): string
  subscribeDenied(subject: string, queue: string | undefined): string
} = {
  invalidSubject: 'Invalid Subject',
  invalidPublishSubject: 'Invalid Publish Subject',
  tooManySubscriptions: 'maximum subscriptions exceeded',
  publishDenied: (subject: string): string => `Permissions Violation for Publish to ${JSON.stringify(subject)}`,
  replyDenied: (reply: string): string => `Permissions Violation for Publish with Reply of ${JSON.stringify(reply)}`,
  subscribeDenied: (subject: string, queue: string | undefined): string =>
    `Permissions Violation for Subscription to ${JSON.stringify(subject)}` +
    (queue === undefined ? '' : ` using queue ${JSON.stringify(queue)}`),
}

/** What a client is told when the hub closes its connection for this reason. */
export function farewell(reason: CloseReason): string {
  switch (reason) {
    case 'authentication-timeout':
      return fatal.authenticationTimeout.text
    case 'authentication-failed':
      return fatal.authorization.text
    case 'limit-reached':
      return 'maximum connections exceeded'
    case 'slow-consumer':
      return 'Slow Consumer'
    default:
      return 'Server Shutdown'
  }
}

export function errorLine(text: string): Buffer {
  return Buffer.from(`-ERR '${text}'\r\n`)
}

/** The status that a requestor gets when nobody listens. Source: NATS ADR-4, ADR-7. */
export const NO_RESPONDERS: Buffer = encodeHeaders([], '503')

/** The status that a sender gets whose message was refused. */
export function refusedStatus(sentence: string): Buffer {
  return encodeHeaders([], `400 ${sentence.replace(/[\x00-\x1f\x7f]+/g, ' ').trim()}`)
}
