import type net from 'node:net'

// Not imported: where a loader, a hook or a mock gives our modules in the place of Node's, an import of Node's here would give our own.

export const nodeNet: typeof net = process.getBuiltinModule('node:net')
