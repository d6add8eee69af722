/** A text with its findings between ⟦ and ⟧, and the name of the field that holds it. `¦` is dropped: it keeps samples from looking like secrets. */
export type Case = string | { readonly field: string; readonly text: string }

export interface DetectorCases {
  /** What must be found, exactly. */
  readonly found: readonly Case[]
  /** What must not be. */
  readonly clean: readonly Case[]
}

export interface ReadCase {
  readonly text: string
  readonly field: string
  /** UTF-16 offsets. */
  readonly spans: readonly (readonly [start: number, end: number])[]
}

/** Takes the marks out of a case. */
export function readCase(entry: Case): ReadCase {
  const marked = (typeof entry === 'string' ? entry : entry.text).replaceAll('¦', '')
  const spans: [number, number][] = []
  let text = ''
  for (const part of marked.split(/(⟦[^⟧]*⟧)/)) {
    if (part.startsWith('⟦')) {
      spans.push([text.length, text.length + part.length - 2])
      text += part.slice(1, -1)
    } else text += part
  }
  return { text, field: typeof entry === 'string' ? '' : entry.field, spans }
}
