/** Signals that end a server: the first one drains, the next one, of either kind, ends the process at once. */
import { exitCodes } from './command.ts'

/**
 * Resolves with the first of these signals. Call it before anybody is told that the server is ready: whoever has read that may end it at once.
 */
export function ending(...signals: readonly NodeJS.Signals[]): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let told = false
    for (const signal of signals) {
      process.on(signal, () => {
        if (told) process.exit(exitCodes.failed)
        told = true
        resolve(signal)
      })
    }
  })
}
