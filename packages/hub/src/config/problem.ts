/** What is wrong with a configuration, where, and what was meant. */
import { HubError } from '../errors.ts'

/** One problem. Lines and columns count from 1. */
export interface ConfigProblem {
  readonly file: string
  readonly line: number
  readonly column: number
  /** The key, as a path: `limits.maxPayloadBytes`. */
  readonly path: string
  readonly sentence: string
  /** What was expected there. */
  readonly expected: string | undefined
  /** The known key that is spelled most like an unknown one. */
  readonly nearest: string | undefined
}

/** `file:line:column: sentence`, as compilers and editors understand it. */
export function formatProblem(problem: ConfigProblem): string {
  const where = `${problem.file}:${problem.line}:${problem.column}`
  const expected = problem.expected === undefined ? '' : ` Expected: ${problem.expected}.`
  const nearest = problem.nearest === undefined ? '' : ` Did you mean '${problem.nearest}'?`
  return `${where}: ${problem.sentence}${expected}${nearest}`
}

/** Thrown where a configuration cannot be used; carries every problem found, not the first only. */
export class ConfigError extends HubError {
  readonly problems: readonly ConfigProblem[]

  constructor(problems: readonly ConfigProblem[]) {
    super('WIREHUB_ERR_CONFIG', problems.map(formatProblem).join('\n'), {
      cure: 'Mend the configuration; wirehub check FILE tells whether it is right.',
    })
    this.problems = problems
  }
}
