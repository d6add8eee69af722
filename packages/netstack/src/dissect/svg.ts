import { DARK, INK, MONO, PAPER, SANS } from './theme.ts'

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

/** About how wide a text is in {@link SANS}: as wide as in the widest of its faces. */
export function textWidth(text: string, fontSize: number): number {
  let width = 0
  for (const character of text)
    width += /[ijl.,:;'|]/.test(character)
      ? 0.3
      : /[frt \-()]/.test(character)
        ? 0.4
        : /[mwMW]/.test(character)
          ? 0.9
          : 0.64
  return width * fontSize
}

/** Attributes keep the light colours, which every viewer understands; rules that only browsers heed put dark ones in their place. */
function darkRules(elements: string): string {
  const used = new Set(elements.match(/\b(?:fill|stroke)="#[0-9a-f]{6}"/g))
  const rules = [...used].sort().flatMap((attribute) => {
    const [name, color] = attribute.slice(0, -1).split('="')
    const dark = DARK[color!]
    return dark === undefined ? [] : [`svg [${attribute}]{${name}:${dark}}`]
  })
  return `@media (prefers-color-scheme:dark){${rules.join('')}}`
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

  /** The whole picture on a card, white or, where the reader asks for it, dark; `title` is read out by screen readers. */
  toString(width: number, height: number, title: string): string {
    const background = `<rect width="100%" height="100%" rx="10" fill="${PAPER}"/>`
    return [
      `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${Math.ceil(width)} ${Math.ceil(height)}" width="${Math.ceil(width)}" height="${Math.ceil(height)}" role="img" font-family="${SANS}">`,
      `<title>${escapeMarkup(title)}</title>`,
      `<style>${darkRules(background + this.#parts.join(''))}</style>`,
      background,
      ...this.#parts,
      '</svg>',
      '',
    ].join('\n')
  }
}
