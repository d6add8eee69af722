/** Proportional Rate Reduction, RFC 6937: how the window comes down to ssthresh while a loss is repaired. All in bytes. */
export class ProportionalRateReduction {
  #recoverFlight = 0
  #delivered = 0
  #out = 0

  /** RecoverFS of RFC 6937 3: the pipe when recovery began. */
  begin(flight: number): void {
    this.#recoverFlight = Math.max(flight, 1)
    this.#delivered = 0
    this.#out = 0
  }

  /** Bytes were sent during recovery (prr_out). */
  onSent(bytes: number): void {
    this.#out += bytes
  }

  /**
   * The window after an ACK that delivered `delivered` bytes. `safe`: the ACK moved SND.UNA and showed no further loss, so that the slow-start
   * reduction bound may send one segment more (PRR-SSRB, and -CRB otherwise).
   */
  window(pipe: number, threshold: number, delivered: number, safe: boolean, mss: number): number {
    this.#delivered += delivered
    let allowance: number
    if (pipe > threshold) {
      allowance = Math.ceil((this.#delivered * threshold) / this.#recoverFlight) - this.#out
    } else {
      let limit = Math.max(this.#delivered - this.#out, delivered)
      if (safe) limit += mss
      allowance = Math.min(threshold - pipe, limit)
    }
    // The fast retransmission itself always goes (RFC 6937 3).
    if (this.#out === 0 && allowance < mss) allowance = mss
    return pipe + Math.max(allowance, 0)
  }
}
