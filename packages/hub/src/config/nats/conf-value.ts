/** Values of a nats-server configuration file, each with its place. */

/** Where something stands; line and column count from 1. */
export interface ConfPlace {
  readonly file: string
  readonly line: number
  readonly column: number
}

/** A value as written. */
export type ConfValue = ConfPlace &
  (
    | { readonly kind: 'string'; readonly value: string }
    | { readonly kind: 'number'; readonly value: number }
    | { readonly kind: 'boolean'; readonly value: boolean }
    | { readonly kind: 'array'; readonly items: readonly ConfValue[] }
    | { readonly kind: 'map'; readonly entries: ReadonlyMap<string, ConfEntry> }
  )

/** A key with its value. */
export interface ConfEntry {
  /** As written; keys are compared in lower case. */
  readonly key: string
  readonly place: ConfPlace
  readonly value: ConfValue
  /** Some value refers to it by `$key`: it is a variable, and need not be a field. */
  referenced?: boolean
}

/** The map of a value, or undefined. */
export type ConfMap = Extract<ConfValue, { kind: 'map' }>
