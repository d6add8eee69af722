/** Finds where a member's value stands in the text of a JSON object, so that it can go on exactly as it came: numbers keep their digits. */

const QUOTE = 34
const BACKSLASH = 92

/**
 * @param text a JSON object that a parser has accepted; nothing is checked here
 * @returns the value's place, or undefined when there is no such member; the last one counts, as in JSON.parse
 */
export function memberValue(text: string, name: string): string | undefined {
  let found: string | undefined
  let at = text.indexOf('{') + 1
  for (;;) {
    at = skipSpace(text, at)
    if (text.charCodeAt(at) !== QUOTE) return found
    const keyEnd = stringEnd(text, at)
    const key = text.slice(at + 1, keyEnd - 1)
    const valueStart = skipSpace(text, skipSpace(text, keyEnd) + 1)
    const valueEnd = valueEndAt(text, valueStart)
    if (key === name || (key.includes('\\') && JSON.parse(`"${key}"`) === name))
      found = text.slice(valueStart, valueEnd)
    at = skipSpace(text, valueEnd)
    if (text[at] !== ',') return found
    at++
  }
}

function skipSpace(text: string, at: number): number {
  while (text.charCodeAt(at) <= 32) at++
  return at
}

/** Position after the string that begins at `at`. */
function stringEnd(text: string, at: number): number {
  for (at++; text.charCodeAt(at) !== QUOTE; at++) if (text.charCodeAt(at) === BACKSLASH) at++
  return at + 1
}

/** Position after the value that begins at `at`. */
function valueEndAt(text: string, at: number): number {
  const first = text[at]
  if (first === '"') return stringEnd(text, at)
  if (first !== '{' && first !== '[') {
    while (at < text.length && !',}] \t\r\n'.includes(text[at])) at++
    return at
  }
  let depth = 0
  for (;;) {
    const code = text[at]
    if (code === '"') {
      at = stringEnd(text, at)
      continue
    }
    at++
    if (code === '{' || code === '[') depth++
    else if ((code === '}' || code === ']') && --depth === 0) return at
  }
}
