/** The largest of the values seen in a moving window, by the best three of it (Kathleen Nichols' algorithm, as Linux's lib/minmax). */
export class WindowedMax {
  readonly #length: number
  readonly #values: Float64Array = new Float64Array(3)
  readonly #times: Float64Array = new Float64Array(3)

  /** @param length of the window in the unit of `time` */
  constructor(length: number) {
    this.#length = length
  }

  get value(): number {
    return this.#values[0]!
  }

  update(value: number, time: number): void {
    const values = this.#values
    const times = this.#times
    if (value >= values[0]! || time - times[2]! > this.#length) {
      this.#set(0, value, time)
      return
    }
    if (value >= values[1]!) this.#set(1, value, time)
    else if (value >= values[2]!) this.#set(2, value, time)
    const age = time - times[0]!
    if (age > this.#length) {
      // The best has left the window: the next best takes its place.
      this.#shift(value, time)
      if (time - times[0]! > this.#length) this.#shift(value, time)
    } else if (times[1] === times[0] && age > this.#length / 4) this.#set(1, value, time)
    else if (times[2] === times[1] && age > this.#length / 2) this.#set(2, value, time)
  }

  #set(from: number, value: number, time: number): void {
    this.#values.fill(value, from)
    this.#times.fill(time, from)
  }

  #shift(value: number, time: number): void {
    this.#values.copyWithin(0, 1)
    this.#times.copyWithin(0, 1)
    this.#set(2, value, time)
  }
}
