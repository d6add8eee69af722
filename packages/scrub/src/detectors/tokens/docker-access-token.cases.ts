import type { DetectorCases } from '../cases.ts'

export const cases: DetectorCases = {
  found: ['docker login -p ⟦dckr_¦pat_hq7aTnjx3oRuBMKlcnpLOwrLotC⟧', '"⟦dckr_¦oat_eOKD5IHU9LeMjCadWYqnElNPt5XAWZ8R⟧"'],
  clean: ['dckr_pat_', 'dckr_img_2a3Hs1jX9CjnTGSigV8lS9W0Iaa0kp'],
}
