import type { LinearPattern } from '../scan/types.ts'
import { LinearMatcher } from './linear.ts'
import { parsePattern } from './parse.ts'
import { compileProgram } from './program.ts'

const FLAGS = /^[dgimsu]*$/

/**
 * Compiles an expression that somebody wrote into a policy. It runs in an automaton, never in a backtracking engine, so that no
 * input makes it slow. Text is UTF-8; `i` folds ASCII letters; the finding is the first group when there is one.
 * @throws PatternSyntaxError when it is not well-formed
 * @throws SuperLinearError when it needs backtracking or is too large; the message names the part and what to write instead
 */
export function compileUserPattern(source: string, flags: string = ''): LinearPattern {
  if (!FLAGS.test(flags)) throw new SyntaxError(`flags "${flags}": only d, g, i, m, s and u are known`)
  const { node } = parsePattern(source, { flags, max: 0x10ffff })
  return new LinearMatcher(source, flags, compileProgram(node))
}
