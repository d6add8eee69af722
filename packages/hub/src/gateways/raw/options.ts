/** The options of a raw listener's URL, checked. */
import type { ConnectionLimits } from '../../core/limits.ts'
import type { ListenerUrl } from '../../core/listener-url.ts'
import type { StampField } from '../../core/stamp.ts'
import { UrlOptions } from '../../core/url-options.ts'
import { charsetOf } from '../../presentation/charset.ts'
import { contentCodings } from '../../presentation/content-coding.ts'
import { codecNames, type Format } from '../../presentation/format.ts'
import { framingNames } from '../../presentation/framing.ts'
import { subjectKind } from '../../routing/subject.ts'
import { stampHelp, stampsOf } from '../shared/stamp-option.ts'

/** What each option means; shown by `/varz` and in docs/raw.md. */
export const rawOptionHelp: Readonly<Record<string, string>> = {
  in: 'subject that what comes in is published on (default tcp.in)',
  out: 'subject whose messages go to every connected socket; <out>.<connection id> goes to one (default tcp.out)',
  framing: 'chunk, newline, nul, length or whole (default newline)',
  codec: 'text, json or bytes (default text)',
  charset: 'charset of the text on the wire (default utf-8)',
  coding: 'identity, gzip, br or zstd, frame by frame (default identity)',
  malformed: 'error or replace: bytes that mean nothing in the charset (default error)',
  unmappable: 'error or replace: characters that the charset lacks (default error)',
  delimiter: 'refuse, space or send: messages that hold the delimiter of their own framing (default refuse)',
  newline: 'lf or crlf: how lines are ended when written (default lf)',
  lengthBytes: '1, 2 or 4 (default 4)',
  byteOrder: 'big or little (default big)',
  lengthIncludesItself: 'true when the length counts its own bytes (default false)',
  maxFrameBytes: 'largest frame (default: the payload limit)',
  echo: 'false: a socket does not get what it has sent itself, where in and out overlap (default true)',
  stamp: stampHelp,
  idleMs: 'silence after which a connection is ended; 0 for never (default 0; 60000 for framing=whole)',
  lingerMs: 'silence after the FIN of a sender during which answers are waited for (default 500)',
  lingerMaxMs: 'the longest wait for answers after a FIN (default 10000)',
}

const directional = [
  'framing',
  'codec',
  'charset',
  'coding',
  'newline',
  'lengthBytes',
  'byteOrder',
  'lengthIncludesItself',
]
const DIRECTIONS = ['in', 'out'] as const

/** A raw listener, as configured. */
export interface RawOptions {
  readonly inSubject: string
  readonly outSubject: string
  readonly inbound: Format
  readonly outbound: Format
  readonly maxFrameBytes: number
  readonly echo: boolean
  readonly stampFields: ReadonlySet<StampField> | undefined
  readonly idleMs: number
  readonly lingerMs: number
  readonly lingerMaxMs: number
}

const DEFAULT_IN = 'tcp.in'
const DAY_MS = 86_400_000

/**
 * @param more names of further options that somebody else reads
 * @throws HubError WIREHUB_ERR_CONFIG
 */
export function rawOptions(url: ListenerUrl, limits: ConnectionLimits, more: readonly string[] = []): RawOptions {
  const options = new UrlOptions(url)
  const both = directional.flatMap((name) => DIRECTIONS.map((direction) => `${name}.${direction}`))
  options.assertKnown([...Object.keys(rawOptionHelp), ...both, ...more])
  const inbound = format(options, 'in')
  return {
    inSubject: subjectOf(options, 'in', DEFAULT_IN),
    outSubject: subjectOf(options, 'out', 'tcp.out'),
    inbound,
    outbound: format(options, 'out'),
    maxFrameBytes: options.integer('maxFrameBytes', limits.maxPayloadBytes, 1, limits.maxPayloadBytes),
    echo: options.flag('echo', true),
    stampFields: stampsOf(options),
    idleMs: options.integer('idleMs', inbound.framing.name === 'whole' ? 60_000 : 0, 0, DAY_MS),
    lingerMs: options.integer('lingerMs', 500, 0, DAY_MS),
    lingerMaxMs: options.integer('lingerMaxMs', 10_000, 0, DAY_MS),
  }
}

function subjectOf(options: UrlOptions, name: string, otherwise: string): string {
  const given = options.text(name, otherwise)
  if (subjectKind(given) === 'literal') return given
  throw options.refuse(
    name,
    'It may be a subject without wildcards: tokens without white space, separated by single dots.',
  )
}

/** The subject on which a listener publishes whatever a read brings; undefined where its stream is framed. */
export function chunkedSubject(url: ListenerUrl): string | undefined {
  const framing = url.options.get('framing.in') ?? url.options.get('framing') ?? ''
  return framing.toLowerCase() === 'chunk' ? (url.options.get('in') ?? DEFAULT_IN) : undefined
}

/** One direction: `charset.out` where it is given, else `charset`. */
function format(options: UrlOptions, direction: 'in' | 'out'): Format {
  const named = (name: string): string => (options.has(`${name}.${direction}`) ? `${name}.${direction}` : name)
  const framing = options.choice(named('framing'), framingNames, 'newline')
  const codec = options.choice(named('codec'), codecNames, 'text')
  const coding = options.choice(named('coding'), contentCodings, 'identity')
  if (coding !== 'identity' && framing !== 'length' && framing !== 'whole') {
    throw options.refuse(named('coding'), 'Compressed frames need framing=length or framing=whole.')
  }
  return {
    framing: {
      name: framing,
      prefix: {
        bytes: Number(options.choice(named('lengthBytes'), ['1', '2', '4'], '4')) as 1 | 2 | 4,
        bigEndian: options.choice(named('byteOrder'), ['big', 'little'], 'big') === 'big',
        includesItself: options.flag(named('lengthIncludesItself'), false),
      },
      crlf: options.choice(named('newline'), ['lf', 'crlf'], 'lf') === 'crlf',
    },
    codec,
    // What is no text has no charset; its delimiters are single bytes.
    charset: charsetOf(codec === 'bytes' ? 'iso-8859-1' : options.text(named('charset'), 'utf-8')),
    coding,
    onLoss: options.choice(direction === 'in' ? 'malformed' : 'unmappable', ['error', 'replace'], 'error'),
    onDelimiter: options.choice('delimiter', ['refuse', 'space', 'send'], 'refuse'),
  }
}
