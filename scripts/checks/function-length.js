import { isTest, walk } from './lib/sources.js'

const limit = 70

/** @type {import('./lib/sources.js').Check} */
export const functionLength = {
  name: 'function-length',
  purpose: `a function has at most ${limit} lines that are neither blank nor comment; test files are exempt`,
  run(sources) {
    /** @type {import('./lib/sources.js').Finding[]} */
    const findings = []
    for (const file of sources.code.filter((path) => !isTest(path))) {
      const { program, comments } = sources.parse(file)
      const empty = linesWithoutCode(sources.read(file), comments)
      walk(program, (node, parent) => {
        if (!/Function/.test(node.type) || node.type.startsWith('TS') || !node.body) return
        const first = sources.lineAt(file, node.start)
        const last = sources.lineAt(file, node.end)
        if (last - first < limit) return
        let lines = 0
        for (let line = first; line <= last; line += 1) if (!empty.has(line)) lines += 1
        if (lines <= limit) return
        const name = node.id?.name ?? parent?.key?.name ?? parent?.id?.name ?? 'a function'
        findings.push({
          file,
          line: first,
          message: `${name} has ${lines} lines, the limit is ${limit}`,
          cure: 'one function per step; data goes into a table',
        })
      })
    }
    return findings
  },
}

/**
 * @param {string} text
 * @param {{ start: number, end: number }[]} comments
 * @returns {Set<number>} line numbers, from 1, that hold nothing but space and comments
 */
function linesWithoutCode(text, comments) {
  const code = [...text]
  let bare = ''
  let at = 0
  for (const { start, end } of comments) {
    bare += text.slice(at, start) + text.slice(start, end).replace(/[^\n]/g, ' ')
    at = end
  }
  bare += text.slice(at, code.length === 0 ? 0 : text.length)
  return new Set(bare.split('\n').flatMap((line, index) => (line.trim() === '' ? [index + 1] : [])))
}
