const place = 'docs/dependencies.md'

/** @type {import('./lib/sources.js').Check} */
export const dependencies = {
  name: 'dependencies',
  purpose: `every dependency has its line of reason in ${place}, and no line is left of one that is gone`,
  run(sources) {
    const manifests = sources.files.filter((file) => /^(packages\/[^/]+\/)?package\.json$/.test(file))
    /** @type {import('./lib/sources.js').Finding[]} */
    const findings = []
    const named = new Set()
    const lines = sources.files.includes(place) ? sources.read(place).split('\n') : []
    const explained = new Map(
      lines.flatMap((line, index) =>
        [...(/^\|([^|]+)\|/.exec(line)?.[1] ?? '').matchAll(/`([^`]+)`/g)].map(([, name]) => [name, index + 1]),
      ),
    )
    for (const file of manifests) {
      const manifest = JSON.parse(sources.read(file))
      for (const kind of ['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies']) {
        for (const name of Object.keys(manifest[kind] ?? {})) {
          named.add(name)
          if (explained.has(name) || /^(@wirehub\/|wirehub$)/.test(name)) continue
          const line =
            sources
              .read(file)
              .split('\n')
              .findIndex((text) => text.includes(`"${name}":`)) + 1
          findings.push({
            file,
            line,
            message: `${name} has no line in ${place}`,
            cure: 'say in one line what it does that is not worth writing here',
          })
        }
      }
    }
    for (const [name, line] of explained) {
      if (!named.has(name))
        findings.push({ file: place, line, message: `${name} is no dependency any more`, cure: 'remove the line' })
    }
    return findings
  },
}
