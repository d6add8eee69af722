/** Where in a configuration something is wrong: a path into the object and, when the caller knows it, line and column. */
export interface Place {
  /** Path into the configuration, such as `policies[0].stages[1].redact[0].action`. */
  readonly path: string
  readonly file?: string
  /** 1-based. */
  readonly line?: number
  /** 1-based. */
  readonly column?: number
}

export type ScrubErrorCode =
  | 'SCRUB_ERR_CONFIG'
  | 'SCRUB_ERR_DETECTOR'
  | 'SCRUB_ERR_PATTERN'
  | 'SCRUB_ERR_SCHEMA'
  | 'SCRUB_ERR_KEY'
  | 'SCRUB_ERR_VAULT'
  | 'SCRUB_ERR_TOKEN'
  | 'SCRUB_ERR_DENIED'
  | 'SCRUB_ERR_CIPHERTEXT'

/** What this library throws: a stable code, a sentence, the place and the cure. */
export class ScrubError extends Error {
  override readonly name: string = 'ScrubError'
  readonly code: ScrubErrorCode
  readonly place: Place | undefined
  /** What to do about it, as a sentence. */
  readonly cure: string

  constructor(code: ScrubErrorCode, sentence: string, cure: string, place?: Place) {
    super(`${placeText(place)}${sentence} ${cure}`.trim())
    this.code = code
    this.cure = cure
    this.place = place
  }
}

function placeText(place: Place | undefined): string {
  if (place === undefined) return ''
  const file = place.file ?? ''
  const position =
    place.line === undefined ? file : `${file}${file === '' ? '' : ':'}${place.line}:${place.column ?? 1}`
  return position === '' ? `${place.path}: ` : `${position}: ${place.path}: `
}
