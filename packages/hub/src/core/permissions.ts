/** What a connection may do. The default is everything but what nobody may. */

/** Permissions as data, for whoever asks what they may. */
export interface PermissionsDescription {
  readonly publish?: { readonly allow?: readonly string[]; readonly deny?: readonly string[] }
  readonly subscribe?: { readonly allow?: readonly string[]; readonly deny?: readonly string[] }
  readonly responses?: { readonly max: number; readonly expiresMs: number }
}

/** Answers for one connection; asked once per subject and connection, then remembered. */
export interface Permissions {
  /** May a message be published to this literal subject? */
  canPublish(subject: string): boolean
  /** May this pattern be subscribed to (with this queue group)? */
  canSubscribe(pattern: string, queue: string | undefined): boolean
  /** Whether deliveries of this pattern must be checked one by one, because a part of it is denied. */
  mustFilter(pattern: string): boolean
  /** May this literal subject be delivered? Asked only where `mustFilter` said so. */
  canReceive(subject: string): boolean
  /** Called for each delivered message with a reply subject, where responses are allowed by having been asked. */
  noteReply?(reply: string, nowMs: number): void
  /** Asked where `canPublish` refuses: is it a response that was asked for? Uses it up. */
  mayRespond?(subject: string, nowMs: number): boolean
  /** What was configured; absent where everything is allowed. */
  describe?(): PermissionsDescription
}

/** `$HUB` is written by nobody from outside. */
export function isWritable(subject: string): boolean {
  return !(subject.startsWith('$HUB.') || subject === '$HUB')
}

/** No user is configured: everything is allowed, `$HUB` is read only. */
export const unrestricted: Permissions = {
  canPublish: isWritable,
  canSubscribe: () => true,
  mustFilter: () => false,
  canReceive: () => true,
}
