import type { Segment } from './segment.ts'
import { seqAfter, seqAtMost, seqBefore } from './sequence.ts'

/** RFC 2883 5: the first SACK block reports a duplicate when it lies below the ACK (by no more than a window), or within the second block. */
export function reportsDuplicate(segment: Segment, largestWindow: number): boolean {
  const left = segment.sackLeft[0]!
  const right = segment.sackRight[0]!
  if (!seqBefore(left, right)) return false
  if (seqAtMost(right, segment.acknowledgment)) return seqAfter(right, (segment.acknowledgment - largestWindow) | 0)
  return segment.sackCount > 1 && !seqBefore(left, segment.sackLeft[1]!) && seqAtMost(right, segment.sackRight[1]!)
}
