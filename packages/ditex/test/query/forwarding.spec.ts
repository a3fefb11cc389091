import { expect } from 'chai'
import { createVirtualClock } from '@srwan/clock'
import { ms } from '@srwan/interface'
import { silentLogger } from '@srwan/testing'
import { createQueryService, withoutProofs } from '../../src/index.ts'
import { authorAt, memoryView } from './memory-view.ts'
import type { PeerIdText } from '@srwan/interface'
import type { VirtualClock } from '@srwan/clock'
import type { QueryAnswer, QueryService } from '../../src/index.ts'

const NETWORK = 'forwarding'
const HOLDERS = [authorAt(1), authorAt(2), authorAt(3), authorAt(4)]
const never = new AbortController().signal

/** After so many ms a holder answers, or fails; `undefined`: never. */
type Behaviour = { readonly answers: number; readonly network?: string } | { readonly fails: number } | undefined

describe('a question for the shard of another group', () => {
  let clock: VirtualClock
  let asked: { readonly peer: PeerIdText; readonly at: number }[]
  let given: PeerIdText[]
  beforeEach(() => {
    clock = createVirtualClock()
    asked = []
    given = []
  })

  function serviceWith(behaviours: readonly Behaviour[]): QueryService {
    const logger = silentLogger()
    return createQueryService(
      {
        source: memoryView([], [], 100),
        proofs: withoutProofs,
        shards: { ownGroup: () => 2, groupOf: () => 3, holders: () => Promise.resolve(HOLDERS.slice(0, behaviours.length)) },
        askPeer: async (peer, { forwarded }, signal): Promise<QueryAnswer> => {
          asked.push({ peer, at: clock.now() })
          expect(forwarded).to.equal(true)
          signal.addEventListener('abort', () => given.push(peer))
          const behaviour = behaviours[HOLDERS.indexOf(peer)]
          await clock.sleep(ms(behaviour === undefined ? 1e9 : 'fails' in behaviour ? behaviour.fails : behaviour.answers), signal)
          if (behaviour === undefined || 'fails' in behaviour) throw new Error('no')
          return { network: behaviour.network ?? NETWORK, at: 100, epochMs: ms(1000), group: HOLDERS.indexOf(peer), entries: [], proofs: [], anchors: [] }
        },
        clock,
        logger
      },
      { network: NETWORK, readers: 'anyone' }
    )
  }

  /** Who answered and when, or the code of the error. */
  async function outcome(behaviours: readonly Behaviour[], signal = never): Promise<readonly [unknown, number]> {
    let settled: readonly [unknown, number] | undefined
    serviceWith(behaviours)
      .answer({ query: { group: 3 }, forwarded: false }, { kind: 'stranger', name: '192.0.2.1' }, signal)
      .then(
        ({ group }) => (settled = [group, clock.now()]),
        (error: unknown) => (settled = [(error as { code?: unknown }).code ?? (error as Error).message, clock.now()])
      )
    for (let time = 0; settled === undefined && time < 30_000; time += 50) await clock.advance(ms(50))
    return settled ?? ['nothing', clock.now()]
  }

  it('is answered by the first holder alone where that is quick', async () => {
    const [by, at] = await outcome([{ answers: 100 }, { answers: 10 }])
    expect(by).to.equal(0)
    expect(at).to.be.at.most(150)
    expect(asked.map(({ peer }) => peer)).to.deep.equal([HOLDERS[0]])
  })

  it('is answered within a second where the first holder is silent, and the silent one is asked no longer', async () => {
    const [by, at] = await outcome([undefined, { answers: 100 }, { answers: 1 }])
    expect(by).to.equal(1)
    expect(at).to.be.below(1000)
    expect(asked.map(({ peer }) => peer)).to.deep.equal(HOLDERS.slice(0, 2))
    expect(given).to.include(HOLDERS[0])
  })

  it('goes to the next one at once where a holder fails or is of another network, and takes a late answer where there is no better one', async () => {
    const [by, at] = await outcome([{ fails: 10 }, { answers: 10, network: 'other' }, { answers: 3000 }])
    expect(by).to.equal(2)
    expect(at).to.be.within(3000, 3200)
    expect(asked.map(({ at: when }) => when).every((when) => when <= 150)).to.equal(true)
  })

  it('ends where nobody answers: three holders, and no more, within six seconds', async () => {
    const [code, at] = await outcome([undefined, undefined, undefined, { answers: 1 }])
    expect(code).to.equal('ERR_NOT_FOUND')
    expect(at).to.be.within(6000, 6200)
    expect(asked).to.have.length(3)
    expect((await outcome([]))[0]).to.equal('ERR_NOT_FOUND')
  })

  it('ends with the asker', async () => {
    const gone = new AbortController()
    clock.setTimeout(() => {
      gone.abort(new Error('gone'))
    }, ms(700))
    const [message, at] = await outcome([undefined, undefined, undefined], gone.signal)
    expect(message).to.equal('gone')
    expect(at).to.be.below(1000)
    expect(given).to.have.length(2)
  })
})
