/** Clients that speak another protocol to this port: recognised by how they begin, told where to go. */
import { HubError } from '../../errors.ts'

/**
 * What a stranger gets as an answer before it is disconnected; undefined when the first line may well be ours. A web page can make a browser send a request
 * with lines of its choice in the body: the request line ends the connection before any of them is read.
 */
export function strangerOf(firstLine: string): { answer: string; error: HubError } | undefined {
  if (/^[A-Za-z]+ \S* ?HTTP\/\d/i.test(firstLine)) {
    const error = stranger('HTTP', 'The hub speaks HTTP on its http:// listener, port 8222 by default.')
    const body = `${error.message} ${error.cure}\n`
    const head = `HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: ${body.length}\r\nConnection: close\r\n`
    return { answer: `${head}\r\n${body}`, error }
  }
  if (/^(CONNECT \{|PING\r?$|INFO \{|SUB \S+ \S|PUB \S+ \S)/.test(firstLine)) {
    const error = stranger('NATS', 'Use the nats:// listener, port 4222 by default.')
    return { answer: `-ERR '${error.message}'\r\n`, error }
  }
  return undefined
}

/** The same for protocols that are told by their first byte and may never send a line feed. */
export function binaryStrangerOf(firstByte: number): HubError | undefined {
  if (firstByte === 0x16)
    return stranger('TLS', 'This listener is plain text; give it a certificate (tls:), or connect without TLS.')
  if (firstByte === 0x10)
    return stranger(
      'MQTT',
      'This hub does not speak MQTT; send JSON lines, or use a NATS client on the nats:// listener.',
    )
  return undefined
}

function stranger(protocol: string, cure: string): HubError {
  return new HubError('WIREHUB_ERR_PROTOCOL', `This port speaks JSON lines, not ${protocol}.`, { cure })
}
