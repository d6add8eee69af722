import type { Detector } from '../../scan/types.ts'
import * as americas from './americas.ts'
import * as asiaPacific from './asia-pacific.ts'
import * as northEast from './europe-north-east.ts'
import * as west from './europe-west.ts'
import * as passports from './passport.ts'

/** Numbers that states give to people. */
export const identityDetectors: readonly Detector[] = [
  ...Object.values(americas),
  ...Object.values(west),
  ...Object.values(northEast),
  ...Object.values(asiaPacific),
  ...Object.values(passports),
]
