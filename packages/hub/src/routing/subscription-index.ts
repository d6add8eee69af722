/**
 * The subscription index of one account: a token trie. Adding and removing cost the length of the subject;
 * a subscription knows its place in its list, so that a crowd on one subject does not make leaving slow.
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

/** A token trie of subscriptions. */
export class SubscriptionIndex<S extends Indexed> {
  #root = new Node<S>()
  #size = 0

  /** How many subscriptions are stored. */
  get size(): number {
    return this.#size
  }

  add(subscription: S): void {
    let node = this.#root
    const subject = subscription.subject
    let start = 0
    for (;;) {
      const dot = subject.indexOf('.', start)
      node = node.ensureChild(dot < 0 ? subject.slice(start) : subject.slice(start, dot))
      if (dot < 0) break
      start = dot + 1
    }
    if (subscription.queue === undefined) append((node.plain ??= []), subscription)
    else {
      node.queues ??= new Map()
      let list = node.queues.get(subscription.queue)
      if (list === undefined) {
        list = []
        node.queues.set(subscription.queue, list)
      }
      append(list, subscription)
    }
    this.#size++
  }

  /** Removes a subscription; false when it is not there. Nodes that hold nothing any more go with it. */
  remove(subscription: S): boolean {
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
    this.#size--
    for (let depth = tokens.length; depth > 0 && path[depth].isEmpty(); depth--) path[depth - 1].drop(tokens[depth - 1])
    return true
  }

  #removeAt(node: Node<S>, subscription: S): boolean {
    if (subscription.queue === undefined) {
      if (node.plain === undefined || !removeFrom(node.plain, subscription)) return false
      if (node.plain.length === 0) node.plain = undefined
      return true
    }
    const list = node.queues?.get(subscription.queue)
    if (list === undefined || !removeFrom(list, subscription)) return false
    if (list.length === 0) {
      node.queues?.delete(subscription.queue)
      if (node.queues?.size === 0) node.queues = undefined
    }
    return true
  }

  /** Every subscription that a literal subject is routed to. Queue groups of equal name on different patterns are one group. */
  match(subject: string): Match<S> {
    const found: Match<S> = { plain: [], queues: [] }
    const groups = new Map<string, S[]>()
    const first = subject.indexOf('.')
    const named = isReservedRoot(first < 0 ? subject : subject.slice(0, first))
    this.#walk(this.#root, subject, 0, named, found, groups)
    for (const list of groups.values()) found.queues.push(list)
    return found
  }

  #walk(
    node: Node<S>,
    subject: string,
    start: number,
    named: boolean,
    found: Match<S>,
    groups: Map<string, S[]>,
  ): void {
    if (node.rest !== undefined && !named) collect(node.rest, found, groups)
    const dot = subject.indexOf('.', start)
    const child = node.child(dot < 0 ? subject.slice(start) : subject.slice(start, dot))
    const star = named ? undefined : node.star
    if (dot < 0) {
      if (child !== undefined) collect(child, found, groups)
      if (star !== undefined) collect(star, found, groups)
      return
    }
    if (child !== undefined) this.#walk(child, subject, dot + 1, false, found, groups)
    if (star !== undefined) this.#walk(star, subject, dot + 1, false, found, groups)
  }
}

function collect<S extends Indexed>(node: Node<S>, found: Match<S>, groups: Map<string, S[]>): void {
  if (node.plain !== undefined) for (const one of node.plain) found.plain.push(one)
  if (node.queues === undefined) return
  for (const [name, list] of node.queues) {
    const group = groups.get(name)
    if (group === undefined) groups.set(name, list.slice())
    else for (const one of list) group.push(one)
  }
}
