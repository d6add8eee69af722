/** An error as one line for people: place, sentence, cure, code. */
import { HubError } from '@wirehub/hub'

/** The line. */
export function describeError(error: unknown): string {
  if (!(error instanceof HubError)) return error instanceof Error ? error.message : String(error)
  const place = error.place === undefined ? '' : `${error.place}: `
  return `${place}${error.message}${error.cure === undefined ? '' : ` ${error.cure}`} (${error.code})`
}
