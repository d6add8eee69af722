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
