// What must not be committed: paths of one machine, hosts of package registries, and notes to oneself. The patterns are written so
// that they do not match themselves.

const patterns = [
  {
    pattern: /(^|[\s"'`(=:])[/](work|workspace|mnt|Users)[/][\w.-]/,
    what: 'a path of one machine',
    cure: 'write it relative to the repository',
  },
  {
    pattern: /(^|[\s"'`(=:])[/]home[/](?!user\b|alice\b|bob\b|me\b|you\b|node\b)[\w.-]+/,
    what: 'a home folder',
    cure: 'write ~ or a path relative to the repository',
  },
  {
    pattern: /(^|[\s"'`(=:])[/]root[/][\w.-]/,
    what: 'a home folder',
    cure: 'write ~ or a path relative to the repository',
  },
  {
    pattern: /[/]tmp[/]bash_/,
    what: 'a temporary path of one session',
    cure: 'use the temporary folder that the platform names',
  },
  {
    pattern: /\bregistry[.](?!example[.])[a-z0-9-]+[.][a-z]{2,}/i,
    what: 'the host of a package registry',
    cure: 'leave it to the configuration of whoever installs',
  },
  { pattern: /^(<{7}|>{7}) /, what: 'a merge conflict', cure: 'resolve it' },
]

/** @type {import('./lib/sources.js').Check} */
export const words = {
  name: 'words',
  purpose: 'no machine paths, registry hosts or conflict marks in committed text',
  run(sources) {
    /** @type {import('./lib/sources.js').Finding[]} */
    const findings = []
    for (const file of sources.files.filter(
      (path) => !/(^|\/)fixtures\/|\.(png|jpg|gif|ico|gz|zst|br|pcap|pcapng|woff2|wasm)$/.test(path),
    )) {
      for (const [index, line] of sources.read(file).split('\n').entries()) {
        for (const { pattern, what, cure } of patterns) {
          if (pattern.test(line))
            findings.push({ file, line: index + 1, message: `${what}: ${line.trim().slice(0, 120)}`, cure })
        }
      }
    }
    return findings
  },
}
