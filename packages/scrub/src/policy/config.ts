import type { KeyRing } from '../actions/keyring.ts'
import type { Vault } from '../actions/vault.ts'
import type { Place } from '../errors.ts'
import type { Detector, DetectorCategory } from '../scan/types.ts'
import type { MonotonicClock } from '../stages/recorder.ts'
import type { Mode } from '../stages/rules.ts'

/** What is scrubbed and how, as plain data: what stands in a configuration file. */
export interface ScrubConfig {
  /** The loudest mode of all policies: `report` lets none of them change anything. Default `enforce`. */
  readonly mode?: Mode
  /** All that select a subject apply to it, in this order. */
  readonly policies: readonly PolicyConfig[]
  /** Patterns of one's own; rules name them as they name shipped detectors. */
  readonly detectors?: readonly DetectorConfig[]
  /** Findings told per message; all are counted. Default 100. */
  readonly maxFindings?: number
}

export interface PolicyConfig {
  readonly name: string
  /** NATS subject patterns. A leading wildcard selects no subject that begins with `$` or `_INBOX`. */
  readonly subjects: readonly string[]
  /** Subject patterns that the policy leaves alone all the same. */
  readonly except?: readonly string[]
  /** Default `enforce`. */
  readonly mode?: Mode
  /**
   * What of a refused message goes to the dead letters: `redacted` (default: what its redactions leave of it, nothing
   * when they fail), `whole`, `encrypted` (with the newest key), `dropped` (the reason only).
   */
  readonly deadLetter?: DeadLetter
  /** In this order. Decoding comes first, and is there with its defaults when it is not named. */
  readonly stages: readonly StageConfig[]
}

export type DeadLetter = 'redacted' | 'whole' | 'encrypted' | 'dropped'

/** One stage: an object with one of these keys. */
export interface StageConfig {
  readonly decode?: DecodeConfig
  readonly validate?: ValidateConfig
  readonly normalise?: NormaliseConfig
  readonly redact?: RedactConfig | readonly RuleConfig[]
  readonly enrich?: EnrichConfig
}

export interface DecodeConfig {
  /** Default 16 MiB. */
  readonly maxInflatedBytes?: number
  /** Default 200; asked once 64 KiB are exceeded. */
  readonly maxRatio?: number
  /** Default `auto`: UTF-8 unless a byte order mark or the content type says otherwise. */
  readonly charset?: 'auto' | 'utf-8' | 'utf-16le' | 'utf-16be' | 'latin1'
  /** Text that its charset does not allow: default `keep`. */
  readonly malformed?: 'reject' | 'keep'
}

export interface ValidateConfig {
  /** Decoded bytes at most; default none. */
  readonly maxBytes?: number
  /** Whether the payload must be JSON; a schema implies it. Default false. */
  readonly json?: boolean
  /** Default 128. */
  readonly maxDepth?: number
  /** Values, keys and containers; default 1 Mi. */
  readonly maxTokens?: number
  /** Default 64 KiB. */
  readonly maxKeyBytes?: number
  /** Default `reject`. */
  readonly duplicateKeys?: 'reject' | 'allow'
  /** `__proto__`, and `constructor` holding an object; default `reject`. */
  readonly prototypeKeys?: 'reject' | 'allow'
  /** JSON Schema 2020-12, or the name of one of `ScrubEnvironment.schemas`. */
  readonly schema?: object | string
}

export interface NormaliseConfig {
  /** Default `NFC`. */
  readonly unicode?: 'NFC' | 'NFKC' | 'off'
  /** Default `off`. */
  readonly newlines?: 'lf' | 'off'
  /** Control, zero-width and direction characters; default `remove`. */
  readonly invisible?: 'remove' | 'off'
}

export interface RedactConfig {
  readonly rules: readonly RuleConfig[]
  /** Whether field paths and names are matched regardless of case; default true. */
  readonly ignoreCase?: boolean
  /** Findings in binary payloads: masked byte for byte (default), refused, or ignored. */
  readonly binary?: 'mask' | 'reject' | 'ignore'
  /** What begins as a JSON object and is none, where rules name fields: refused (default), or read as text. */
  readonly invalidJson?: 'reject' | 'text'
}

/** What to look for, and what to do with it. */
export interface RuleConfig {
  /** Stands in findings and metrics; default from what it selects. */
  readonly name?: string
  /** Field paths: `$.user.email`, `**.password`, `$.items[*].card`. Also names of form fields and multipart parts. */
  readonly fields?: readonly string[]
  /** Header names, regardless of case. */
  readonly headers?: readonly string[]
  /**
   * Names of detectors, their categories, `default` or `all`. With fields or headers they look there only; without
   * either, everywhere. Without detectors the whole field or header is meant.
   */
  readonly detectors?: readonly string[] | string
  readonly action: ActionConfig
  /** Default that of the policy. */
  readonly mode?: Mode
}

export type ActionConfig =
  | 'remove'
  | 'mask'
  | 'hash'
  | 'tokenise'
  | 'encrypt'
  | 'report'
  | { readonly remove: { /** Instead of `[name of the detector]`. */ readonly replacement?: string } }
  | {
      readonly mask: {
        readonly keepFirst?: number
        readonly keepLast?: number
        /** `length`: as many characters as before; `type`: a number stays a number. */
        readonly keep?: Keep | readonly Keep[]
        /** One character; default `*`. */
        readonly character?: string
      }
    }
  | { readonly hash: { /** Default: the newest. */ readonly key?: string; readonly keep?: 'type' } }
  | { readonly tokenise: { readonly key?: string } }

export type Keep = 'length' | 'type'

export interface EnrichConfig {
  /** Header for a UUIDv7; true is `Wirehub-Id`. */
  readonly id?: boolean | string
  /** Header for the time of arrival; true is `Wirehub-Time`. */
  readonly time?: boolean | string
  /** Header for the origin; true is `Wirehub-Source`. */
  readonly source?: boolean | string
  readonly traceparent?: boolean
  /** Headers with fixed values. */
  readonly headers?: Readonly<Record<string, string>>
}

/** A pattern of one's own. Those that could run away are refused. */
export interface DetectorConfig {
  readonly name: string
  /** A regular expression without lookaround and back references, matched in linear time. */
  readonly pattern: string
  /** `i`, `s`, `m`. */
  readonly flags?: string
  readonly description?: string
  readonly category?: DetectorCategory
}

/** What compiling and running policies needs from outside. */
export interface ScrubEnvironment {
  /** Needed for hash, tokenise, encrypt and encrypted dead letters. */
  readonly keys?: KeyRing
  /** Needed for tokenise. */
  readonly vault?: Vault
  /** Schemas by name. */
  readonly schemas?: Readonly<Record<string, object>>
  /** Detectors besides the shipped ones. */
  readonly detectors?: readonly Detector[]
  /** Secure random bytes; default the system's. */
  readonly random?: (length: number) => Uint8Array
  /** For the times in the metrics; without it they stay 0. */
  readonly monotonicMs?: MonotonicClock
  /** Line and column of a path into the configuration, when it was read from a file. */
  readonly locate?: (path: readonly (string | number)[]) => Omit<Place, 'path'> | undefined
}
