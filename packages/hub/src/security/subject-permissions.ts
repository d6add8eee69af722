/** Permissions of one user, made from patterns. */
import { isWritable, type Permissions, type PermissionsDescription } from '../core/permissions.ts'
import { HubError } from '../errors.ts'
import { covers, isReservedRoot, overlaps, subjectKind } from '../routing/subject.ts'
import type { PermissionOptions, SubjectRule } from './options.ts'
import { ResponsePermissions } from './response-permissions.ts'

const REMEMBERED = 4096
const DEFAULT_RESPONSES = 1
const DEFAULT_RESPONSE_MS = 120_000

interface Entry {
  readonly subject: string
  readonly queue: string | undefined
}

interface Rule {
  /** Undefined: everything. */
  readonly allow: readonly Entry[] | undefined
  readonly deny: readonly Entry[]
}

/** Makes the permissions of each new connection of one user. */
export type PermissionsFactory = () => Permissions

/**
 * Compiles permissions. The answers are shared by all connections of a user; what was asked for by a request is each connection's own.
 * @param place where the options stand, for the error
 * @throws HubError WIREHUB_ERR_CONFIG for what is no subject
 */
export function compilePermissions(options: PermissionOptions, place: string): PermissionsFactory {
  const { allowResponses } = options
  const responding = allowResponses !== undefined && allowResponses !== false
  const publish = compileRule(options.publish ?? (responding ? [] : {}), `${place}.publish`, false)
  const subscribe = compileRule(options.subscribe ?? {}, `${place}.subscribe`, true)
  const shared = new SubjectPermissions(publish, subscribe)
  if (!responding) return () => shared
  const limits = allowResponses === true ? {} : allowResponses
  const max = limits.max ?? DEFAULT_RESPONSES
  const expiresMs = limits.expiresMs ?? DEFAULT_RESPONSE_MS
  return () => new ResponsePermissions(shared, max, expiresMs)
}

function compileRule(rule: SubjectRule, place: string, withQueues: boolean): Rule {
  const given = typeof rule === 'string' || Array.isArray(rule) ? { allow: rule as string | string[] } : rule
  const { allow, deny } = given as { allow?: string | string[]; deny?: string | string[] }
  return {
    allow: allow === undefined ? undefined : entries(allow, `${place}.allow`, withQueues),
    deny: deny === undefined ? [] : entries(deny, `${place}.deny`, withQueues),
  }
}

function entries(given: string | readonly string[], place: string, withQueues: boolean): Entry[] {
  return (typeof given === 'string' ? [given] : given).map((text, index) => {
    const [subject, queue, ...more] = text.trim().split(/\s+/)
    if (subjectKind(subject) === 'invalid' || more.length > 0 || (queue !== undefined && !withQueues)) {
      throw new HubError('WIREHUB_ERR_CONFIG', `${JSON.stringify(text)} is not a subject.`, {
        place: `${place}[${index}]`,
        cure: withQueues
          ? 'Write a pattern like orders.*.created, or a pattern and a queue group: orders.> workers'
          : 'Write a pattern like orders.*.created or orders.>',
      })
    }
    return { subject, queue }
  })
}

class SubjectPermissions implements Permissions {
  readonly #publish: Rule
  readonly #subscribe: Rule
  readonly #denied: readonly string[]
  readonly #mayPublish = new Map<string, boolean>()
  readonly #mayReceive = new Map<string, boolean>()

  constructor(publish: Rule, subscribe: Rule) {
    this.#publish = publish
    this.#subscribe = subscribe
    this.#denied = subscribe.deny.filter((entry) => entry.queue === undefined).map((entry) => entry.subject)
  }

  canPublish(subject: string): boolean {
    const known = this.#mayPublish.get(subject)
    if (known !== undefined) return known
    const { allow, deny } = this.#publish
    const answer =
      isWritable(subject) &&
      (allow === undefined || allow.some((entry) => covers(entry.subject, subject))) &&
      !deny.some((entry) => covers(entry.subject, subject))
    remember(this.#mayPublish, subject, answer)
    return answer
  }

  canSubscribe(pattern: string, queue: string | undefined): boolean {
    const { allow, deny } = this.#subscribe
    // Dead letters and system events belong to the operator: they must be named to be had.
    const reserved = isReservedRoot(pattern.split('.', 1)[0])
    if (allow === undefined) {
      if (reserved) return false
    } else {
      const fitting = allow.filter((entry) => covers(entry.subject, pattern) && !(reserved && isWildcardRoot(entry)))
      const groups = queue === undefined ? [] : fitting.filter((entry) => entry.queue !== undefined)
      const allowed =
        groups.length > 0
          ? groups.some((entry) => covers(entry.queue as string, queue as string))
          : fitting.some((entry) => entry.queue === undefined)
      if (!allowed) return false
    }
    return !deny.some(
      (entry) =>
        covers(entry.subject, pattern) &&
        (entry.queue === undefined || (queue !== undefined && covers(entry.queue, queue))),
    )
  }

  describe(): PermissionsDescription {
    const publish = describeRule(this.#publish)
    const subscribe = describeRule(this.#subscribe)
    return { ...(publish && { publish }), ...(subscribe && { subscribe }) }
  }

  mustFilter(pattern: string): boolean {
    return this.#denied.some((denied) => overlaps(denied, pattern))
  }

  canReceive(subject: string): boolean {
    const known = this.#mayReceive.get(subject)
    if (known !== undefined) return known
    const answer = !this.#denied.some((denied) => covers(denied, subject))
    remember(this.#mayReceive, subject, answer)
    return answer
  }
}

function describeRule({ allow, deny }: Rule): PermissionsDescription['publish'] {
  const texts = (entries: readonly Entry[]): string[] =>
    entries.map(({ subject, queue }) => (queue === undefined ? subject : `${subject} ${queue}`))
  if (allow === undefined && deny.length === 0) return undefined
  return { ...(allow && { allow: texts(allow) }), ...(deny.length > 0 && { deny: texts(deny) }) }
}

function isWildcardRoot(entry: Entry): boolean {
  return entry.subject.startsWith('>') || entry.subject.startsWith('*')
}

function remember(answers: Map<string, boolean>, subject: string, answer: boolean): void {
  if (answers.size >= REMEMBERED) answers.clear()
  answers.set(subject, answer)
}
