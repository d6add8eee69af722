import type childProcess from 'node:child_process'
import type dgram from 'node:dgram'
import type net from 'node:net'
import type tls from 'node:tls'

// Not imported: where a loader, a hook or a mock gives our modules in the place of Node's, an import of Node's here would give our own.

export const nodeNet: typeof net = process.getBuiltinModule('node:net')
export const nodeDgram: typeof dgram = process.getBuiltinModule('node:dgram')
export const nodeTls: typeof tls = process.getBuiltinModule('node:tls')
export const nodeChildProcess: typeof childProcess = process.getBuiltinModule('node:child_process')
