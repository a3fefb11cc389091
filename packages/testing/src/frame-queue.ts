/** Frames of one direction of a simulated stream, in order. */
export class FrameQueue implements AsyncIterable<Uint8Array> {
  readonly #frames: Uint8Array[] = []
  #wake: (() => void) | undefined
  #ended = false

  push(frame: Uint8Array): void {
    this.#frames.push(frame)
    this.#wake?.()
  }
  end(): void {
    this.#ended = true
    this.#wake?.()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    for (;;) {
      const frame = this.#frames.shift()
      if (frame !== undefined) yield frame
      else if (this.#ended) return
      else await new Promise<void>((resolve) => (this.#wake = resolve))
    }
  }
}
