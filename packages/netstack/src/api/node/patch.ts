export type AnyFunction = (...args: unknown[]) => unknown

/** Puts a function in the place of another and gives what takes it back. */
export function patch(target: object, name: string, make: (original: AnyFunction) => AnyFunction): () => void {
  const before = Object.getOwnPropertyDescriptor(target, name)
  const shape = before ?? { value: Reflect.get(target, name), configurable: true, writable: true, enumerable: false }
  return redefine(target, name, { ...shape, value: make(shape.value as AnyFunction) })
}

/** Puts a property in the place of another, or of one that is inherited, and gives what takes it back. */
export function redefine(target: object, name: string, property: PropertyDescriptor): () => void {
  const before = Object.getOwnPropertyDescriptor(target, name)
  Object.defineProperty(target, name, property)
  return () => {
    if (before === undefined) Reflect.deleteProperty(target, name)
    else Object.defineProperty(target, name, before)
  }
}

type Below = Record<string, AnyFunction | undefined>

/** Makes methods that give what the socket below gives, where there is one that knows. */
export function askBelow(
  belowOf: (self: object) => object | null,
  name: string,
): (original: AnyFunction) => AnyFunction {
  return (original) =>
    function (this: object, ...args) {
      const below = belowOf(this) as Below | null
      return below?.[name]?.(...args) ?? original.apply(this, args)
    }
}

/** Makes methods that tell the socket below, where there is one, and after which one goes on with the socket itself. */
export function tellBelow(
  belowOf: (self: object) => object | null,
  name: string,
): (original: AnyFunction) => AnyFunction {
  return (original) =>
    function (this: object, ...args) {
      const below = belowOf(this) as Below | null
      if (below === null) return original.apply(this, args)
      below[name]?.(...args)
      return this
    }
}
