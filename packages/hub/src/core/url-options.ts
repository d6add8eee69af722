/** Reads the options of a listener's URL (`?name=value`), with an error that names the option and what it may be. */
import { HubError } from '../errors.ts'
import type { ListenerUrl } from './listener-url.ts'
import { nearestKey } from './nearest.ts'

/** Typed access to the options of one URL. */
export class UrlOptions {
  readonly #url: ListenerUrl

  constructor(url: ListenerUrl) {
    this.#url = url
  }

  text(name: string, otherwise: string): string {
    return this.#url.options.get(name) ?? otherwise
  }

  /** Whether the option is given. */
  has(name: string): boolean {
    return this.#url.options.has(name)
  }

  choice<T extends string>(name: string, values: readonly T[], otherwise: T): T {
    const given = this.#url.options.get(name)
    if (given === undefined) return otherwise
    const found = values.find((value) => value === given.toLowerCase())
    if (found === undefined) throw this.refuse(name, `It may be ${values.join(', ')}.`)
    return found
  }

  integer(name: string, otherwise: number, least: number, most: number): number {
    const given = this.#url.options.get(name)
    if (given === undefined) return otherwise
    const value = /^\d{1,15}$/.test(given) ? Number(given) : Number.NaN
    if (!(value >= least && value <= most)) throw this.refuse(name, `It may be a whole number, ${least} to ${most}.`)
    return value
  }

  flag(name: string, otherwise: boolean): boolean {
    const given = this.choice(name, ['true', 'false', '1', '0'], otherwise ? 'true' : 'false')
    return given === 'true' || given === '1'
  }

  /** The error for an option whose value makes no sense. */
  refuse(name: string, cure: string): HubError {
    const given = this.#url.options.get(name)
    return new HubError('WIREHUB_ERR_CONFIG', `Option ${name}=${given ?? ''} of this listener makes no sense.`, {
      place: this.#url.text,
      cure,
    })
  }

  /**
   * Refuses options that nobody reads: a misspelt one would be silently without effect.
   * @param read names that the gateway reads; the hub itself reads `tls`, `insecure` and `dual`, and `mode` of a Unix socket
   */
  assertKnown(read: readonly string[]): void {
    const known = [...read, 'tls', ...('path' in this.#url.address ? ['mode'] : ['insecure', 'dual'])]
    this.choice('tls', ['true', 'false'], 'false')
    for (const name of this.#url.options.keys()) {
      if (known.includes(name)) continue
      const nearest = nearestKey(name, known)
      const meant = nearest === undefined ? '' : ` Did you mean '${nearest}'?`
      throw new HubError('WIREHUB_ERR_CONFIG', `A ${this.#url.scheme} listener has no option '${name}'.${meant}`, {
        place: this.#url.text,
        cure: `Known are: ${known.join(', ')}.`,
      })
    }
  }
}
