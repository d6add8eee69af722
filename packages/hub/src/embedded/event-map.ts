/** The types of a hub's events: what `emit` takes and what listeners get. */
import type { HubMessage } from './hub-message.ts'

/** The events of a hub: subject to listener arguments. Without a map of its own a hub takes and gives anything. */
// biome-ignore lint/suspicious/noExplicitAny: as node:events has it, for emitters without a map
export type EventMap = Record<string, any[]>

// What node:events itself declares; nothing narrower overrides it.
// biome-ignore lint/suspicious/noExplicitAny: the base class's own signature
export type AnyListener = (...args: any[]) => unknown

/** Names that never leave the process. */
type LocalEvent = symbol | 'error' | 'newListener' | 'removeListener'

/** What `emit` takes for an event: what the map says, or anything where it says nothing (other subjects, local events). */
export type ArgumentsOf<Events extends object, Name> = Name extends LocalEvent
  ? EventMap[string]
  : Name extends keyof Events
    ? Events[Name] extends unknown[]
      ? Events[Name]
      : EventMap[string]
    : EventMap[string]

/**
 * What `on` takes for an event: a listener of its arguments and, last, the message. Patterns are not in the map: theirs take anything. So do
 * lists without a fixed length, behind which the message has no place of its own.
 */
export type ListenerOf<Events extends object, Name> = Name extends LocalEvent
  ? AnyListener
  : Name extends keyof Events
    ? Events[Name] extends unknown[]
      ? number extends Events[Name]['length']
        ? AnyListener
        : (...args: [...Events[Name], message: HubMessage]) => unknown
      : AnyListener
    : AnyListener
