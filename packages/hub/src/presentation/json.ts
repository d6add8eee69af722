/** JSON text, looked at without being changed. */

/** Whether a text is one JSON value. A look at its first character spares most plain text the parser. */
export function isJsonText(text: string): boolean {
  if (!/^\s*[[{"\-0-9tfn]/.test(text)) return false
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

const LINE_FEED = 0x0a
const RETURN = 0x0d
const SPACE = 0x20

/** JSON without line breaks: they stand between its tokens only, where a space says the same. */
export function onOneLine(json: Buffer): Buffer {
  if (!json.includes(LINE_FEED) && !json.includes(RETURN)) return json
  const line = Buffer.from(json)
  for (let i = 0; i < line.length; i++) if (line[i] === LINE_FEED || line[i] === RETURN) line[i] = SPACE
  return line
}
