/** Reading the query of a monitoring page. What is not understood is refused, as nats-server does: a misspelt value is not passed over. */

/** A value that makes no sense. */
export class QueryError extends Error {
  override readonly name = 'QueryError'
  readonly expected: string

  constructor(name: string, given: string, expected: string) {
    super(`${name}=${given} makes no sense here.`)
    this.expected = expected
  }
}

/** A count, or the default where none is given. @throws QueryError */
export function countOf(query: URLSearchParams, name: string, otherwise: number): number {
  const given = query.get(name)
  if (given === null || given === '') return otherwise
  if (!/^\d{1,15}$/.test(given)) throw new QueryError(name, given, 'A whole number, 0 or more.')
  return Number(given)
}

/** One of these words, or the first where none is given. @throws QueryError */
export function choiceOf<Choice extends string>(
  query: URLSearchParams,
  name: string,
  choices: readonly Choice[],
): Choice {
  const given = query.get(name)
  if (given === null || given === '') return choices[0]
  if (!choices.includes(given as Choice)) throw new QueryError(name, given, `One of: ${choices.join(', ')}.`)
  return given as Choice
}

/** Whether a flag is set. @throws QueryError */
export function flagOf(query: URLSearchParams, name: string): boolean {
  return ['1', 'true'].includes(choiceOf(query, name, ['false', 'true', '0', '1']))
}
