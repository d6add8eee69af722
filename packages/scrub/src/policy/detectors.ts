import { allDetectors } from '../detectors/mod.ts'
import { ScrubError } from '../errors.ts'
import { compileUserPattern } from '../patterns/user.ts'
import type { Detector, DetectorCategory } from '../scan/types.ts'
import { type ConfigReader, nearest } from './reader.ts'

const categories: readonly DetectorCategory[] = ['secret', 'contact', 'financial', 'identity', 'network', 'custom']

/** The detectors that rules can name: shipped, given, and the user's own. */
export class DetectorCatalogue {
  readonly #byName = new Map<string, Detector>()

  /** `config` may hold the user's own patterns under `detectors`. */
  constructor(more: readonly Detector[], config: ConfigReader) {
    for (const detector of [...allDetectors, ...more]) this.#byName.set(detector.name, detector)
    for (let index = 0; index < config.list('detectors').length; index++) {
      const reader = config.item('detectors', index, ['name', 'pattern', 'flags', 'description', 'category'])
      const name = reader.text('name')
      if (this.#byName.has(name))
        throw reader.error(`There is a detector "${name}" already.`, 'Choose another name.', 'name')
      this.#byName.set(name, userDetector(name, reader))
    }
  }

  /** The detectors that a rule's key names: names, categories, `default` (with the user's own), `all`. */
  select(reader: ConfigReader, key: string): readonly Detector[] {
    const raw = reader.raw(key)
    const names = typeof raw === 'string' ? [raw] : reader.texts(key)
    const chosen = new Set<Detector>()
    for (const name of names) for (const detector of this.#named(name, reader, key)) chosen.add(detector)
    if (chosen.size === 0) throw reader.error('The list of detectors is empty.', 'Name some, or "default".', key)
    return [...chosen]
  }

  #named(name: string, reader: ConfigReader, key: string): readonly Detector[] {
    const all = [...this.#byName.values()]
    if (name === 'all') return all
    if (name === 'default') return all.filter((detector) => detector.default)
    const detector = this.#byName.get(name)
    if (detector !== undefined) return [detector]
    const ofCategory = all.filter((one) => one.category === name)
    if (ofCategory.length > 0) return ofCategory
    const near = nearest(name, [...this.#byName.keys(), ...categories, 'default', 'all'])
    throw reader.error(
      `There is no detector "${name}".`,
      near === undefined ? 'List them with: wirehub scrub rules' : `Did you mean "${near}"?`,
      key,
      'SCRUB_ERR_DETECTOR',
    )
  }
}

function userDetector(name: string, reader: ConfigReader): Detector {
  if (!/^[a-z][a-z\d-]{0,63}$/.test(name)) {
    throw reader.error(
      `"${name}" is no name for a detector.`,
      'Use small letters, digits and dashes, as in "order-number".',
      'name',
    )
  }
  let pattern: Detector['pattern']
  try {
    pattern = compileUserPattern(reader.text('pattern'), reader.string('flags') ?? '')
  } catch (error) {
    if (error instanceof ScrubError) throw error
    const key = /^flags /.test((error as Error).message) ? 'flags' : 'pattern'
    throw reader.error(
      `The pattern of "${name}" cannot be used.`,
      `${(error as Error).message}.`,
      key,
      'SCRUB_ERR_PATTERN',
    )
  }
  return {
    name,
    category: reader.choice('category', 'custom', categories),
    description: reader.string('description') ?? 'A pattern of the configuration.',
    default: true,
    pattern,
  }
}
