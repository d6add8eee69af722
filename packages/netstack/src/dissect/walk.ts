import { LAYER_OF_PROTOCOL } from '../layers/layers.ts'
import type { DissectedLayer } from './tree.ts'

/** What travels through the dissection of one packet. */
export interface Walk {
  readonly bytes: Uint8Array
  readonly layers: DissectedLayer[]
  /** Inside the packet that an ICMP error quotes: it is cut as a rule, and its checksums cannot be judged. */
  quoted: boolean
}

/** Appends a layer and returns it, so that the caller may add to it. */
export function pushLayer(
  walk: Walk,
  protocol: string,
  layer: Omit<DissectedLayer, 'protocol' | 'layer' | 'quoted'>,
): DissectedLayer {
  const whole: DissectedLayer = { protocol, layer: LAYER_OF_PROTOCOL[protocol], ...layer }
  if (walk.quoted) {
    whole.quoted = true
    delete whole.error // a quote is cut as a rule (RFC 1812 section 4.3.2.3): that is no fault of it
  }
  walk.layers.push(whole)
  return whole
}

/** Sum of the pseudo-header for a transport header of that length; undefined where a checksum cannot be judged (a fragment, a cut packet). */
export type PseudoSum = ((protocol: number, length: number) => number) | undefined
