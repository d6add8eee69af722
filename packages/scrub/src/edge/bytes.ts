/** The one place where node:buffer's own functions are used. */
import { isAscii, isUtf8 } from 'node:buffer'

export { isAscii, isUtf8 }
