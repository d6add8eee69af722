import type { DetectorCases } from '../cases.ts'

export const cases: DetectorCases = {
  found: ['api:⟦key-¦2f64cb79abcc4b9db165c23115661ffb⟧'],
  clean: ['key-1', 'key-0df9daee36452bcf48385971f1bba10', 'monkey-ef43a9e7516072cb95eb92e57561d80e'],
}
