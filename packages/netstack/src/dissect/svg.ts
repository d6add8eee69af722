import { INK, MONO, PAPER, SANS } from './theme.ts'

/** Text as it may stand in SVG and HTML, also within quotes. */
export function escapeMarkup(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}

type Attributes = Readonly<Record<string, string | number | undefined>>

function attributesOf(attributes: Attributes): string {
  let text = ''
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined) continue
    const shown = typeof value === 'number' ? String(Math.round(value * 100) / 100) : escapeMarkup(value)
    text += ` ${name}="${shown}"`
  }
  return text
}

/** Collects the elements of one picture and writes it out. */
export class Svg {
  readonly #parts: string[] = []

  element(name: string, attributes: Attributes, content?: string): void {
    this.#parts.push(
      content === undefined
        ? `<${name}${attributesOf(attributes)}/>`
        : `<${name}${attributesOf(attributes)}>${content}</${name}>`,
    )
  }

  line(x1: number, y1: number, x2: number, y2: number, stroke: string, attributes: Attributes = {}): void {
    this.element('line', { x1, y1, x2, y2, stroke, 'stroke-width': 1, ...attributes })
  }

  rect(x: number, y: number, width: number, height: number, fill: string, attributes: Attributes = {}): void {
    this.element('rect', { x, y, width, height, fill, ...attributes })
  }

  text(x: number, y: number, text: string, attributes: Attributes = {}): void {
    this.element('text', { x, y, fill: INK, 'font-size': 12, ...attributes }, escapeMarkup(text))
  }

  /** Text in the fixed-width face. */
  mono(x: number, y: number, text: string, attributes: Attributes = {}): void {
    this.text(x, y, text, { 'font-family': MONO, 'font-size': 11, 'xml:space': 'preserve', ...attributes })
  }

  /** The whole picture on a white card; `title` is read out by screen readers. */
  toString(width: number, height: number, title: string): string {
    return [
      `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${Math.ceil(width)} ${Math.ceil(height)}" width="${Math.ceil(width)}" height="${Math.ceil(height)}" role="img" font-family="${SANS}">`,
      `<title>${escapeMarkup(title)}</title>`,
      `<rect width="100%" height="100%" rx="10" fill="${PAPER}"/>`,
      ...this.#parts,
      '</svg>',
      '',
    ].join('\n')
  }
}
