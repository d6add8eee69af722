/** Every listener is a URL: `nats://127.0.0.1:4222`, `lines+unix:///run/hub.sock`, `raw://0.0.0.0:9000?framing=newline`. */
import { HubError } from '../errors.ts'
import type { ListenAddress } from './environment.ts'
import { UrlOptions } from './url-options.ts'

/** A listener's (or dialled server's) URL, taken apart. */
export interface ListenerUrl {
  /** As given. */
  readonly text: string
  /** The protocol: `nats`, `lines`, `raw`, `http`, ... */
  readonly scheme: string
  readonly address: ListenAddress
  /** Written with `+tls` or `tls=true`: it must not be opened without a certificate. */
  readonly secure: boolean
  /** `?name=value`; the gateway checks them. */
  readonly options: ReadonlyMap<string, string>
}

const SCHEME = /^([a-z][a-z0-9.-]*)(?:\+(unix|tls))?:\/\/(.*)$/is

/**
 * Takes a listener's URL apart. `ipc://path` is `lines+unix://path`; without a path it is the machine's default one. `wss://` is `ws+tls://`. Port 0 means any free port; a scheme's default port is used when none is given.
 * @param defaultPortOf the default port of a scheme, if it has one
 * @throws HubError WIREHUB_ERR_CONFIG with the cure
 */
export function parseListenerUrl(text: string, defaultPortOf: (scheme: string) => number | undefined): ListenerUrl {
  const refuse = (sentence: string): HubError =>
    new HubError('WIREHUB_ERR_CONFIG', sentence, {
      place: text,
      cure: 'Write it like nats://127.0.0.1:4222, lines+unix:///run/wirehub.sock or raw://127.0.0.1:9000?framing=newline.',
    })
  const parts = SCHEME.exec(text)
  if (parts === null) throw refuse('A listener must be a URL with a scheme.')
  let scheme = parts[1].toLowerCase()
  let transport = parts[2]?.toLowerCase()
  const question = parts[3].indexOf('?')
  const place = question < 0 ? parts[3] : parts[3].slice(0, question)
  const options = new Map(new URLSearchParams(question < 0 ? '' : parts[3].slice(question + 1)))
  if (scheme === 'ipc') {
    scheme = 'lines'
    transport = 'unix'
  }
  if (scheme === 'wss') {
    scheme = 'ws'
    transport = 'tls'
  }
  const secure = transport === 'tls' || options.get('tls') === 'true'
  if (transport === 'unix') {
    return { text, scheme, address: { path: place }, secure, options }
  }
  if (place.includes('@')) throw refuse('A listener is no user: its URL has no credentials.')
  const match = /^(\[[0-9a-f:.%]+\]|[^:/]*)(?::(\d{1,5}))?\/?$/i.exec(place)
  if (match === null) throw refuse('The address is not host:port.')
  const port = match[2] === undefined ? defaultPortOf(scheme) : Number(match[2])
  if (port === undefined || port > 65_535) throw refuse('The port is missing or larger than 65535.')
  const host = match[1] === '' || match[1] === '*' ? '0.0.0.0' : match[1].replace(/^\[|\]$/g, '')
  return { text, scheme, address: { host, port }, secure, options }
}

/**
 * Refuses an address that strangers could reach without showing who they are, unless that is said to be wanted: `?insecure=true`.
 * @throws HubError WIREHUB_ERR_INSECURE
 */
export function assertSecureListener(url: ListenerUrl, authenticated: boolean): void {
  if (authenticated || isLoopback(url.address) || new UrlOptions(url).flag('insecure', false)) return
  throw new HubError(
    'WIREHUB_ERR_INSECURE',
    'This listener is open to other machines, and nobody has to say who they are.',
    {
      place: url.text,
      cure: 'Configure users or a token, listen on 127.0.0.1, or say that you want it: insecure=true in its URL, insecure: true in the configuration, or --insecure.',
    },
  )
}

/** Whether an address is reachable from this machine only. */
export function isLoopback(address: ListenAddress): boolean {
  if ('path' in address) return true
  const host = address.host.toLowerCase()
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host) || host === '::ffff:127.0.0.1'
}

/** A text that is equal for listeners that cannot be open at the same time; undefined where any free port is taken. */
export function placeOf({ address }: ListenerUrl): string | undefined {
  return 'port' in address && address.port === 0 ? undefined : JSON.stringify(address)
}
