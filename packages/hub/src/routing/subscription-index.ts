/**
 * The subscription index of one account. Adding and removing cost the length of the subject; a subscription knows its place in its list, so that a crowd
 * on one subject does not make leaving slow.
 */
import { isReservedRoot } from './subject.ts'

/** What the index stores: a pattern, perhaps a queue group, and a slot that the index itself uses. */
export interface Indexed {
  readonly subject: string
  readonly queue: string | undefined
  /** Position in the list that holds it; written by the index only. */
  slot: number
}

/** All that a literal subject is routed to. */
export interface Match<S extends Indexed> {
  plain: S[]
  /** One list for each queue group; exactly one member of each receives a message. */
  queues: S[][]
}

// Never written to.
const NO_QUEUES: never[] = []

/** What a walk has found so far. */
interface Found<S extends Indexed> {
  readonly plain: S[]
  groups: Map<string, S[]> | undefined
}

class Node<S extends Indexed> {
  // Most nodes of a large index have one child: it is kept without a Map.
  onlyToken: string | undefined = undefined
  onlyChild: Node<S> | undefined = undefined
  children: Map<string, Node<S>> | undefined = undefined
  star: Node<S> | undefined = undefined
  rest: Node<S> | undefined = undefined
  plain: S[] | undefined = undefined
  queues: Map<string, S[]> | undefined = undefined

  child(token: string): Node<S> | undefined {
    if (this.onlyToken === token) return this.onlyChild
    return this.children === undefined ? undefined : this.children.get(token)
  }

  ensureChild(token: string): Node<S> {
    if (token === '*') return (this.star ??= new Node())
    if (token === '>') return (this.rest ??= new Node())
    const known = this.child(token)
    if (known !== undefined) return known
    const made = new Node<S>()
    if (this.children !== undefined) this.children.set(token, made)
    else if (this.onlyToken === undefined) {
      this.onlyToken = token
      this.onlyChild = made
    } else {
      this.children = new Map([
        [this.onlyToken, this.onlyChild as Node<S>],
        [token, made],
      ])
      this.onlyToken = undefined
      this.onlyChild = undefined
    }
    return made
  }

  existing(token: string): Node<S> | undefined {
    if (token === '*') return this.star
    if (token === '>') return this.rest
    return this.child(token)
  }

  drop(token: string): void {
    if (token === '*') this.star = undefined
    else if (token === '>') this.rest = undefined
    else if (this.onlyToken === token) {
      this.onlyToken = undefined
      this.onlyChild = undefined
    } else {
      this.children?.delete(token)
      if (this.children?.size === 0) this.children = undefined
    }
  }

  isEmpty(): boolean {
    return (
      this.plain === undefined &&
      this.queues === undefined &&
      this.onlyToken === undefined &&
      this.children === undefined &&
      this.star === undefined &&
      this.rest === undefined
    )
  }
}

/** The slot of a subscription that is alone on its literal subject, in no list. */
const ALONE = -2

/** Whether a subject may have wildcards; a token such as `a*b` has none, but stands in the trie all the same. */
function mayBePattern(subject: string): boolean {
  return subject.includes('*') || subject.includes('>')
}

function append<S extends Indexed>(list: S[], item: S): void {
  item.slot = list.length
  list.push(item)
}

function removeFrom<S extends Indexed>(list: S[], item: S): boolean {
  if (list[item.slot] !== item) return false
  const last = list.pop() as S
  if (last !== item) {
    list[item.slot] = last
    last.slot = item.slot
  }
  item.slot = -1
  return true
}

/** The subscriptions of one literal subject, where there is more than one plain one. */
class Crowd<S extends Indexed> {
  plain: S[] | undefined = undefined
  queues: Map<string, S[]> | undefined = undefined
}

/**
 * Subscriptions to literal subjects stand in a table, since most of a large index are such: one look-up finds them, and a million of them cost no nodes.
 * Patterns stand in a token trie.
 */
export class SubscriptionIndex<S extends Indexed> {
  #root = new Node<S>()
  #literals = new Map<string, S | Crowd<S>>()
  #size = 0

  /** How many subscriptions are stored. */
  get size(): number {
    return this.#size
  }

  add(subscription: S): void {
    this.#size++
    const { subject } = subscription
    if (!mayBePattern(subject)) this.#addLiteral(subject, subscription)
    else append(this.#listAt(this.#ensure(subject), subscription.queue), subscription)
  }

  #addLiteral(subject: string, subscription: S): void {
    const known = this.#literals.get(subject)
    if (known === undefined && subscription.queue === undefined) {
      subscription.slot = ALONE
      this.#literals.set(subject, subscription)
      return
    }
    let crowd: Crowd<S>
    if (known instanceof Crowd) crowd = known
    else {
      crowd = new Crowd()
      if (known !== undefined) append((crowd.plain = []), known)
      this.#literals.set(subject, crowd)
    }
    append(this.#listAt(crowd, subscription.queue), subscription)
  }

  #ensure(subject: string): Node<S> {
    let node = this.#root
    for (let start = 0; ; ) {
      const dot = subject.indexOf('.', start)
      node = node.ensureChild(dot < 0 ? subject.slice(start) : subject.slice(start, dot))
      if (dot < 0) return node
      start = dot + 1
    }
  }

  #listAt(place: Crowd<S> | Node<S>, queue: string | undefined): S[] {
    if (queue === undefined) return (place.plain ??= [])
    place.queues ??= new Map()
    let list = place.queues.get(queue)
    if (list === undefined) {
      list = []
      place.queues.set(queue, list)
    }
    return list
  }

  /** Removes a subscription; false when it is not there. What holds nothing any more goes with it. */
  remove(subscription: S): boolean {
    const found = mayBePattern(subscription.subject)
      ? this.#removePattern(subscription)
      : this.#removeLiteral(subscription)
    if (found) this.#size--
    return found
  }

  #removeLiteral(subscription: S): boolean {
    const { subject } = subscription
    const known = this.#literals.get(subject)
    if (known === subscription) {
      this.#literals.delete(subject)
      subscription.slot = -1
      return true
    }
    if (!(known instanceof Crowd) || !this.#removeAt(known, subscription)) return false
    if (known.plain === undefined && known.queues === undefined) this.#literals.delete(subject)
    return true
  }

  #removePattern(subscription: S): boolean {
    const path: Node<S>[] = [this.#root]
    const tokens = subscription.subject.split('.')
    let node = this.#root
    for (const token of tokens) {
      const next = node.existing(token)
      if (next === undefined) return false
      path.push(next)
      node = next
    }
    if (!this.#removeAt(node, subscription)) return false
    for (let depth = tokens.length; depth > 0 && path[depth].isEmpty(); depth--) path[depth - 1].drop(tokens[depth - 1])
    return true
  }

  #removeAt(place: Crowd<S> | Node<S>, subscription: S): boolean {
    if (subscription.queue === undefined) {
      if (place.plain === undefined || !removeFrom(place.plain, subscription)) return false
      if (place.plain.length === 0) place.plain = undefined
      return true
    }
    const list = place.queues?.get(subscription.queue)
    if (list === undefined || !removeFrom(list, subscription)) return false
    if (list.length === 0) {
      place.queues?.delete(subscription.queue)
      if (place.queues?.size === 0) place.queues = undefined
    }
    return true
  }

  /** Every subscription that a literal subject is routed to. Queue groups of equal name on different patterns are one group. */
  match(subject: string): Match<S> {
    const known = this.#literals.get(subject)
    if (known !== undefined && !(known instanceof Crowd) && this.#root.isEmpty())
      return { plain: [known], queues: NO_QUEUES }
    const found: Found<S> = { plain: [], groups: undefined }
    if (known instanceof Crowd) collect(known, found)
    else if (known !== undefined) found.plain.push(known)
    if (!this.#root.isEmpty()) {
      const first = subject.indexOf('.')
      const named = isReservedRoot(first < 0 ? subject : subject.slice(0, first))
      this.#walk(this.#root, subject, 0, named, found)
    }
    return { plain: found.plain, queues: found.groups === undefined ? NO_QUEUES : [...found.groups.values()] }
  }

  #walk(node: Node<S>, subject: string, start: number, named: boolean, found: Found<S>): void {
    if (node.rest !== undefined && !named) collect(node.rest, found)
    const dot = subject.indexOf('.', start)
    const child = node.child(dot < 0 ? subject.slice(start) : subject.slice(start, dot))
    const star = named ? undefined : node.star
    if (dot < 0) {
      if (child !== undefined) collect(child, found)
      if (star !== undefined) collect(star, found)
      return
    }
    if (child !== undefined) this.#walk(child, subject, dot + 1, false, found)
    if (star !== undefined) this.#walk(star, subject, dot + 1, false, found)
  }
}

function collect<S extends Indexed>(node: Node<S> | Crowd<S>, found: Found<S>): void {
  if (node.plain !== undefined) for (const one of node.plain) found.plain.push(one)
  if (node.queues === undefined) return
  const groups = (found.groups ??= new Map())
  for (const [name, list] of node.queues) {
    const group = groups.get(name)
    if (group === undefined) groups.set(name, list.slice())
    else for (const one of list) group.push(one)
  }
}
