/** Failures told as nats-server tells them: test kits look for these words. */
import { ConfigError, formatProblem, HubError } from '@wirehub/hub'
import { exitCodes } from '../command.ts'

/** What is printed on stderr, and the exit code. */
export interface Explanation {
  readonly text: string
  readonly code: number
}

/**
 * Explains a failure to start.
 * @returns undefined for what is no failure of configuration, flags or ports
 */
export function explain(error: unknown): Explanation | undefined {
  if (!(error instanceof HubError)) return undefined
  if (error instanceof ConfigError) {
    const lines = error.problems.map((problem) =>
      // Syntax errors have no path; nats-server names them so.
      problem.path === '' ? `Parse error on line ${problem.line}: '${formatProblem(problem)}'` : formatProblem(problem),
    )
    return { text: `nats-server: ${lines.join('\n')}`, code: exitCodes.config }
  }
  const place = error.place === undefined ? '' : `${error.place}: `
  const cure = error.cure === undefined ? '' : ` ${error.cure}`
  if (error.code === 'WIREHUB_ERR_LISTEN') {
    return { text: `Error listening on port: ${place}${error.message}${cure}`, code: exitCodes.unavailable }
  }
  const code = error.code === 'WIREHUB_ERR_USAGE' ? exitCodes.usage : exitCodes.config
  return { text: `nats-server: ${place}${error.message}${cure}`, code }
}
