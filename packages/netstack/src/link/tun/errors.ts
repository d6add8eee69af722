/** What can be wrong with a TUN device. */
export type TunErrorCode =
  | 'ERR_TUN_PLATFORM'
  | 'ERR_TUN_KOFFI'
  | 'ERR_TUN_NO_DEVICE'
  | 'ERR_TUN_PERMISSION'
  | 'ERR_TUN_NAME'
  | 'ERR_TUN_GSO_BYTES'
  | 'ERR_TUN_BUSY'
  | 'ERR_TUN_SYSTEM_CALL'
  | 'ERR_TUN_GONE'

/** A TUN device could not be opened or has gone away: what happened, and what helps. */
export class TunError extends Error {
  override readonly name = 'TunError'
  readonly code: TunErrorCode
  /** What to do about it. */
  readonly cure: string
  /** The system's own number, 0 where it was not asked. */
  readonly errno: number

  constructor(code: TunErrorCode, sentence: string, cure: string, errno = 0) {
    super(`${sentence} ${cure}`)
    this.code = code
    this.cure = cure
    this.errno = errno
  }
}
