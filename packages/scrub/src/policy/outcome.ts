import type { RejectionCode } from '../stages/rejection.ts'
import type { Finding } from '../stages/rules.ts'
import type { DeadLetter } from './config.ts'

/** A header block in NATS format as raw bytes, or something that has it. */
export type HeaderBytes = Uint8Array | { readonly bytes: Uint8Array }

/** What is scrubbed. The bytes are only read, and only during the call. */
export interface ScrubMessage {
  readonly subject: string
  readonly headers?: HeaderBytes | undefined
  readonly payload: Uint8Array
  /** When the protocol knows it; else the `Content-Type` header counts. */
  readonly contentType?: string | undefined
  /** When the protocol knows it; else the `Content-Encoding` header counts. */
  readonly contentCoding?: string | undefined
}

/** The moment of the call. */
export interface ScrubContext {
  readonly nowMs: number
  /** Where the message came from, for enrichment: gateway, client, address. */
  readonly source?: string | undefined
}

export interface Unchanged {
  readonly kind: 'unchanged'
  /** What rules that only report have found. */
  readonly findings: readonly Finding[]
}

export interface Changed {
  readonly kind: 'changed'
  /** Bytes of their own, or the message's when only headers changed. */
  readonly payload: Uint8Array
  /** The header block; undefined when the message has none. */
  readonly headers: Uint8Array | undefined
  readonly findings: readonly Finding[]
}

export interface Rejected {
  readonly kind: 'rejected'
  readonly policy: string
  readonly code: RejectionCode
  /** A sentence without anything of the payload's content. */
  readonly reason: string
  readonly findings: readonly Finding[]
  readonly deadLetter: {
    readonly handling: DeadLetter
    /** Undefined when only the reason is kept. */
    readonly payload: Uint8Array | undefined
    readonly headers: Uint8Array | undefined
  }
}

export type Outcome = Unchanged | Changed | Rejected
