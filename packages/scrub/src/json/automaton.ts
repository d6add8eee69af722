import type { Segment, Selector } from './selector.ts'

/**
 * Many field paths as one automaton: a walker moves through it key by key and learns at each value which selectors
 * select it. States are sets of positions, made when they are first reached.
 */
export class FieldAutomaton<Rule> {
  readonly #positions: { readonly segments: readonly Segment[]; readonly at: number; readonly rule: Rule }[] = []
  /** Position number of the first segment of each selector. */
  readonly #states: State<Rule>[] = []
  readonly #byKey = new Map<string, number>()
  readonly #ignoreCase: boolean
  readonly #names = new Set<string>()

  /** The state in which no selector can be fulfilled any more. */
  static readonly dead = 0
  /** The state at the top of a document. */
  readonly start: number

  constructor(selectors: readonly { readonly selector: Selector; readonly rule: Rule }[], ignoreCase: boolean) {
    this.#ignoreCase = ignoreCase
    const first: number[] = []
    for (const { selector, rule } of selectors) {
      first.push(this.#positions.length)
      for (let at = 0; at <= selector.segments.length; at++) {
        this.#positions.push({ segments: selector.segments, at, rule })
      }
      for (const segment of selector.segments) if (segment.kind === 'key') this.#names.add(this.#fold(segment.name))
    }
    this.#state([])
    this.start = this.#state(first)
  }

  /** What selects the value reached in this state; a shared array, not to be changed. */
  rules(state: number): readonly Rule[] {
    return this.#states[state].rules
  }

  /** The state behind a key. */
  key(state: number, name: string): number {
    if (state === FieldAutomaton.dead) return state
    const from = this.#states[state]
    const folded = this.#fold(name)
    if (!this.#names.has(folded)) {
      if (from.other < 0) from.other = this.#move(state, (segment) => segment.kind === 'any')
      return from.other
    }
    let next = from.keys.get(folded)
    if (next === undefined) {
      const isKey = (segment: Segment) =>
        segment.kind === 'any' || (segment.kind === 'key' && this.#fold(segment.name) === folded)
      next = this.#move(state, isKey)
      from.keys.set(folded, next)
    }
    return next
  }

  /** The state in an element of an array: `[n]`, `[*]` and `*` step into it; a path without such a step stays where it is. */
  element(state: number, index: number): number {
    if (state === FieldAutomaton.dead) return state
    const from = this.#states[state]
    if (!from.hasIndex) {
      if (from.element < 0) from.element = this.#elementState(state, -1)
      return from.element
    }
    let next = from.indexes.get(index)
    if (next === undefined) {
      next = this.#elementState(state, index)
      if (from.indexes.size < 1024) from.indexes.set(index, next)
    }
    return next
  }

  #fold(name: string): string {
    return this.#ignoreCase ? name.toLowerCase() : name
  }

  #elementState(state: number, index: number): number {
    const steps = (segment: Segment): boolean =>
      segment.kind === 'any' || segment.kind === 'element' || (segment.kind === 'index' && segment.index === index)
    const next: number[] = []
    for (const position of this.#states[state].positions) {
      const { segments, at } = this.#positions[position]
      if (at === segments.length) continue
      const segment = segments[at]
      if (segment.kind === 'deep') next.push(position)
      else if (steps(segment)) next.push(position + 1)
      else if (segment.kind === 'key') next.push(position)
    }
    return this.#state(next)
  }

  #move(state: number, steps: (segment: Segment) => boolean): number {
    const next: number[] = []
    for (const position of this.#states[state].positions) {
      const { segments, at } = this.#positions[position]
      if (at === segments.length) continue
      const segment = segments[at]
      if (segment.kind === 'deep') next.push(position)
      else if (steps(segment)) next.push(position + 1)
    }
    return this.#state(next)
  }

  #state(positions: readonly number[]): number {
    const closed = new Set<number>()
    for (const position of positions) {
      closed.add(position)
      const { segments, at } = this.#positions[position]
      // `**` may stand for nothing: one is then already behind it.
      if (segments[at]?.kind === 'deep') closed.add(position + 1)
    }
    const sorted = [...closed].sort((one, other) => one - other)
    const identity = sorted.join(',')
    const known = this.#byKey.get(identity)
    if (known !== undefined) return known
    const rules: Rule[] = []
    let hasIndex = false
    for (const position of sorted) {
      const { segments, at, rule } = this.#positions[position]
      if (at === segments.length && !rules.includes(rule)) rules.push(rule)
      if (segments[at]?.kind === 'index') hasIndex = true
    }
    // Paths like `**.a.*.*.*.*.b` have a state for each way they may be half fulfilled.
    if (this.#states.length >= mostStates) throw new Error('The field paths have too many states.')
    this.#states.push({
      positions: sorted,
      rules,
      hasIndex,
      keys: new Map(),
      indexes: new Map(),
      other: -1,
      element: -1,
    })
    this.#byKey.set(identity, this.#states.length - 1)
    return this.#states.length - 1
  }
}

const mostStates = 16_384

interface State<Rule> {
  readonly positions: readonly number[]
  readonly rules: readonly Rule[]
  readonly hasIndex: boolean
  readonly keys: Map<string, number>
  readonly indexes: Map<number, number>
  /** The state behind a key that no selector names; -1 until asked. */
  other: number
  /** The state in an element when no selector counts elements; -1 until asked. */
  element: number
}
