// The requirements of RFC 9293 appendix B in its order, said in our own words. `reason` stands where the stack does not do it, or
// where no test can show it, and says why; where it stands with code and test, it says how far it goes.

/** @typedef {{ id: string, text: string, section: string, reason?: string }} Requirement */

/** @type {[heading: string, requirements: Requirement[]][]} */
export const requirements = [
  [
    'PUSH flag',
    [
      { id: 'MAY-16', section: '3.9.1.2', text: 'Data that was not pushed may be gathered before it is sent' },
      { id: 'SHLD-27', section: '3.9.1.2', text: 'Several PSH become one when data is packed into a segment' },
      { id: 'MAY-15', section: '3.9.1.2', text: 'SEND may be told whether to push' },
      { id: 'MUST-60', section: '3.9.1.2', text: 'Without a push by the user, data is not held back for ever' },
      {
        id: 'MUST-61',
        section: '3.9.1.2',
        text: 'Without a push by the user, the last segment of what is queued has PSH',
      },
      {
        id: 'MAY-17',
        section: '3.9.1.2',
        text: 'The receiver may be told of PSH',
        reason: 'data is readable as soon as it is in order, so that PSH says nothing more',
      },
      { id: 'SHLD-28', section: '3.9.1.2', text: 'Segments are as large as they may be' },
    ],
  ],
  [
    'Window',
    [
      { id: 'MUST-1', section: '3.1', text: 'The window is an unsigned number' },
      { id: 'REC-1', section: '3.1', text: 'Windows are kept and reckoned with in 32 bits' },
      { id: 'SHLD-14', section: '3.8.6', text: 'The right edge of the own window does not move left' },
      { id: 'SHLD-15', section: '3.8.6', text: 'No new data is sent into a window that shrank' },
      { id: 'SHLD-16', section: '3.8.6', text: 'Old data within the window that shrank is sent again' },
      {
        id: 'SHLD-17',
        section: '3.8.6',
        text: 'No connection ends because data beyond the right edge is not acknowledged',
      },
      { id: 'MUST-34', section: '3.8.6', text: 'The sender survives a window that shrinks' },
      { id: 'MAY-8', section: '3.8.6', text: 'The own window may stay shut for ever' },
      { id: 'MUST-35', section: '3.8.6.1', text: 'A window that is shut is probed' },
      { id: 'MUST-36', section: '3.8.6.1', text: 'Zero windows are probed' },
      { id: 'SHLD-29', section: '3.8.6.1', text: 'The first probe comes after one retransmission timeout' },
      { id: 'SHLD-30', section: '3.8.6.1', text: 'The time between probes doubles' },
      { id: 'MUST-37', section: '3.8.6.1', text: 'As long as probes are answered the connection lives' },
      {
        id: 'MAY-7',
        section: '3.8.6',
        text: 'Old data beyond the window may be sent again',
        reason: 'beyond the window that shrank only the first segment is sent again, as a probe',
      },
      { id: 'MUST-66', section: '3.10.7.4', text: 'RST and URG are obeyed while the own window is shut' },
    ],
  ],
  [
    'Urgent data',
    [
      { id: 'MUST-30', section: '3.8.5', text: 'The urgent mechanism exists' },
      { id: 'MUST-62', section: '3.8.5', text: 'The pointer shows behind the last urgent byte' },
      { id: 'MUST-31', section: '3.8.5', text: 'Urgent data may have any length' },
      { id: 'MUST-32', section: '3.8.5', text: 'The user is told at once when urgent data is announced' },
      { id: 'MUST-33', section: '3.8.5', text: 'The user can learn how much urgent data is left to read' },
      {
        id: 'SHLD-13',
        section: '3.8.5',
        text: 'New programs do not use the urgent mechanism',
        reason: 'a rule for programs: none in this repository uses it',
      },
    ],
  ],
  [
    'TCP options',
    [
      { id: 'MUST-4', section: '3.1', text: 'End of list, no-operation and maximum segment size are known' },
      { id: 'MUST-5', section: '3.1', text: 'Options are taken on any segment' },
      { id: 'MUST-6', section: '3.1', text: 'Unknown options are passed over' },
      { id: 'MUST-68', section: '3.1', text: 'Every option but those two has a length' },
      { id: 'MUST-7', section: '3.1', text: 'An option of an impossible length does no harm' },
      { id: 'MUST-64', section: '3.2', text: 'Options are read wherever they begin' },
      { id: 'MUST-14', section: '3.7.1', text: 'The maximum segment size is sent and obeyed' },
      { id: 'SHLD-5', section: '3.7.1', text: 'It is sent whenever it is not the default' },
      { id: 'MAY-3', section: '3.7.1', text: 'It may always be sent' },
      { id: 'MUST-15', section: '3.7.1', text: 'Without it 536 bytes (IPv6: 1,220) are assumed' },
      { id: 'MUST-16', section: '3.7.1', text: 'What is sent fits the peer and the way there, options reckoned in' },
      { id: 'SHLD-6', section: '3.7.1', text: 'The size of segments follows an MTU that changes' },
      { id: 'MUST-65', section: '3.2', text: 'The maximum segment size stands on SYN alone' },
      { id: 'MUST-67', section: '3.7.1', text: 'What is offered is what IP can take, without the fixed headers' },
      { id: 'MUST-69', section: '3.1', text: 'Behind the end of the list there are zeros' },
    ],
  ],
  [
    'Checksums',
    [
      { id: 'MUST-2', section: '3.1', text: 'The sender computes the checksum' },
      { id: 'MUST-3', section: '3.1', text: 'The receiver verifies it' },
    ],
  ],
  [
    'Initial sequence numbers',
    [
      { id: 'MUST-8', section: '3.4.1', text: 'They go with a clock' },
      { id: 'SHLD-1', section: '3.4.1', text: 'To the clock a keyed hash of the connection is added' },
      { id: 'MUST-9', section: '3.4.1', text: 'The hash cannot be computed from outside' },
    ],
  ],
  [
    'Opening',
    [
      { id: 'MUST-10', section: '3.5', text: 'Both ends may open at once' },
      { id: 'MUST-11', section: '3.5', text: 'SYN-RECEIVED remembers who opened' },
      { id: 'MUST-41', section: '3.9.1.1', text: 'Listening disturbs no other connection' },
      { id: 'MUST-42', section: '3.9.1.1', text: 'A port can be listened at while a connection from it opens' },
      { id: 'MUST-44', section: '3.9.1.1', text: 'Without a local address IP is asked for one' },
      { id: 'MUST-45', section: '3.9.1.1', text: 'All segments of a connection have its local address' },
      { id: 'MUST-46', section: '3.9.2.3', text: 'No connection to a broadcast or multicast address' },
      { id: 'MUST-57', section: '3.9.2.3', text: 'What is addressed to a group is dropped in silence' },
    ],
  ],
  [
    'Closing',
    [
      { id: 'SHLD-2', section: '3.5.3', text: 'A RST may have data' },
      { id: 'MUST-12', section: '3.6', text: 'The user learns whether a connection was closed or aborted' },
      { id: 'MAY-1', section: '3.6.1', text: 'CLOSE may mean that the user will not read any more' },
      { id: 'SHLD-3', section: '3.6.1', text: 'Then data that nobody will read is answered by RST' },
      {
        id: 'MUST-13',
        section: '3.6.1',
        text: 'Who closed first stays in TIME-WAIT for two maximum segment lifetimes',
      },
      { id: 'MAY-2', section: '3.6.1', text: 'A later SYN may begin another connection out of TIME-WAIT' },
      { id: 'SHLD-4', section: '3.6.1', text: 'Timestamps tell a later SYN (RFC 6191)' },
    ],
  ],
  [
    'Retransmission',
    [
      { id: 'MUST-19', section: '3.8.2', text: 'Exponential backoff, slow start, congestion avoidance' },
      {
        id: 'MAY-4',
        section: '3.8.1',
        text: 'A retransmission may have the identification of the first packet',
        reason: 'each packet has its own, so that reassembly cannot mix two (RFC 6864)',
      },
      { id: 'MUST-18', section: '3.8.1', text: "The timeout is computed by RFC 6298, with Karn's algorithm" },
    ],
  ],
  [
    'Acknowledging',
    [
      { id: 'MUST-58', section: '3.10.7.4', text: 'ACKs are put together where possible' },
      { id: 'SHLD-31', section: '3.10.7.4', text: 'Segments out of order are kept' },
      { id: 'MUST-59', section: '3.10.7.4', text: 'All segments that wait are processed before an ACK is sent' },
      { id: 'MAY-13', section: '3.10.7.4', text: 'A segment out of order may be acknowledged at once' },
      { id: 'SHLD-18', section: '3.8.6.3', text: 'ACKs are delayed' },
      { id: 'MUST-40', section: '3.8.6.3', text: 'but less than half a second' },
      { id: 'SHLD-19', section: '3.8.6.3', text: 'and every second full segment is acknowledged' },
      { id: 'MUST-39', section: '3.8.6.2.2', text: 'The receiver avoids silly windows' },
    ],
  ],
  [
    'Sending',
    [
      { id: 'MUST-49', section: '3.9.2', text: 'TTL and hop limit can be set' },
      { id: 'MUST-38', section: '3.8.6.2.1', text: 'The sender avoids silly windows' },
      { id: 'SHLD-7', section: '3.7.4', text: "Nagle's algorithm" },
      { id: 'MUST-17', section: '3.7.4', text: 'The user can switch it off' },
    ],
  ],
  [
    'Failure',
    [
      { id: 'MUST-20', section: '3.8.3', text: 'After R1 retransmissions IP is told, after R2 the connection ends' },
      { id: 'MUST-21', section: '3.8.3', text: 'The user can set R2' },
      { id: 'SHLD-9', section: '3.8.3', text: 'The user is told between R1 and R2' },
      { id: 'SHLD-10', section: '3.8.3', text: 'R1 is three retransmissions at least' },
      { id: 'SHLD-11', section: '3.8.3', text: 'R2 is 100 seconds at least' },
      { id: 'MUST-22', section: '3.8.3', text: 'SYNs are treated the same way' },
      { id: 'MUST-23', section: '3.8.3', text: 'with an R2 of three minutes at least' },
    ],
  ],
  [
    'Keep-alive',
    [
      { id: 'MAY-5', section: '3.8.4', text: 'There may be keep-alives' },
      { id: 'MUST-24', section: '3.8.4', text: 'The user switches them on and off' },
      { id: 'MUST-25', section: '3.8.4', text: 'They are off by default' },
      { id: 'MUST-26', section: '3.8.4', text: 'They are sent only when nothing was heard for an interval' },
      { id: 'MUST-27', section: '3.8.4', text: 'which can be set' },
      { id: 'MUST-28', section: '3.8.4', text: 'and is two hours or more by default' },
      { id: 'MUST-29', section: '3.8.4', text: 'One probe without an answer is no death' },
      { id: 'SHLD-12', section: '3.8.4', text: 'They have no data' },
      {
        id: 'MAY-6',
        section: '3.8.4',
        text: 'They may be set to have one byte of garbage, for peers that need it',
        reason: 'it is for implementations older than RFC 1122',
      },
    ],
  ],
  [
    'IP options',
    [
      { id: 'MUST-50', section: '3.9.2', text: 'IP options that TCP does not know are ignored' },
      {
        id: 'MAY-10',
        section: '3.9.2',
        text: 'The IP timestamp option may be used',
        reason: 'routers drop packets with it, and BCP 186 (RFC 7126) advises them to',
      },
      {
        id: 'MAY-11',
        section: '3.9.2',
        text: 'The record route option may be used',
        reason: 'for the same reason; traceroute shows the way',
      },
      {
        id: 'MUST-51',
        section: '3.9.2.1',
        text: 'The user can give a source route',
        reason:
          'deliberately: source routes get round access rules, BCP 186 (RFC 7126) has them dropped, RFC 5095 abolishes them in IPv6, and every system refuses them by default',
      },
      { id: 'MUST-52', section: '3.9.2.1', text: 'which has precedence over that of a packet', reason: 'as MUST-51' },
      {
        id: 'MUST-53',
        section: '3.9.2.1',
        text: 'A packet that came by a source route is answered by the reverse one',
        reason: 'as MUST-51: to answer along it would be how a stranger gets answers for an address that is not his',
      },
      { id: 'SHLD-24', section: '3.9.2.1', text: 'A later source route replaces the one before', reason: 'as MUST-51' },
    ],
  ],
  [
    'ICMP',
    [
      { id: 'MUST-54', section: '3.9.2.2', text: 'ICMP errors are given to the connection that they are about' },
      { id: 'SHLD-25', section: '3.9.2.2', text: 'Network, host and source route unreachable are told to the user' },
      { id: 'MUST-56', section: '3.9.2.2', text: 'They, time exceeded and parameter problem end no connection' },
      {
        id: 'SHLD-26',
        section: '3.9.2.2',
        text: 'Protocol and port unreachable end it',
        reason:
          'as long as it is opening; later they are told only, for whoever guesses a sequence number could forge them (RFC 5927 5.2)',
      },
      { id: 'MUST-55', section: '3.9.2.2', text: 'Source quench is dropped in silence' },
    ],
  ],
  ['Addresses', [{ id: 'MUST-63', section: '3.9.2.3', text: 'A SYN from an impossible address is ignored' }]],
  [
    'Services for the user',
    [
      { id: 'MUST-47', section: '3.9.1.8', text: 'Soft errors are reported to the user' },
      { id: 'SHLD-20', section: '3.9.1.8', text: 'who can do without' },
      { id: 'MUST-48', section: '3.9.1.9', text: 'The user can set the Diffserv field' },
      { id: 'SHLD-22', section: '3.9.1.9', text: 'which IP gets as it is' },
      { id: 'SHLD-21', section: '3.9.1.9', text: 'and can be changed while the connection lives' },
      {
        id: 'SHLD-23',
        section: '3.9.1.9',
        text: 'Programs do not change it without need',
        reason: 'a rule for programs: none in this repository changes it',
      },
      {
        id: 'MAY-9',
        section: '3.9.1.9',
        text: 'The Diffserv field of what arrives may be shown to the user',
        reason: 'a byte stream has many segments, and nobody could tell which bytes it belongs to',
      },
      {
        id: 'MAY-14',
        section: '3.9.1.7',
        text: 'FLUSH may throw away what was not sent yet',
        reason: 'node:net has no such call, and no system offers it',
      },
      { id: 'MUST-43', section: '3.9.1.1', text: 'OPEN takes a local address' },
    ],
  ],
  [
    'RFC 5961, ECN, congestion control',
    [
      { id: 'MAY-12', section: '3.10.7.4', text: 'The ACK of data is checked against injection' },
      { id: 'SHLD-8', section: '3.8.2', text: 'Explicit congestion notification (RFC 3168)' },
      { id: 'MAY-18', section: '3.8.2', text: 'Other congestion control may be used' },
    ],
  ],
]
