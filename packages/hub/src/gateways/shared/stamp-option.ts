/** The URL option `stamp`, which every protocol has. */
import { type StampField, stampFields } from '../../core/stamp.ts'
import type { UrlOptions } from '../../core/url-options.ts'

/** What it means, in one sentence. */
export const stampHelp: string = `Headers that tell subscribers who published: all, or some of ${stampFields.join(', ')}.`

/**
 * What is to be stamped; undefined for nothing.
 * @throws HubError WIREHUB_ERR_CONFIG
 */
export function stampsOf(given: UrlOptions): ReadonlySet<StampField> | undefined {
  const text = given.text('stamp', '')
  if (text === '') return undefined
  if (text === 'all' || text === 'true') return new Set(stampFields)
  const names = text.split(',').map((part) => part.trim())
  for (const name of names) {
    if (!(stampFields as readonly string[]).includes(name)) {
      throw given.refuse('stamp', `It may be all, or some of ${stampFields.join(', ')}.`)
    }
  }
  return new Set(names as StampField[])
}
