import { LimitExceededError } from '@srwan/interface'
import { MAX_WAITING_DECISIONS } from './constants.ts'

/** Who waits first: a broken path, a person, routine. */
export type Urgency = 'broken' | 'request' | 'routine'

const ORDER: Readonly<Record<Urgency, number>> = { broken: 0, request: 1, routine: 2 }

interface Job<T> {
  readonly key: string
  readonly run: (signal: AbortSignal) => Promise<T>
  urgency: Urgency
  readonly promise: Promise<T>
  readonly resolve: (value: T) => void
  readonly reject: (reason: unknown) => void
}

/** One decision at a time; jobs of one key share one run; bounded. */
export class DecisionQueue<T> {
  readonly #waiting: Job<T>[] = []
  #running: Job<T> | undefined
  #abort = new AbortController()

  /** @returns the outcome of this key's job, shared with whoever asked for it before */
  run(key: string, urgency: Urgency, job: (signal: AbortSignal) => Promise<T>): Promise<T> {
    if (this.#running?.key === key) return this.#running.promise
    const waiting = this.#waiting.find((candidate) => candidate.key === key)
    if (waiting !== undefined) {
      if (ORDER[urgency] < ORDER[waiting.urgency]) waiting.urgency = urgency
      return waiting.promise
    }
    if (this.#waiting.length >= MAX_WAITING_DECISIONS) return Promise.reject(new LimitExceededError(`${MAX_WAITING_DECISIONS} path decisions are waiting already`))
    const queued = this.#jobOf(key, urgency, job)
    this.#waiting.push(queued)
    this.#next()
    return queued.promise
  }

  has(key: string): boolean {
    return this.#running?.key === key || this.#waiting.some((job) => job.key === key)
  }

  /** Rejects everything with the reason; the queue can be used again afterwards. */
  clear(reason: Error): void {
    this.#abort.abort(reason)
    this.#abort = new AbortController()
    for (const job of this.#waiting.splice(0)) job.reject(reason)
  }

  #next(): void {
    if (this.#running !== undefined || this.#waiting.length === 0) return
    const first = this.#waiting.reduce((least, job) => (ORDER[job.urgency] < ORDER[least.urgency] ? job : least))
    this.#waiting.splice(this.#waiting.indexOf(first), 1)
    this.#running = first
    void this.#execute(first)
  }

  async #execute(job: Job<T>): Promise<void> {
    try {
      job.resolve(await job.run(this.#abort.signal))
    } catch (error) {
      job.reject(error)
    } finally {
      this.#running = undefined
      this.#next()
    }
  }

  #jobOf(key: string, urgency: Urgency, run: Job<T>['run']): Job<T> {
    let resolve: Job<T>['resolve'] = () => {}
    let reject: Job<T>['reject'] = () => {}
    const promise = new Promise<T>((onValue, onError) => {
      resolve = onValue
      reject = onError
    })
    // a routine decision has nobody who waits for it
    promise.catch(() => {})
    return { key, urgency, run, promise, resolve, reject }
  }
}
