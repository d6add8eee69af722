import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { promisify } from 'node:util'

/** What a process of its own prints that runs these lines as a module. */
const run = async (program: string): Promise<string> =>
  (await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program])).stdout

const source = (path: string): string => JSON.stringify(new URL(`../../src/${path}`, import.meta.url).href)

/** Every property that can be reached from the globals and from Node's modules, with the value or accessors it has. */
const REACHABLE = `
  import { builtinModules } from 'node:module'
  function reachable() {
    const found = new Map()
    const roots = builtinModules.filter((name) => !name.startsWith('_') && !/^(sys|punycode|test)/.test(name))
    const waiting = [['globalThis', globalThis], ...roots.map((name) => [name, process.getBuiltinModule(name)])]
    const seen = new Set()
    while (waiting.length > 0) {
      const [path, object] = waiting.pop()
      if (seen.has(object)) continue
      seen.add(object)
      for (const key of Reflect.ownKeys(object)) {
        if (typeof key === 'symbol' && typeof object !== 'function' && !path.endsWith('.prototype')) continue
        const { value, get, set } = Reflect.getOwnPropertyDescriptor(object, key)
        const isFunction = typeof value === 'function'
        if (isFunction || get || set) found.set(path + '.' + String(key), [isFunction ? value : undefined, get, set])
        if (isFunction || (key === 'prototype' && value)) waiting.push([path + '.' + String(key), value])
      }
    }
    return found
  }
`

test('to import the modules changes nothing that is not theirs', async () => {
  const paths = ['mod.ts', 'node-net.ts', 'node-dgram.ts', 'install.ts', 'tun.ts', 'sim/node/mod.ts']
  const program = `${REACHABLE}
    const names = [${paths.map(source).join(', ')}]
    const before = reachable()
    for (const name of names) await import(name)
    const after = reachable()
    const changed = [...after].filter(([path, now]) => now.some((each, i) => each !== before.get(path)?.[i]))
    console.log(before.size > 1000, changed.map(([path]) => path).join(' '))`
  assert.equal(await run(program), 'true \n')
})

test('who observes performance from before the import on sees connections too, and nobody does afterwards', async () => {
  const program = `
    import { PerformanceObserver } from 'node:perf_hooks'
    const entries = []
    const observer = new PerformanceObserver((list) => void entries.push(...list.getEntries()))
    const flush = () => entries.push(...observer.takeRecords())
    observer.observe({ entryTypes: ['net'] })
    const { default: net } = await import(${source('node-net.ts')})
    const server = net.createServer((socket) => socket.end()).listen(0)
    const ask = () => new Promise((done) => net.connect(server.address().port).resume().on('close', done))
    await ask()
    flush()
    console.log(entries.map(({ name, detail }) => name + ' ' + (detail.port === server.address().port)).join())
    observer.disconnect()
    await ask()
    flush()
    console.log(entries.length)
    server.close()`
  assert.equal(await run(program), 'connect true\n1\n')
})

test('whoever has replaced the connect of Node before is not called for connections of ours', async () => {
  const program = `
    import nodeNet from 'node:net'
    nodeNet.Socket.prototype.connect = () => console.log('called')
    const { default: net } = await import(${source('node-net.ts')})
    const server = net.createServer((socket) => socket.end('hello')).listen(0)
    for await (const data of net.connect(server.address().port)) console.log(String(data))
    server.close()`
  assert.equal(await run(program), 'hello\n')
})
