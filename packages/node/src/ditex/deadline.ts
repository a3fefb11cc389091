import type { Clock, Milliseconds } from '@srwan/interface'

/** Work that ends with a signal, or after a time. @throws what the work throws when its signal is aborted */
export async function within<T>(
  limit: { readonly clock: Clock; readonly time: Milliseconds; readonly signal: AbortSignal },
  work: (signal: AbortSignal) => Promise<T>
): Promise<T> {
  const deadline = new AbortController()
  const timer = limit.clock.setTimeout(() => {
    deadline.abort(new Error('no answer in time'))
  }, limit.time)
  try {
    return await work(AbortSignal.any([limit.signal, deadline.signal]))
  } finally {
    timer.cancel()
  }
}
