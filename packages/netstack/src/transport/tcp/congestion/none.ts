import type { CongestionControlName } from '../types.ts'
import type { CongestionControl } from './control.ts'
import { MAX_WINDOW_BYTES } from './reno.ts'

/** No congestion control: the peer's window alone limits. For experiments and for links that cannot be congested. Loss recovery works as ever. */
export class NoControl implements CongestionControl {
  readonly name: CongestionControlName = 'none'
  readonly lossBased = false
  window: number = MAX_WINDOW_BYTES
  threshold: number = MAX_WINDOW_BYTES

  setMss(): void {}
  onAck(): void {}
  onCongestion(): number {
    return MAX_WINDOW_BYTES
  }
  onTimeout(): void {}
  undo(): void {
    this.window = MAX_WINDOW_BYTES
  }
  onIdle(): void {}
}
