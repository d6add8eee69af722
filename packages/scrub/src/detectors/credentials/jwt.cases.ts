import type { DetectorCases } from '../cases.ts'

const HEADER = 'eyJhbGciOiJIUzI1NiIs¦InR5cCI6IkpXVCJ9'
const BODY = 'eyJzdWIiOiIxMjM0NTY3ODkwIiwi¦bmFtZSI6IkpvaG4gRG9lIn0'
const SIGNATURE = 'SflKxwRJSMeKKF2QT4fw¦pMeJf36POk6yJV_adQssw5c'

export const cases: DetectorCases = {
  found: [`token ⟦${HEADER}.${BODY}.${SIGNATURE}⟧ end`, `{"t":"⟦${HEADER}.${BODY}.${SIGNATURE}⟧"}`],
  clean: [`${HEADER}.${BODY}`, 'eyJub3QganNvbiBhdCBhbGw.abcdefgh.abcdefgh', 'eyJhIjoxfQ.eyJhIjoxfQ.abc'],
}
