// A node:test reporter that runs inside each test process: it writes one JSON line per event to file descriptor 3, which the runner
// reads, and leaves stdout and stderr to the tests.
import { writeSync } from 'node:fs'
import { inspect } from 'node:util'

const reported = new Set(['test:dequeue', 'test:complete', 'test:start', 'test:pass', 'test:fail'])

/** @param {AsyncIterable<{ type: string, data: any }>} source */
export default async function* childReporter(source) {
  for await (const { type, data } of source) {
    if (!reported.has(type)) continue
    /** @type {Record<string, unknown>} */
    const event = { type, name: data.name, nesting: data.nesting, line: data.line }
    if (type === 'test:pass' || type === 'test:fail') {
      Object.assign(event, { kind: data.details?.type ?? 'test', skip: data.skip, todo: data.todo })
      event.durationMs = data.details?.duration_ms
    }
    if (type === 'test:fail') Object.assign(event, describeError(data.details?.error))
    send(event)
  }
  yield ''
}

/** @param {any} error what node:test wraps a failure in */
function describeError(error) {
  const cause = error?.cause ?? error
  const text = cause instanceof Error ? inspect(cause, { depth: 5 }) : String(cause)
  return { failureType: error?.failureType, error: text }
}

/** @param {object} event */
function send(event) {
  let rest = Buffer.from(`${JSON.stringify(event)}\n`)
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(3, rest))
    } catch (error) {
      if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EAGAIN') return
    }
  }
}
