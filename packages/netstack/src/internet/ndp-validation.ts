import type { Icmpv6Message } from '../wire/icmpv6.ts'
import type { NdpOption } from '../wire/ndp.ts'
import { IpAddress } from './address.ts'
import type { PacketInfo } from './packet.ts'

/**
 * Whether a message of NDP, whose hop limit, code and option lengths are right, may be believed: the rules of RFC 4861
 * 6.1, 7.1 and 8.1. A link-layer address that is a group's is no neighbour's and makes any of them invalid.
 */
export function isValidNdp(message: Icmpv6Message, info: PacketInfo): boolean {
  if (!('options' in message) || message.options.some(isGroupLinkLayerAddress)) return false
  const source = info.source
  // Who has no address yet cannot be answered, and so has no link-layer address to tell.
  const namesItself = message.options.some((option) => option.name === 'source-link-layer-address')
  if (source.isUnspecified && namesItself) return false
  switch (message.name) {
    case 'router-solicitation':
      return true
    case 'router-advertisement':
      return source.isLinkLocal
    case 'neighbor-solicitation':
      if (message.targetAddress[0] === 0xff) return false
      return !source.isUnspecified || info.destination.isSolicitedNode
    case 'neighbor-advertisement':
      return message.targetAddress[0] !== 0xff && !(message.solicited === 1 && info.destination.isMulticast)
    case 'redirect': {
      const target = IpAddress.read(6, message.targetAddress, 0)
      const destination = IpAddress.read(6, message.destinationAddress, 0)
      return source.isLinkLocal && !destination.isMulticast && (target.isLinkLocal || target.equals(destination))
    }
    default:
      return false
  }
}

function isGroupLinkLayerAddress(option: NdpOption): boolean {
  const named = option.name === 'source-link-layer-address' || option.name === 'target-link-layer-address'
  return named && 'address' in option && (option.address[0] & 1) === 1
}
