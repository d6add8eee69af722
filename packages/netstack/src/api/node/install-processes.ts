import { invalidHandleType } from './errors.ts'
import { nodeChildProcess } from './install-builtins.ts'
import { type AnyFunction, patch, redefine } from './patch.ts'
import { StreamHandle } from './stream-handle.ts'

// A socket or a server goes to another process as a descriptor of the kernel, which Node takes out of its native handle without a look at
// it. Ours have none: the process would crash.

/** Refuses to send what stands on our stack to another process; gives what takes the patches back. */
export function patchChannels(): (() => void)[] {
  // Of a child each channel is given functions of its own when it is made.
  const children = redefine(nodeChildProcess.ChildProcess.prototype, '_send', {
    configurable: true,
    get: () => undefined,
    set(this: object, original: AnyFunction) {
      Object.defineProperty(this, '_send', { ...OWN, value: refusing(original) })
    },
  })
  return '_send' in process ? [children, patch(process, '_send', refusing)] : [children]
}

const OWN = { configurable: true, enumerable: true, writable: true }

function refusing(original: AnyFunction): AnyFunction {
  return function (this: unknown, ...args) {
    const given = args[1] as { _handle?: unknown } | null | undefined
    if (given?._handle instanceof StreamHandle) throw invalidHandleType()
    return original.apply(this, args)
  }
}
