import { LimitExceededError, UnknownDestinationError } from '@srwan/interface'
import type { PathProbeRequest, PathProbeResult } from '@srwan/interface'
import type { NativeDatapathObject } from './native-addon.ts'
import { translated } from './native-errors.ts'

interface Waiting {
  readonly resolve: (result: PathProbeResult) => void
  readonly reject: (reason: unknown) => void
  readonly forgetSignal: () => void
}

/** Path comparisons that run in the addon; it bounds how many. */
export class NativePathProbes {
  readonly #native: NativeDatapathObject
  readonly #waiting = new Map<number, Waiting>()
  #nextId = 1

  constructor(native: NativeDatapathObject) {
    this.#native = native
  }

  start(request: PathProbeRequest, signal?: AbortSignal): Promise<PathProbeResult> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted()
      const id = this.#nextId
      this.#nextId = (this.#nextId % 0xffff_ffff) + 1
      const onAbort = (): void => {
        this.#native.cancelComparison(id)
        this.#settle(id)?.reject(signal?.reason)
      }
      const outcome = translated('path probes', () => this.#native.comparePaths(id, request))
      if (outcome === 'unknownEndpoint') throw new UnknownDestinationError(`no peer ${request.endpoint}`)
      if (outcome === 'limit') throw new LimitExceededError('too many path comparisons run at once')
      signal?.addEventListener('abort', onAbort, { once: true })
      this.#waiting.set(id, { resolve, reject, forgetSignal: () => signal?.removeEventListener('abort', onAbort) })
    })
  }

  finish(result: PathProbeResult & { readonly id: number }): void {
    this.#settle(result.id)?.resolve({ samples: result.samples })
  }

  /** The datapath stops: nothing will answer any more. */
  abandon(reason: Error): void {
    for (const id of [...this.#waiting.keys()]) {
      this.#native.cancelComparison(id)
      this.#settle(id)?.reject(reason)
    }
  }

  #settle(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id)
    this.#waiting.delete(id)
    waiting?.forgetSignal()
    return waiting
  }
}
