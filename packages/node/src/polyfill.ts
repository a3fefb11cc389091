/**
 * libp2p calls `Promise.withResolvers`, which Node 20 does not have; the first import of every entry point that loads libp2p.
 * Goes away when Node 22 is the floor.
 */
const promise = Promise as unknown as { withResolvers?: () => unknown }

promise.withResolvers ??= function withResolvers<T>() {
  let resolve: ((value: T | PromiseLike<T>) => void) | undefined
  let reject: ((reason?: unknown) => void) | undefined
  const created = new Promise<T>((_resolve, _reject) => {
    resolve = _resolve
    reject = _reject
  })
  return { promise: created, resolve, reject }
}
