/** As much of TOML as gitleaks' configuration uses. */

export interface TomlRule {
  readonly id: string
  readonly description: string
  readonly regex?: string
  readonly entropy?: number
  /** Expressions of allow lists that are about the finding itself (not its line, path or commit). */
  readonly allow: readonly string[]
}

interface Table {
  readonly name: string
  readonly values: Map<string, unknown>
}

/** @throws Error on what is not understood, with its line. */
export function parseRules(source: string): TomlRule[] {
  const rules: { values: Map<string, unknown>; allow: string[] }[] = []
  for (const table of parseTables(source)) {
    if (table.name === 'rules') rules.push({ values: table.values, allow: [] })
    const rule = rules.at(-1)
    if (rule === undefined || !/^rules\.allowlists?$/.test(table.name)) continue
    const target = table.values.get('regexTarget')
    if (target !== undefined && target !== 'secret') continue
    if (table.values.get('condition') === 'AND') continue
    rule.allow.push(...((table.values.get('regexes') as string[] | undefined) ?? []))
  }
  return rules.map(({ values, allow }) => ({
    id: values.get('id') as string,
    description: values.get('description') as string,
    regex: values.get('regex') as string | undefined,
    entropy: values.get('entropy') as number | undefined,
    allow,
  }))
}

function parseTables(source: string): Table[] {
  const tables: Table[] = [{ name: '', values: new Map() }]
  const reader = new Reader(source)
  for (;;) {
    reader.skipBlank()
    if (reader.isAtEnd) return tables
    const header = reader.match(/\[\[?([\w.]+)\]\]?/y)
    if (header !== null) {
      tables.push({ name: header[1], values: new Map() })
      continue
    }
    const key = reader.match(/([\w.-]+)[ \t]*=[ \t]*/y)
    if (key === null) throw reader.error('expected a key')
    const table = tables.at(-1) as Table
    table.values.set(key[1], reader.value())
  }
}

class Reader {
  readonly source: string
  at = 0

  constructor(source: string) {
    this.source = source
  }

  get isAtEnd(): boolean {
    return this.at >= this.source.length
  }

  error(message: string): Error {
    return new Error(`${message} in line ${this.source.slice(0, this.at).split('\n').length}`)
  }

  match(expression: RegExp): RegExpExecArray | null {
    expression.lastIndex = this.at
    const match = expression.exec(this.source)
    if (match !== null) this.at += match[0].length
    return match
  }

  skipBlank(): void {
    this.match(/(?:\s|#[^\n]*)*/y)
  }

  value(): unknown {
    const literal = this.match(/'''([\s\S]*?)'''|'([^'\n]*)'/y)
    if (literal !== null) return literal[1] ?? literal[2]
    const basic = this.match(/"(?:[^"\\\n]|\\.)*"/y)
    if (basic !== null) return JSON.parse(basic[0])
    const scalar = this.match(/true|false|-?[\d.]+/y)
    if (scalar !== null) return JSON.parse(scalar[0])
    if (this.match(/\[/y) === null) throw this.error('unknown value')
    const list: unknown[] = []
    for (;;) {
      this.skipBlank()
      if (this.match(/\]/y) !== null) return list
      list.push(this.value())
      this.skipBlank()
      this.match(/,/y)
    }
  }
}
