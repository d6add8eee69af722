type AnyClass = abstract new (...args: never[]) => object

/** Makes of an object that is there already, by its prototype an instance, what the constructor would make. */
type Initialize = (self: object, ...args: unknown[]) => void

/**
 * A subclass of that name whose instances have `value` at `key`. As Node's classes it may be called without `new`, and with `initialize`
 * also by the constructor of an heir of the old kind (`util.inherits`, `net.Socket.call(this)`).
 */
export function bindClass<T extends AnyClass>(
  Base: T,
  key: string,
  value: unknown,
  name: string,
  initialize?: Initialize,
): T {
  const Bound = class extends (Base as unknown as new (...args: unknown[]) => object) {}
  Object.defineProperty(Bound, 'name', { value: name })
  Object.defineProperty(Bound.prototype, key, { value })
  const callable = new Proxy(Bound, {
    apply(target, self, args) {
      if (initialize === undefined || !(self instanceof target)) return new target(...args)
      initialize(self, ...args)
      return undefined
    },
  })
  Object.defineProperty(Bound.prototype, 'constructor', { value: callable, configurable: true, writable: true })
  return callable as unknown as T
}
