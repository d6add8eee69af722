import type { DetectorCases } from '../cases.ts'

export const cases: DetectorCases = {
  found: ['NOTION=⟦secret_¦DcxraKCCj11hkW8GtEP5zfF7eDrPpDfZyDDQ1acToD4⟧'],
  clean: ['secret_santa_list_for_the_whole_department_2026', 'secret_C8MLsgoZMiOF7UyGFi6K'],
}
