/** Where a layer can be met in this project. Folders are relative to the repository. */
export interface LayerHere {
  /** Where the code of this layer lives. */
  folder: string
  /** A command that shows the layer at work. */
  command: string
  /** A fault that is at home here, and how it is produced or found. */
  fault: string
  /** An attack on this layer, and what stands against it. */
  attack: string
}

/** One layer of the OSI reference model (ITU-T X.200). */
export interface OsiLayer {
  number: 1 | 2 | 3 | 4 | 5 | 6 | 7
  name: string
  /** What the layer calls the unit that it hands over. */
  dataUnit: string
  function: string
  examples: readonly string[]
  here: LayerHere
}

/** One layer of the Internet protocol suite (RFC 1122 section 1.1.3). */
export interface InternetLayer {
  number: 1 | 2 | 3 | 4
  name: string
  /** The OSI layers whose work it does. */
  osi: readonly OsiLayer['number'][]
  dataUnit: string
  function: string
  examples: readonly string[]
  here: LayerHere
}

/** The seven layers, from the application down to the wire. */
export const OSI_LAYERS: readonly OsiLayer[] = [
  {
    number: 7,
    name: 'Application',
    dataUnit: 'message (data)',
    function: 'What two programs say to each other: requests, events, mail',
    examples: ['HTTP', 'DNS', 'DHCP', 'MQTT', 'NATS', 'SMTP'],
    here: {
      folder: 'packages/hub/src/gateways',
      command: 'wirehub serve',
      fault: 'the right bytes at the wrong port: a client speaks another protocol than the listener',
      attack: 'floods of valid requests, oversized messages: limits for each connection and account',
    },
  },
  {
    number: 6,
    name: 'Presentation',
    dataUnit: 'data',
    function: 'How a message is written as bytes: charset, framing, compression, encryption',
    examples: ['TLS records', 'UTF-8', 'JSON', 'gzip'],
    here: {
      folder: 'packages/hub/src/presentation',
      command: 'wirehub certs dev',
      fault: 'an unknown charset, a certificate that has expired, a message cut at the wrong byte',
      attack: 'a small body that inflates without end: inflating is bounded',
    },
  },
  {
    number: 5,
    name: 'Session',
    dataUnit: 'data',
    function: 'Opening, keeping and closing a conversation; checkpoints; going on after a break',
    examples: ['TLS session resumption', 'MQTT sessions', 'RPC', 'SOCKS'],
    here: {
      folder: 'packages/hub/src/dial',
      command: 'wirehub sub',
      fault: 'a connection that breaks: it is dialled again, after a pause that grows',
      attack: "taking over another client's session: sessions belong to an authenticated account",
    },
  },
  {
    number: 4,
    name: 'Transport',
    dataUnit: 'segment (TCP), datagram (UDP)',
    function: 'From program to program: ports, order, retransmission, flow and congestion control',
    examples: ['TCP', 'UDP', 'QUIC'],
    here: {
      folder: 'packages/netstack/src/transport',
      command: 'netstack ladder capture.pcapng',
      fault: 'segments lost or reordered; nobody listens at the port (RST)',
      attack: 'SYN flood: SYN cookies (RFC 4987); blind RST and data: challenge ACKs (RFC 5961)',
    },
  },
  {
    number: 3,
    name: 'Network',
    dataUnit: 'packet',
    function: 'From host to host across networks: addresses, routing, fragmentation',
    examples: ['IPv4', 'IPv6', 'ICMP', 'routers'],
    here: {
      folder: 'packages/netstack/src/internet',
      command: 'netstack dissect capture.pcapng',
      fault: 'no route, TTL exceeded, a packet larger than the path MTU',
      attack: 'fragments that overlap or never end: reassembly is limited and refuses overlaps',
    },
  },
  {
    number: 2,
    name: 'Data link',
    dataUnit: 'frame',
    function: 'From neighbour to neighbour on one link: MAC addresses, error detection',
    examples: ['Ethernet', 'Wi-Fi', 'ARP', 'switches'],
    here: {
      folder: 'packages/netstack/src/link',
      command: 'netstack journey',
      fault: 'a frame whose FCS is wrong dies here; an ARP request that nobody answers',
      attack: 'ARP spoofing: neighbour entries are limited and change only as RFC 826 lets them',
    },
  },
  {
    number: 1,
    name: 'Physical',
    dataUnit: 'bit',
    function: 'Bits as voltage, light or radio',
    examples: ['twisted pair', 'optical fibre', 'radio', 'hubs'],
    here: {
      folder: 'packages/netstack/src/link/wire.ts',
      command: 'netstack journey --text',
      fault: 'a cable that is pulled, bits that flip: link flap and corruption of the simulator',
      attack: 'tapping the wire: only encryption above helps',
    },
  },
]

/** The four layers of RFC 1122, from the application down. */
export const INTERNET_LAYERS: readonly InternetLayer[] = [
  {
    number: 4,
    name: 'Application',
    osi: [7, 6, 5],
    dataUnit: 'message (data)',
    function: 'What programs say, how it is written and how long a conversation lasts: one layer, not three',
    examples: ['HTTP', 'DNS', 'MQTT', 'NATS', 'TLS'],
    here: {
      folder: 'packages/hub/src',
      command: 'wirehub serve',
      fault: 'a protocol, charset or certificate that the other side does not take',
      attack: 'floods of valid requests: limits',
    },
  },
  {
    number: 3,
    name: 'Transport',
    osi: [4],
    dataUnit: 'segment (TCP), datagram (UDP)',
    function: 'From program to program',
    examples: ['TCP', 'UDP'],
    here: {
      folder: 'packages/netstack/src/transport',
      command: 'netstack ladder capture.pcapng',
      fault: 'loss, reordering, a closed port',
      attack: 'SYN flood, blind RST: SYN cookies, challenge ACKs',
    },
  },
  {
    number: 2,
    name: 'Internet',
    osi: [3],
    dataUnit: 'packet (datagram)',
    function: 'From host to host, each packet on its own',
    examples: ['IPv4', 'IPv6', 'ICMP'],
    here: {
      folder: 'packages/netstack/src/internet',
      command: 'netstack dissect capture.pcapng',
      fault: 'no route, TTL exceeded, path MTU',
      attack: 'forged fragments: limited reassembly',
    },
  },
  {
    number: 1,
    name: 'Link',
    osi: [2, 1],
    dataUnit: 'frame',
    function: 'To the neighbour, over whatever the link is made of',
    examples: ['Ethernet', 'ARP', 'Wi-Fi'],
    here: {
      folder: 'packages/netstack/src/link',
      command: 'netstack journey',
      fault: 'wrong FCS, unanswered ARP, a pulled cable',
      attack: 'ARP spoofing: limited neighbour cache',
    },
  },
]

/** Where the seven layers do not fit what is really sent. */
export const LAYER_NOTES: readonly string[] = [
  'HTTP skips layers 5 and 6: it stands directly on TCP, and does for itself what it needs of them (cookies, Content-Encoding).',
  'TCP spans layer 4 and part of 5: it opens, keeps and closes a connection, which the model counts as a session.',
  'The OSI model names the work; the Internet suite (RFC 1122) is what is built. Both are drawn here from one table.',
]

/** The OSI layer of a protocol that the dissector names. */
export const LAYER_OF_PROTOCOL: Readonly<Record<string, OsiLayer['number']>> = {
  ethernet: 2,
  arp: 2,
  ipv4: 3,
  ipv6: 3,
  icmpv4: 3,
  icmpv6: 3,
  tcp: 4,
  udp: 4,
  dns: 7,
  dhcpv4: 7,
  http: 7,
  data: 7,
}

/** The layer of that number, 1 to 7. */
export function osiLayer(number: OsiLayer['number']): OsiLayer {
  return OSI_LAYERS[7 - number]
}
