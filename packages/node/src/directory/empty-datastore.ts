import type { kadDHT } from '@libp2p/kad-dht'

type Datastore = Parameters<ReturnType<typeof kadDHT>>[0]['datastore']
type Key = Parameters<Datastore['has']>[0]

class NotKeptError extends Error {
  override readonly name = 'NotFoundError'
}

/** A store that keeps nothing: records and providers of the DHT are accepted politely and forgotten. */
export class EmptyDatastore implements Datastore {
  put(key: Key): Key {
    return key
  }
  get(): never {
    throw new NotKeptError('nothing is kept here')
  }
  has(): boolean {
    return false
  }
  delete(): void {}
  async *putMany(source: Parameters<Datastore['putMany']>[0]): AsyncGenerator<Key> {
    for await (const { key } of source) yield key
  }
  async *getMany(): AsyncGenerator<never> {}
  async *deleteMany(source: Parameters<Datastore['deleteMany']>[0]): AsyncGenerator<Key> {
    for await (const key of source) yield key
  }
  batch(): ReturnType<Datastore['batch']> {
    return { put: () => {}, delete: () => {}, commit: () => {} }
  }
  async *query(): AsyncGenerator<never> {}
  async *queryKeys(): AsyncGenerator<never> {}
}
