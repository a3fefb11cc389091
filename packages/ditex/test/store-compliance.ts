import { expect } from 'chai'
import type { EntryStore, RecordPlace, StoredRecord } from '../src/index.ts'

/** What every `EntryStore` does. */
export function storeCompliance(name: string, make: () => Promise<EntryStore>): void {
  const author = (octet: number): Uint8Array => new Uint8Array(32).fill(octet)
  const place = (epoch: number, octet: number, seq: number): RecordPlace => ({ epoch, scope: 'group', author: author(octet), seq })
  const put = (at: RecordPlace, text: string): { type: 'put-entry'; place: RecordPlace; stamp: Uint8Array; encoded: Uint8Array } => ({
    type: 'put-entry',
    place: at,
    stamp: new Uint8Array(36).fill(7),
    encoded: Buffer.from(text)
  })
  const textOf = (octets: Uint8Array | undefined): string | undefined => (octets === undefined ? undefined : Buffer.from(octets).toString())

  describe(`store compliance: ${name}`, () => {
    let store: EntryStore

    beforeEach(async () => {
      store = await make()
      await store.open()
    })

    afterEach(() => store.close())

    it('gives back what was written, whole logs in order, and nothing of others', async () => {
      await store.write([put(place(5, 1, 0), 'a'), put(place(5, 1, 1), 'b'), put(place(5, 1, 2), 'c'), put(place(5, 2, 0), 'z')], true)
      expect(textOf(await store.entry(place(5, 1, 1)))).to.equal('b')
      expect(await store.entry(place(6, 1, 1))).to.equal(undefined)
      expect((await store.entries(place(5, 1, 0), 1, 10)).map(textOf)).to.deep.equal(['b', 'c'])
      expect((await store.entries(place(5, 1, 0), 0, 2)).map(textOf)).to.deep.equal(['a', 'b'])
      await store.write([{ type: 'delete-entry', place: place(5, 1, 2) }], false)
      expect(await store.entry(place(5, 1, 2))).to.equal(undefined)
    })

    it('reads everything in the order epoch, forks, scope, author, seq', async () => {
      const log = { epoch: 300, scope: 'global' as const, author: author(3) }
      await store.write([put(place(300, 9, 1), 'd'), put(place(300, 9, 0), 'c'), put(place(300, 2, 255), 'b'), put(place(299, 200, 0), 'a')], false)
      await store.write([{ type: 'put-fork', place: log, incarnation: 2, proof: Buffer.from('proof') }], false)
      await store.write([{ type: 'put-note', epoch: 300, name: 'root', value: Buffer.from('r') }], false)
      await store.write([{ type: 'put-own', name: 'state', value: Buffer.from('s') }], false)
      const read: StoredRecord[] = []
      for await (const records of store.records()) read.push(...records)
      expect(read.map((record) => (record.type === 'entry' ? textOf(record.encoded) : textOf(record.proof)))).to.deep.equal(['a', 'proof', 'b', 'c', 'd'])
      expect(textOf(await store.fork(log, 2))).to.equal('proof')
      expect(textOf(await store.note(300, 'root'))).to.equal('r')
      expect(textOf(await store.own('state'))).to.equal('s')
    })

    it('drops whole epochs with all that belongs to them, and nothing else', async () => {
      await store.write([put(place(255, 1, 0), 'a'), put(place(256, 1, 0), 'b'), put(place(70_000, 1, 0), 'c')], false)
      await store.write(
        [
          { type: 'put-note', epoch: 255, name: 'root', value: Buffer.from('r') },
          { type: 'put-own', name: 'state', value: Buffer.from('s') }
        ],
        false
      )
      await store.dropBefore(256)
      expect(await store.entry(place(255, 1, 0))).to.equal(undefined)
      expect(await store.note(255, 'root')).to.equal(undefined)
      expect(textOf(await store.entry(place(256, 1, 0)))).to.equal('b')
      expect(textOf(await store.own('state'))).to.equal('s')
      await store.dropBefore(70_001)
      expect(await store.entry(place(70_000, 1, 0))).to.equal(undefined)
    })
  })
}
