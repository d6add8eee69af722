/** What the program gives as options, checked: a misspelt or impossible one is told at once, not found out in production. */
import { nearestKey } from '../core/nearest.ts'
import { HubError } from '../errors.ts'

/** The longest that timers can wait, milliseconds (HTML, "timers": a signed 32-bit number). */
export const MAX_TIMEOUT_MS: number = 2 ** 31 - 1

/**
 * Refuses options that nobody reads.
 * @param what whose options they are, for the sentence: `createHub`, `subscribe`
 * @throws HubError WIREHUB_ERR_USAGE with the nearest known name
 */
export function assertKnownOptions(what: string, given: object, known: readonly string[]): void {
  for (const name of Object.keys(given)) {
    if (known.includes(name)) continue
    const nearest = nearestKey(name, known)
    throw new HubError('WIREHUB_ERR_USAGE', `${what} has no option '${name}'.`, {
      place: what,
      cure: nearest === undefined ? `Known are: ${known.join(', ')}.` : `Did you mean '${nearest}'?`,
    })
  }
}

/**
 * A whole number within bounds, or the default where none is given.
 * @throws HubError WIREHUB_ERR_USAGE
 */
export function wholeNumber(
  name: string,
  given: unknown,
  otherwise: number,
  most: number = Number.MAX_SAFE_INTEGER,
): number {
  if (given === undefined) return otherwise
  if (Number.isInteger(given) && (given as number) >= 1 && (given as number) <= most) return given as number
  throw new HubError('WIREHUB_ERR_USAGE', `${name} cannot be ${String(given)}.`, {
    place: name,
    cure: `Give a whole number, 1 to ${most}, or leave it away for ${otherwise}.`,
  })
}
