import type childProcess from 'node:child_process'
import type dgram from 'node:dgram'
import type tls from 'node:tls'

// What `install` patches besides `net`: not imported, for the reason that `builtins.ts` gives, and not loaded before it is wanted.

export const nodeDgram: typeof dgram = process.getBuiltinModule('node:dgram')
export const nodeTls: typeof tls = process.getBuiltinModule('node:tls')
export const nodeChildProcess: typeof childProcess = process.getBuiltinModule('node:child_process')
