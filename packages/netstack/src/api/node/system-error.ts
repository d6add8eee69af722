import { inspect } from 'node:util'
import { codeOf, messageOf } from './errors.ts'

interface Info {
  errno: number
  code: string
  message: string
  syscall: string
}

/** The kind of error of which Node tells in full what the system has said: `info`, and `errno` and `syscall` that stand for its parts. */
class SystemInfoError extends Error {
  readonly code: string
  readonly info: Info

  constructor(code: string, text: string, info: Info) {
    super(`${text}: ${info.syscall} returned ${info.code} (${info.message})`)
    this.name = `SystemError [${code}]`
    void this.stack
    this.code = code
    this.info = info
    Object.defineProperty(this, 'name', { value: 'SystemError', configurable: true, writable: true, enumerable: false })
    Object.defineProperty(this, 'info', { value: info, configurable: true, writable: true, enumerable: true })
    for (const key of ['errno', 'syscall'] as const) {
      Object.defineProperty(this, key, {
        get: () => info[key],
        set: (value) => Reflect.set(info, key, value),
        configurable: true,
        enumerable: true,
      })
    }
  }

  [inspect.custom](_depth: number, options: object): string {
    return inspect(this, { ...options, getters: true, customInspect: false })
  }
}

/** A buffer that cannot be as large as it is asked to be, or that is not there before the socket is bound. */
export function bufferSizeError(errno: number, syscall: string): Error {
  const info = { errno, code: codeOf(errno), message: messageOf(errno), syscall }
  return new SystemInfoError('ERR_SOCKET_BUFFER_SIZE', 'Could not get or set buffer size', info)
}
