/** Check digits. All take strings of digits (separators removed) and never throw. */

/** Luhn, ISO/IEC 7812-1 annex B. */
export function luhn(digits: string): boolean {
  let sum = 0
  for (let i = digits.length - 1, double = false; i >= 0; i--, double = !double) {
    let value = digits.charCodeAt(i) - 48
    if (double && (value *= 2) > 9) value -= 9
    sum += value
  }
  return sum % 10 === 0
}

/** ISO 7064 MOD 97-10 as IBAN uses it (ISO 13616): letters count 10 to 35. */
export function mod97(text: string): number {
  let rest = 0
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code >= 48 && code <= 57) rest = (rest * 10 + code - 48) % 97
    else rest = (rest * 100 + (code & 0xdf) - 55) % 97
  }
  return rest
}

/** The sum of digits times weights; digits beyond the weights do not count. */
export function weighted(digits: string, weights: readonly number[]): number {
  let sum = 0
  for (let i = 0; i < weights.length; i++) sum += (digits.charCodeAt(i) - 48) * weights[i]
  return sum
}

/** ISO 7064 MOD 11,10 (the German tax id). */
export function mod11x10(digits: string): boolean {
  let product = 10
  for (let i = 0; i < digits.length - 1; i++) {
    const sum = (digits.charCodeAt(i) - 48 + product) % 10
    product = ((sum === 0 ? 10 : sum) * 2) % 11
  }
  return (11 - product) % 10 === digits.charCodeAt(digits.length - 1) - 48
}

const VERHOEFF_D =
  '0123456789123406789523401789563401289567401239567859876043216598710432765982104387659321049876543210'
const VERHOEFF_P = '01234567891576283094580379614289160435279453126870428657390127938064157046913258'

/** Verhoeff's scheme (dihedral group D5), as Aadhaar uses it. */
export function verhoeff(digits: string): boolean {
  let check = 0
  for (let i = 0; i < digits.length; i++) {
    const digit = digits.charCodeAt(digits.length - 1 - i) - 48
    const permuted = VERHOEFF_P.charCodeAt((i % 8) * 10 + digit) - 48
    check = VERHOEFF_D.charCodeAt(check * 10 + permuted) - 48
  }
  return check === 0
}

export function digitsOf(text: string): string {
  return text.replace(/\D/g, '')
}

const MONTH_DAYS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

export function isMonthAndDay(month: number, day: number): boolean {
  return month >= 1 && month <= 12 && day >= 1 && day <= MONTH_DAYS[month - 1]
}

/** `0000000`, `1111111`: never a real number. */
export function isOneDigit(digits: string): boolean {
  for (let i = 1; i < digits.length; i++) if (digits[i] !== digits[0]) return false
  return true
}

/** Of each character that the text of `entropy` has; all zero between calls. */
const counts = new Float64Array(256)

/** Shannon entropy in bits per character; of text beyond Latin-1 the low bytes are told apart. */
export function entropy(text: string): number {
  const { length } = text
  for (let i = 0; i < length; i++) counts[text.charCodeAt(i) & 255]++
  let bits = 0
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i) & 255
    const count = counts[code]
    if (count === 0) continue
    counts[code] = 0
    bits -= (count / length) * Math.log2(count / length)
  }
  return bits
}
