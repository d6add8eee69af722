export const kNormalized: unique symbol = Symbol('normalized')

export type Callback = (...args: unknown[]) => void
export type NormalizedArgs = [options: Record<string, unknown>, callback: Callback | null]

/** A name of a pipe, and no number. */
export function isPipeName(value: unknown): value is string {
  return typeof value === 'string' && !(Number(value) >= 0)
}

/** The many forms of `connect` and `listen` as options and a callback. What is normalized already stays as it is. */
export function normalizeArgs(args: readonly unknown[]): NormalizedArgs {
  const [first] = args
  // Node's own modules (http) pass on what Node's net has normalized: an array of options and callback.
  if (Array.isArray(first) && first.length === 2 && isOptions(first[0])) return first as NormalizedArgs
  let options: Record<string, unknown> = {}
  if (typeof first === 'object' && first !== null) options = first as Record<string, unknown>
  else if (isPipeName(first)) options.path = first
  else if (args.length > 0) {
    options.port = first
    if (args.length > 1 && typeof args[1] === 'string') options.host = args[1]
  }
  const last = args.at(-1)
  const normalized: NormalizedArgs = [options, typeof last === 'function' ? (last as Callback) : null]
  Object.defineProperty(normalized, kNormalized, { value: true })
  return normalized
}

function isOptions(value: unknown): boolean {
  return typeof value === 'object' && value !== null
}
