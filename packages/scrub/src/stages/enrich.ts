import type { HeaderBlock } from '../headers/block.ts'

/** Which headers an enrich stage sets; '' sets none of the kind. */
export interface EnrichRules {
  /** Header for a UUIDv7 (RFC 9562 section 5.7). */
  readonly id: string
  /** Header for the time of arrival, RFC 3339 in UTC. */
  readonly time: string
  /** Header for where the message came from. */
  readonly source: string
  /** Whether a W3C `traceparent` is begun when there is none. */
  readonly traceparent: boolean
  /** Headers with fixed values. */
  readonly headers: readonly (readonly [string, string])[]
}

/** What a stage is told of the world. */
export interface EnrichContext {
  readonly nowMs: number
  readonly source: string
  readonly random: (length: number) => Uint8Array
}

/** The headers to add: what a message has already, it keeps. */
export function enrichment(
  rules: EnrichRules,
  block: HeaderBlock,
  context: EnrichContext,
): readonly (readonly [string, string])[] {
  const added: (readonly [string, string])[] = []
  const lacks = (name: string): boolean => name !== '' && block.get(name.toLowerCase()) === undefined
  if (lacks(rules.id)) added.push([rules.id, uuid7(context)])
  if (lacks(rules.time)) added.push([rules.time, new Date(context.nowMs).toISOString()])
  if (lacks(rules.source) && context.source !== '') added.push([rules.source, context.source])
  if (rules.traceparent && lacks('traceparent')) {
    const ids = Buffer.from(context.random(24))
    added.push(['traceparent', `00-${ids.toString('hex', 0, 16)}-${ids.toString('hex', 16, 24)}-00`])
  }
  for (const [name, value] of rules.headers) if (lacks(name)) added.push([name, value])
  return added
}

function uuid7(context: EnrichContext): string {
  const bytes = Buffer.alloc(16)
  bytes.set(context.random(10), 6)
  bytes.writeUIntBE(Math.floor(context.nowMs), 0, 6)
  bytes[6] = 0x70 | (bytes[6] & 0x0f)
  bytes[8] = 0x80 | (bytes[8] & 0x3f)
  const hex = bytes.toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}
