/** Codes of errors that a TCP user call throws; the POSIX names that `node:net` uses. */
export type TcpErrorCode = 'EPIPE' | 'EADDRINUSE' | 'EADDRNOTAVAIL' | 'ENETUNREACH' | 'ENOBUFS' | 'EINVAL' | 'EISCONN'

/** A user call that cannot be carried out (RFC 9293 3.10 "error: ..."). */
export class TcpError extends Error {
  readonly code: TcpErrorCode

  constructor(code: TcpErrorCode, message: string) {
    super(`${code}: ${message}`)
    this.name = 'TcpError'
    this.code = code
  }
}
