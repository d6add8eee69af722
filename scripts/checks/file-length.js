const limits = [
  { prefix: 'packages/netstack/', lines: 500 },
  { prefix: '', lines: 600 },
]

/** @type {import('./lib/sources.js').Check} */
export const fileLength = {
  name: 'file-length',
  purpose: 'a file has at most 600 lines (netstack: 500); generated files are exempt by the name *.generated.ts',
  run(sources) {
    return sources.code.flatMap((file) => {
      const limit = limits.find(({ prefix }) => file.startsWith(prefix))?.lines ?? 0
      const lines = sources.read(file).trimEnd().split('\n').length
      if (lines <= limit) return []
      return [
        {
          file,
          line: limit + 1,
          message: `has ${lines} lines, the limit is ${limit}`,
          cure: 'a file holds one concept: split it',
        },
      ]
    })
  },
}
