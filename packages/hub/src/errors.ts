/** One error class for all of wirehub: a stable code, a sentence, the place, the cure. */

/** The stable codes. Programs may compare them; sentences may change. */
export type HubErrorCode =
  | 'WIREHUB_ERR_INVALID_SUBJECT'
  | 'WIREHUB_ERR_INVALID_HEADER'
  | 'WIREHUB_ERR_PAYLOAD_TOO_LARGE'
  | 'WIREHUB_ERR_MALFORMED'
  | 'WIREHUB_ERR_UNMAPPABLE'
  | 'WIREHUB_ERR_UNFRAMABLE'
  | 'WIREHUB_ERR_TRUNCATED'
  | 'WIREHUB_ERR_PERMISSION_DENIED'
  | 'WIREHUB_ERR_NOT_AUTHENTICATED'
  | 'WIREHUB_ERR_LIMIT_REACHED'
  | 'WIREHUB_ERR_NO_RESPONDERS'
  | 'WIREHUB_ERR_TIMEOUT'
  | 'WIREHUB_ERR_CLOSED'
  | 'WIREHUB_ERR_PROTOCOL'
  | 'WIREHUB_ERR_CONFIG'
  | 'WIREHUB_ERR_LISTEN'
  | 'WIREHUB_ERR_CONNECT'
  | 'WIREHUB_ERR_GATEWAY'
  | 'WIREHUB_ERR_REFUSED'
  | 'WIREHUB_ERR_INSECURE'
  | 'WIREHUB_ERR_USAGE'

/** Details that go with the sentence. */
export interface HubErrorOptions {
  /** Where it happened: a file with line and column, a subject, a listener's URL. */
  place?: string
  /** What to do about it, in one sentence. */
  cure?: string
  cause?: unknown
}

/** Thrown by every public function of wirehub, and carried by its rejections. */
export class HubError extends Error {
  override readonly name = 'HubError'
  readonly code: HubErrorCode
  readonly place: string | undefined
  readonly cure: string | undefined

  constructor(code: HubErrorCode, sentence: string, options: HubErrorOptions = {}) {
    super(sentence, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.place = options.place
    this.cure = options.cure
  }
}
