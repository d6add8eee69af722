import { ARP, ARP_REPLY, ARP_REQUEST } from '../wire/arp.ts'
import {
  ETHERNET,
  ETHERNET_FCS,
  ETHERNET_FCS_BYTES,
  ETHERNET_HEADER_BYTES,
  ETHERTYPE_ARP,
  ETHERTYPE_IPV4,
  ETHERTYPE_IPV6,
  verifyFcs,
} from '../wire/ethernet.ts'
import { dissectData } from './application.ts'
import { dissectIp } from './internet.ts'
import { describeBytes, describeFormat, findField, numberOf } from './tree.ts'
import { pushLayer, type Walk } from './walk.ts'

/** An Ethernet II frame, with its FCS where `fcsBytes` is 4. */
export function dissectEthernet(walk: Walk, start: number, end: number, fcsBytes: number): void {
  const hasFcs = fcsBytes === ETHERNET_FCS_BYTES && end - start >= ETHERNET_HEADER_BYTES + ETHERNET_FCS_BYTES
  const payloadEnd = hasFcs ? end - ETHERNET_FCS_BYTES : end
  const { fields, error } = describeFormat(ETHERNET, walk.bytes, start, payloadEnd)
  const layer = pushLayer(walk, 'ethernet', {
    label: ETHERNET.label,
    source: ETHERNET.source,
    start,
    end: Math.min(start + ETHERNET_HEADER_BYTES, end),
    summary: `${findField(fields, 'source')?.text ?? '?'} > ${findField(fields, 'destination')?.text ?? '?'}`,
    fields,
    error,
  })
  if (hasFcs) {
    const [fcs] = describeFormat(ETHERNET_FCS, walk.bytes, payloadEnd, end).fields
    fcs.note = verifyFcs(walk.bytes, start, end) ? 'correct' : 'wrong: the frame was corrupted on the link'
    if (fcs.note !== 'correct') layer.error = 'the frame check sequence is wrong'
    fields.push(fcs)
  }
  if (error !== undefined) return
  const next = start + ETHERNET_HEADER_BYTES
  const type = numberOf(fields, 'type')
  const before = walk.layers.length
  if (type === ETHERTYPE_ARP) dissectArp(walk, next, payloadEnd)
  else if (type === ETHERTYPE_IPV4 || type === ETHERTYPE_IPV6) dissectIp(walk, next, payloadEnd)
  else dissectData(walk, next, payloadEnd)
  // The owner of the rest of the frame is the padding that Ethernet's minimum asks for.
  const carriedEnd = Math.max(next, ...walk.layers.slice(before).map((inner) => inner.end))
  if (carriedEnd < payloadEnd) fields.push(describeBytes('padding', 'Padding', walk.bytes, carriedEnd, payloadEnd))
}

function dissectArp(walk: Walk, start: number, end: number): void {
  const { fields, error } = describeFormat(ARP, walk.bytes, start, end)
  const text = (name: string): string => findField(fields, name)?.text ?? '?'
  const operation = numberOf(fields, 'operation')
  let summary = `operation ${operation}`
  if (operation === ARP_REQUEST)
    summary = `who has ${text('targetProtocolAddress')}? tell ${text('senderProtocolAddress')}`
  if (operation === ARP_REPLY) summary = `${text('senderProtocolAddress')} is at ${text('senderHardwareAddress')}`
  pushLayer(walk, 'arp', {
    label: ARP.label,
    source: ARP.source,
    start,
    end: Math.min(start + ARP.byteLength, end),
    summary,
    fields,
    error,
  })
}
