/** Why a policy refuses a message; the codes are stable. */
export type RejectionCode =
  | 'coding-invalid'
  | 'coding-too-large'
  | 'coding-trailing'
  | 'charset-invalid'
  | 'too-large'
  | 'json-invalid'
  | 'json-depth'
  | 'json-tokens'
  | 'json-duplicate-key'
  | 'json-prototype-key'
  | 'schema'
  | 'binary'
  | 'policy-failed'

/** Thrown by a stage to refuse the message under way; never leaves the policy. */
export class Rejection extends Error {
  readonly code: RejectionCode

  constructor(code: RejectionCode, reason: string) {
    super(reason)
    this.code = code
  }
}
