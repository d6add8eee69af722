// Registers a script for IPv4 and IPv6, in short runs for one of them in turn; each test runs it against the kernel and against ourselves and compares what came out.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { tsharkMissing } from '../tshark/agree.ts'
import { Bout, type BoutOptions, OPPONENTS } from './bout.ts'
import { kernelMissing } from './namespace.ts'

type ScenarioOptions = Omit<BoutOptions, 'opponent' | 'family'>

let registered = 0

/** Both families; in short runs one of them, by turns. */
export function families(): readonly (4 | 6)[] {
  if (process.env.WIREHUB_TEST_LONG) return [4, 6]
  return registered++ % 2 === 0 ? [4] : [6]
}

/**
 * @param script plays the bout, asserts what must hold against both opponents, and returns its verdict: what must be equal
 */
export function scenario(name: string, script: (bout: Bout) => Promise<unknown>, options: ScenarioOptions = {}): void {
  for (const family of families()) {
    test(`IPv${family}: ${name}`, async (context) => {
      if (kernelMissing(context) || tsharkMissing(context)) return
      const verdicts: unknown[] = []
      for (const opponent of OPPONENTS) {
        const bout = new Bout({ ...options, opponent, family })
        try {
          verdicts.push(await script(bout))
          bout.check(true)
        } catch (error) {
          context.diagnostic(`against ${opponent}:\n${bout.describe()}`)
          throw error
        } finally {
          await bout.close()
        }
      }
      assert.deepEqual(verdicts[0], verdicts[1], 'the kernel comes to another verdict than we ourselves')
    })
  }
}
