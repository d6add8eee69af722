/** Which event names stay inside the process: everything else is a subject. */

/** Names that Node's EventEmitter gives a meaning of its own, and symbols, are never subjects. */
export function isLocalEvent(name: string | symbol): boolean {
  return typeof name === 'symbol' || name === 'error' || name === 'newListener' || name === 'removeListener'
}
