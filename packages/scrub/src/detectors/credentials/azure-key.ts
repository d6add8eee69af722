import type { Detector } from '../../scan/types.ts'
import { entropy } from '../checksums.ts'

/** Azure storage and service bus keys in connection strings, and signatures of shared access. */
export const azureKey: Detector = {
  name: 'azure-key',
  category: 'secret',
  description: 'Azure storage, Service Bus and Cosmos DB keys, SAS signatures',
  default: true,
  triggers: ['AccountKey=[A-Za-z0-9+/]', 'SharedAccessKey=[A-Za-z0-9+/]', '[?&]sig=[A-Za-z0-9%+/]{4}'],
  pattern:
    /(?:[Aa]ccount[Kk]ey|[Ss]hared[Aa]ccess[Kk]ey)=([A-Za-z0-9+/]{40,100}={0,2})|[?&]sig=([A-Za-z0-9%+/]{40,120}(?:%3[Dd]|=){0,2})/,
  validate: (match) => entropy(match) >= 3.5,
  priority: 10,
}
