import { nodeNet } from './builtins.ts'

export type Callback = (...args: unknown[]) => void
export type NormalizedArgs = [options: Record<string, unknown>, callback: Callback | null]

/** The mark by which Node's own modules (http) know arguments that are normalized already. */
const [kNormalized] = Object.getOwnPropertySymbols(
  (nodeNet as unknown as { _normalizeArgs(args: unknown[]): object })._normalizeArgs([]),
)

/** A name of a pipe, and no number. */
export function isPipeName(value: unknown): value is string {
  return typeof value === 'string' && !(Number(value) >= 0)
}

/** The many forms of `connect` and `listen` as options and a callback. What is normalized already stays as it is. */
export function normalizeArgs(args: readonly unknown[]): NormalizedArgs {
  const [first] = args
  if (Array.isArray(first) && kNormalized !== undefined && Reflect.get(first, kNormalized))
    return first as NormalizedArgs
  let options: Record<string, unknown> = {}
  if (typeof first === 'object' && first !== null) options = first as Record<string, unknown>
  else if (isPipeName(first)) options.path = first
  else if (args.length > 0) {
    options.port = first
    if (args.length > 1 && typeof args[1] === 'string') options.host = args[1]
  }
  const last = args.at(-1)
  const normalized: NormalizedArgs = [options, typeof last === 'function' ? (last as Callback) : null]
  if (kNormalized !== undefined) Reflect.set(normalized, kNormalized, true)
  return normalized
}
