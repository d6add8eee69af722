import type { Detector } from '../../scan/types.ts'
import { isMonthAndDay } from '../checksums.ts'
import { nationalNumber } from './define.ts'

const HETU = /(?<![A-Za-z0-9_])[0-3]\d[01]\d{3}[-+A-FU-Ya-fu-y]\d{3}[0-9A-FHJ-NPR-Ya-fhj-npr-y](?![A-Za-z0-9_])/

export const finlandHetu: Detector = nationalNumber({
  name: 'fi-hetu',
  description: 'Finnish personal identity codes (date and check character)',
  written: HETU,
  triggers: ['(?<![A-Za-z0-9_])[0-3]\\d[01]\\d{3}[-+A-FU-Y]\\d{3}[0-9A-Y]'],
  words: ['hetu', 'henkilötunnus'],
  bare: HETU,
  isValid: (n) => {
    const serial = n.length === 10 ? n.slice(6, 9) : n.slice(7, 10)
    const number = Number(n.slice(0, 6) + serial)
    return (
      isMonthAndDay(Number(n.slice(2, 4)), Number(n.slice(0, 2))) &&
      '0123456789ABCDEFHJKLMNPRSTUVWXY'[number % 31] === n[n.length - 1]
    )
  },
})
