type AnyClass = abstract new (...args: never[]) => object

/** A subclass of that name whose instances have `value` at `key`; also callable without `new`, as Node's classes are. */
export function bindClass<T extends AnyClass>(Base: T, key: string, value: unknown, name: string): T {
  const Bound = class extends (Base as unknown as new (...args: unknown[]) => object) {}
  Object.defineProperty(Bound, 'name', { value: name })
  Object.defineProperty(Bound.prototype, key, { value })
  const callable = new Proxy(Bound, { apply: (target, _this, args) => new target(...args) })
  Object.defineProperty(Bound.prototype, 'constructor', { value: callable, configurable: true, writable: true })
  return callable as unknown as T
}
