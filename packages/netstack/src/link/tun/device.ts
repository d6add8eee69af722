import { closeSync, constants as files, openSync } from 'node:fs'
import { release } from 'node:os'
import { TunError } from './errors.ts'
import { type SystemCalls, systemCalls } from './system-calls.ts'
import { VNET_HEADER_BYTES } from './vnet-header.ts'

export interface TunOptions {
  /** `tun7`; with `%d` the kernel puts a free number there. At most 15 bytes. Default `tun%d`. */
  name?: string
  /** Bare IP packets (`tun`, the default), or Ethernet frames (`tap`). */
  mode?: 'tun' | 'tap'
  /** Largest IP packet in bytes. Default 1,500. */
  mtu?: number
  /** Super-segments of up to 64 KiB and checksums left to the other side, both ways. Default true; without it each frame is one segment. */
  offload?: boolean
  /**
   * Largest TCP payload that the kernel is handed in one packet, in bytes; at most 524,280. Default 262,144. More than 65,000 go over
   * IPv4 in `tun` mode to Linux 6.6 and newer only ("BIG TCP").
   */
  gsoBytes?: number
  /** Packets that the kernel keeps for us at most; more are dropped. Default 5,000. */
  queuePackets?: number
  /** Switches the kernel's end on. Default true. */
  up?: boolean
}

/** An open TUN or TAP device. */
export interface TunDevice {
  readonly fd: number
  readonly name: string
  readonly mode: 'tun' | 'tap'
  readonly mtu: number
  readonly offload: boolean
  /** Largest TCP payload that the kernel is handed in one packet; 0 without offload. */
  readonly gsoBytes: number
}

// include/uapi/linux/if_tun.h and sockios.h
const TUNSETIFF = 0x4004_54ca
const TUNSETVNETHDRSZ = 0x4004_54d8
const TUNSETOFFLOAD = 0x4004_54d0
const IFF_TUN = 1
const IFF_TAP = 2
const IFF_NO_PI = 0x1000
const IFF_VNET_HDR = 0x4000
const OFFLOAD_CHECKSUM = 1
const OFFLOAD_TSO4 = 2
const OFFLOAD_TSO6 = 4
const OFFLOAD_TSO_ECN = 8
const SIOCGIFFLAGS = 0x8913
const SIOCSIFFLAGS = 0x8914
const SIOCSIFMTU = 0x8922
const SIOCSIFTXQLEN = 0x8943
const IFF_UP = 1
const AF_INET = 2
const SOCK_DGRAM = 2

/** A super-segment within the length that IP can tell of. */
const PLAIN_GSO_BYTES = 65_000
/** As much as Linux itself puts in one packet at most (GSO_MAX_SIZE of include/linux/netdevice.h). */
const MOST_GSO_BYTES = 524_280

const IFREQ_BYTES = 40
const NAME_BYTES = 16
const EPERM = 1
const ENOENT = 2
const EACCES = 13
const EBUSY = 16
const ENODEV = 19
const EINVAL = 22

/** @throws {TunError} when there is no such device, no right to use it, or the name is taken */
export function openDevice(options: TunOptions = {}): TunDevice {
  const { name = 'tun%d', mode = 'tun', mtu = 1500, offload = true, up = true } = options
  const { gsoBytes = 262_144, queuePackets = 5000 } = options
  if (!/^[^\s/:]{1,15}$/.test(name)) {
    throw new TunError(
      'ERR_TUN_NAME',
      `${name} is no name for an interface.`,
      'It has 1 to 15 bytes, no space, / or :.',
    )
  }
  if (!(gsoBytes >= 0 && gsoBytes <= MOST_GSO_BYTES)) {
    throw new TunError('ERR_TUN_GSO_BYTES', `gsoBytes is ${gsoBytes}.`, `It is 0 to ${MOST_GSO_BYTES}.`)
  }
  const calls = systemCalls()
  const fd = openTun()
  try {
    const request = new Uint8Array(IFREQ_BYTES)
    request.set(new TextEncoder().encode(name))
    const flags = (mode === 'tun' ? IFF_TUN : IFF_TAP) | IFF_NO_PI | IFF_VNET_HDR
    request[NAME_BYTES] = flags
    request[NAME_BYTES + 1] = flags >> 8
    if (calls.ioctl(fd, TUNSETIFF, request) < 0) throw refusal(calls.errno(), name)
    const given = new TextDecoder().decode(request.subarray(0, request.indexOf(0)))
    const size = new Uint8Array([VNET_HEADER_BYTES, 0, 0, 0])
    check(calls, calls.ioctl(fd, TUNSETVNETHDRSZ, size), 'TUNSETVNETHDRSZ')
    const bits = offload ? OFFLOAD_CHECKSUM | OFFLOAD_TSO4 | OFFLOAD_TSO6 | OFFLOAD_TSO_ECN : 0
    check(calls, calls.ioctlValue(fd, TUNSETOFFLOAD, bits), 'TUNSETOFFLOAD')
    configure(calls, given, mtu, queuePackets, up)
    const mostBytes = !offload ? 0 : takesBigTcp(release()) ? MOST_GSO_BYTES : PLAIN_GSO_BYTES
    return { fd, name: given, mode, mtu, offload, gsoBytes: Math.min(gsoBytes, mostBytes) }
  } catch (error) {
    closeSync(fd)
    throw error
  }
}

/**
 * Whether a kernel of that release takes IPv4 packets whose total length is more than the field can tell, from a TUN device: since 6.3
 * it believes a length of 0 (net/ipv4/ip_input.c, `iph_totlen`), and since 6.6 it has room for one (drivers/net/tun.c).
 *
 * @param version as `uname -r` says it
 */
export function takesBigTcp(version: string): boolean {
  const [major, minor] = version.split('.').map(Number.parseFloat) as [number, number]
  return major > 6 || (major === 6 && minor >= 6)
}

function openTun(): number {
  try {
    return openSync('/dev/net/tun', files.O_RDWR | files.O_NONBLOCK)
  } catch (error) {
    const { code, errno = 0 } = error as NodeJS.ErrnoException
    if (code === 'EACCES' || code === 'EPERM') throw refusal(EACCES, '')
    throw new TunError(
      'ERR_TUN_NO_DEVICE',
      `/dev/net/tun cannot be opened (${code}).`,
      'Load the module (`modprobe tun`); in a container pass the device in (`--device /dev/net/tun`).',
      -errno,
    )
  }
}

function refusal(errno: number, name: string): TunError {
  switch (errno) {
    case EPERM:
    case EACCES:
      return new TunError(
        'ERR_TUN_PERMISSION',
        'This process may not make a TUN device.',
        'Run it as root or with CAP_NET_ADMIN (a container: `--cap-add NET_ADMIN`), or in `unshare --user --map-root-user --net`.',
        errno,
      )
    case EBUSY:
      return new TunError(
        'ERR_TUN_BUSY',
        `${name} is in use by another program.`,
        'Choose another name, or `tun%d`.',
        errno,
      )
    case ENOENT:
    case ENODEV:
    case EINVAL:
      return new TunError(
        'ERR_TUN_NAME',
        `${name} cannot be opened in this way (errno ${errno}).`,
        'Is there an interface of that name and another kind?',
        errno,
      )
    default:
      return new TunError('ERR_TUN_SYSTEM_CALL', `TUNSETIFF failed with errno ${errno}.`, 'See `man errno`.', errno)
  }
}

function check(calls: SystemCalls, result: number, what: string): void {
  if (result >= 0) return
  const errno = calls.errno()
  throw new TunError('ERR_TUN_SYSTEM_CALL', `${what} failed with errno ${errno}.`, 'See `man errno`.', errno)
}

/** What `ip link set` does. */
function configure(calls: SystemCalls, name: string, mtu: number, queuePackets: number, up: boolean): void {
  const socket = calls.socket(AF_INET, SOCK_DGRAM, 0)
  check(calls, socket, 'socket')
  try {
    const request = new Uint8Array(IFREQ_BYTES)
    const numbers = new DataView(request.buffer)
    request.set(new TextEncoder().encode(name))
    numbers.setInt32(NAME_BYTES, mtu, true)
    check(calls, calls.ioctl(socket, SIOCSIFMTU, request), `an MTU of ${mtu}`)
    numbers.setInt32(NAME_BYTES, queuePackets, true)
    check(calls, calls.ioctl(socket, SIOCSIFTXQLEN, request), `a queue of ${queuePackets} packets`)
    if (!up) return
    check(calls, calls.ioctl(socket, SIOCGIFFLAGS, request), 'SIOCGIFFLAGS')
    numbers.setInt16(NAME_BYTES, numbers.getInt16(NAME_BYTES, true) | IFF_UP, true)
    check(calls, calls.ioctl(socket, SIOCSIFFLAGS, request), 'SIOCSIFFLAGS')
  } finally {
    closeSync(socket)
  }
}
