#!/usr/bin/env node
// Plain JavaScript, so that it exists before anything is built. A checkout runs the TypeScript source in this very process;
// a published package runs what was built.
import { existsSync } from 'node:fs'
import module from 'node:module'

const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 22 || (major === 22 && minor < 18)) {
  console.error(
    `wirehub needs Node 22.18 or newer; this is ${process.versions.node}. In a checkout, "npm start" brings its own.`,
  )
  process.exit(69)
}
// Half of the time that a short command takes would go into compiling.
module.enableCompileCache?.()
const source = new URL('../src/main.ts', import.meta.url)
if (existsSync(source)) {
  const packages = new URL('../../', import.meta.url).href
  module.registerHooks({
    resolve: (specifier, context, next) => {
      // Our own imports name the very file; looking for it would take as long as the rest of the start.
      if (specifier.startsWith('.') && specifier.endsWith('.ts') && context.parentURL?.startsWith(packages)) {
        return { url: new URL(specifier, context.parentURL).href, format: 'module-typescript', shortCircuit: true }
      }
      if (!specifier.startsWith('@wirehub/')) return next(specifier, context)
      return next(specifier, { ...context, conditions: [...context.conditions, '@wirehub/source'] })
    },
  })
  await import(source.href)
} else await import('../dist/main.js')
