/**
 * bcrypt in a thread of its own: a comparison takes a tenth of a second and more, during which the event loop would serve nobody. (Node has no
 * bcrypt; the library is plain JavaScript.)
 */
import { Worker } from 'node:worker_threads'

const CODE = `
const { parentPort, workerData } = require('node:worker_threads')
const ready = import(workerData)
parentPort.on('message', async ({ id, given, hash }) => {
  let fits = false
  try {
    fits = (await ready).compareSync(given, hash)
  } catch {}
  parentPort.postMessage({ id, fits })
})
`

let worker: Worker | undefined
let nextId = 1
const waiting = new Map<number, (fits: boolean) => void>()

function start(): Worker {
  const made = new Worker(CODE, { eval: true, workerData: import.meta.resolve('bcryptjs') })
  made.on('message', ({ id, fits }: { id: number; fits: boolean }) => {
    waiting.get(id)?.(fits)
    waiting.delete(id)
    if (waiting.size === 0) made.unref()
  })
  // Without its thread a password cannot be right; the next comparison starts another.
  const lost = (): void => {
    if (worker === made) worker = undefined
    for (const answer of waiting.values()) answer(false)
    waiting.clear()
  }
  made.on('error', lost)
  made.on('exit', lost)
  return made
}

/** Compares a password with a bcrypt hash. Never rejects. The thread starts with the first comparison and keeps no process alive. */
export function compareBcrypt(given: string, hash: string): Promise<boolean> {
  worker ??= start()
  const id = nextId++
  worker.ref()
  worker.postMessage({ id, given, hash })
  return new Promise((resolve) => waiting.set(id, resolve))
}
