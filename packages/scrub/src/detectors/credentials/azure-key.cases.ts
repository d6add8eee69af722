import type { DetectorCases } from '../cases.ts'

export const cases: DetectorCases = {
  found: [
    `AccountName=x;AccountKey=⟦${'aB3dE5fG7hJ9kL1m'.repeat(5)}aB3dE5==⟧;EndpointSuffix=core.windows.net`,
    `https://x.blob.core.windows.net/c?sv=2020&sig=⟦aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3zA5bC7dE%3D⟧&se=2`,
  ],
  clean: ['AccountKey=', '?sig=short', 'AccountKey=<your key>'],
}
