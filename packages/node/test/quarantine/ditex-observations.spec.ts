import type { ViewChange, ViewRecord } from '@srwan/ditex'
import { peerIdText } from '@srwan/interface'
import type { LogEntry, PeerIdText, RosterSource, SignedEntry } from '@srwan/interface'
import { silentLogger } from '@srwan/testing'
import { expect } from 'chai'
import { EventEmitter, once } from 'node:events'
import { createDitexObservations } from '../../src/quarantine/ditex-observations.ts'

const [ANNA, BERT] = [peerIdText('anna'), peerIdText('bert')]

const recordOf = (author: PeerIdText, key: string, epoch = 7): ViewRecord => ({ author, kind: 'observation', key, scope: 'evidence', epoch, incarnation: 0, seq: 1, ttl: 25 })

/** A view that holds what the test puts into it; its entries say which record they are. */
function aView(records: readonly ViewRecord[]) {
  const events = new EventEmitter()
  return {
    byKind: () => records.values(),
    read: (record: ViewRecord) => Promise.resolve({ entry: { body: { key: record.key } } as unknown as LogEntry } as SignedEntry),
    on: (name: 'change', listener: (event: ViewChange) => void) => void events.on(name, listener),
    off: (name: 'change', listener: (event: ViewChange) => void) => void events.off(name, listener),
    change: (change: ViewChange) => events.emit('change', change)
  }
}

describe('observations out of DiTEx', () => {
  it('are what the view holds at the start and comes to hold, and go when it lets go of them; appended in the scope evidence', async () => {
    const view = aView([recordOf(ANNA, 'x/black-hole/1')])
    const forks = new EventEmitter()
    const appended: unknown[] = []
    const members = [{ peerId: ANNA }, { peerId: BERT }]
    const observations = createDitexObservations({
      view,
      replica: {
        on: (name, listener) => void forks.on(name, listener),
        off: (name, listener) => void forks.off(name, listener),
        forkedSince: (author) => (author === BERT ? 9 : undefined)
      },
      append: (entry) => Promise.resolve(appended.push(entry)),
      roster: { current: () => ({ members, fingerprint: 1 }), on: () => {}, off: () => {} } as unknown as RosterSource,
      logger: silentLogger().forComponent('test')
    })
    const changes = new EventEmitter()
    observations.on('change', () => changes.emit('change'))
    await observations.start()
    expect([...observations.observations()]).to.deep.equal([{ author: ANNA, epoch: 7, body: { key: 'x/black-hole/1' } }])
    const arrived = once(changes, 'change')
    view.change({ author: BERT, kind: 'observation', key: 'y/black-hole/2', record: recordOf(BERT, 'y/black-hole/2', 8) })
    await arrived
    view.change({ author: BERT, kind: 'listing', key: 'z', record: recordOf(BERT, 'z') })
    view.change({ author: ANNA, kind: 'observation', key: 'x/black-hole/1', record: undefined })
    expect([...observations.observations()]).to.deep.equal([{ author: BERT, epoch: 8, body: { key: 'y/black-hole/2' } }])
    expect([...observations.forks()]).to.deep.equal([{ author: BERT, epoch: 9 }])
    await observations.append({ key: 'k', ttl: 25, body: {} })
    expect(appended).to.deep.equal([{ scope: 'evidence', kind: 'observation', key: 'k', ttl: 25, body: {} }])
    await observations.stop()
    view.change({ author: BERT, kind: 'observation', key: 'y/black-hole/2', record: undefined })
    expect([...observations.observations()]).to.have.length(1)
  })
})
