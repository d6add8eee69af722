import { existsSync, statSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path/posix'

/** @type {import('./lib/sources.js').Check} */
export const links = {
  name: 'links',
  purpose: 'relative links and anchors in *.md lead somewhere',
  run(sources) {
    /** @type {import('./lib/sources.js').Finding[]} */
    const findings = []
    for (const file of sources.files.filter((path) => path.endsWith('.md') && !path.includes('/fixtures/'))) {
      for (const { target, line } of linksOf(sources.read(file))) {
        const [path = '', anchor] = target.split('#', 2)
        const to = path === '' ? file : normalize(join(dirname(file), decodeURIComponent(path)))
        const full = join(sources.root, to)
        if (to.startsWith('..') || !existsSync(full)) {
          findings.push({
            file,
            line,
            message: `link to ${target}: there is no ${to}`,
            cure: 'correct the path, or add the file',
          })
        } else if (
          anchor &&
          statSync(full).isFile() &&
          to.endsWith('.md') &&
          !anchorsOf(sources.read(to)).has(anchor)
        ) {
          findings.push({
            file,
            line,
            message: `link to ${target}: ${to} has no heading #${anchor}`,
            cure: 'correct the anchor, or the heading',
          })
        }
      }
    }
    return findings
  },
}

/**
 * Text without what is inside code fences and code spans; lines stay where they are.
 *
 * @param {string} markdown
 */
function prose(markdown) {
  let fence = ''
  return markdown.split('\n').map((line) => {
    const mark = /^\s*(```+|~~~+)/.exec(line)?.[1]
    if (mark !== undefined && (fence === '' || line.trim().startsWith(fence))) {
      fence = fence === '' ? mark : ''
      return ''
    }
    return fence === '' ? line.replace(/(`+)(?!`).*?[^`]\1(?!`)/g, '') : ''
  })
}

/** @param {string} markdown */
function linksOf(markdown) {
  const patterns = [
    /\]\(\s*<?([^)\s>]+)>?(?:\s+["'][^)]*)?\)/g,
    /^\s*\[[^\]]+\]:\s*(\S+)/g,
    /<(?:a|img|source)\b[^>]*?\s(?:href|src|srcset)="([^"]+)"/g,
  ]
  return prose(markdown).flatMap((text, index) =>
    patterns
      .flatMap((pattern) => [...text.matchAll(pattern)])
      .map(([, target = '']) => ({ target, line: index + 1 }))
      .filter(({ target }) => !/^([a-z][a-z+.-]*:|\/\/)/i.test(target)),
  )
}

/**
 * Anchors as GitHub makes them from headings, and explicit ones.
 *
 * @param {string} markdown
 */
function anchorsOf(markdown) {
  /** @type {Map<string, number>} */
  const seen = new Map()
  const anchors = new Set([...markdown.matchAll(/<[a-z]+\b[^>]*?\s(?:id|name)="([^"]+)"/g)].map(([, id = '']) => id))
  const visible = prose(markdown.replace(/`/g, '\u0000')) // code spans count in headings; fences are dropped below
  let fenced = false
  for (const [index, raw] of markdown.split('\n').entries()) {
    if (/^\s*(```|~~~)/.test(raw)) fenced = !fenced
    const heading = fenced ? null : /^#{1,6}\s+(.*?)\s*#*\s*$/.exec(visible[index] ?? '')
    if (heading === null) continue
    const slug = (heading[1] ?? '')
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\p{M}_\- ]/gu, '')
      .replace(/ /g, '-')
    const count = seen.get(slug) ?? 0
    seen.set(slug, count + 1)
    anchors.add(count === 0 ? slug : `${slug}-${count}`)
  }
  return anchors
}
