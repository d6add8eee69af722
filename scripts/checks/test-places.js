import { testPatterns } from '../test/files.js'
import { matches } from './lib/sources.js'

/** @type {import('./lib/sources.js').Check} */
export const testPlaces = {
  name: 'test-places',
  purpose: 'every *.test.* file stands where npm test finds it, and none is set to run alone',
  run(sources) {
    return sources.files
      .filter((file) => /\.test\.[cm]?[jt]s$/.test(file) && !file.includes('/fixtures/'))
      .flatMap((file) => {
        if (!matches(file, testPatterns)) {
          return [
            {
              file,
              message: 'npm test does not run this file',
              cure: `move it, or name it *.test.ts: ${testPatterns.join(', ')}`,
            },
          ]
        }
        return sources
          .read(file)
          .split('\n')
          .flatMap((line, index) =>
            /^\s*(test|it|describe|suite)\.only\(|\bonly: true\b/.test(line)
              ? [{ file, line: index + 1, message: 'a test is set to run alone', cure: 'remove only' }]
              : [],
          )
      })
  },
}
