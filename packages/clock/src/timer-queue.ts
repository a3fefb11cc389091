/** One pending callback of a virtual clock. */
export interface QueuedTimer {
  at: number
  /** Order of creation: what decides among timers of one instant. */
  sequence: number
  cancelled: boolean
  callback: () => void
}

/** Binary heap ordered by time, then by sequence. Cancelled timers leave when they reach the top. */
export class TimerQueue {
  readonly #heap: QueuedTimer[] = []

  push(timer: QueuedTimer): void {
    const heap = this.#heap
    let index = heap.length
    heap.push(timer)
    while (index > 0) {
      const parent = (index - 1) >> 1
      if (!before(timer, heap[parent])) break
      heap[index] = heap[parent] as QueuedTimer
      index = parent
    }
    heap[index] = timer
  }

  /** The next timer that is not cancelled, left in place. */
  peek(): QueuedTimer | undefined {
    while (this.#heap[0]?.cancelled === true) this.#removeTop()
    return this.#heap[0]
  }

  pop(): QueuedTimer | undefined {
    const top = this.peek()
    if (top !== undefined) this.#removeTop()
    return top
  }

  #removeTop(): void {
    const heap = this.#heap
    const last = heap.pop()
    if (last === undefined || heap.length === 0) return
    let index = 0
    for (;;) {
      const left = 2 * index + 1
      const child = left + 1 < heap.length && before(heap[left + 1] as QueuedTimer, heap[left]) ? left + 1 : left
      if (child >= heap.length || !before(heap[child] as QueuedTimer, last)) break
      heap[index] = heap[child] as QueuedTimer
      index = child
    }
    heap[index] = last
  }
}

function before(one: QueuedTimer, other: QueuedTimer | undefined): boolean {
  if (other === undefined) return false
  return one.at < other.at || (one.at === other.at && one.sequence < other.sequence)
}
