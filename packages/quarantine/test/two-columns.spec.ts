import { generateKeyPairSync, sign, verify as verifyEd25519 } from 'node:crypto'
import { createVirtualClock } from '@srwan/clock'
import { Listeners, ms, overlayAddress, peerIdText } from '@srwan/interface'
import { silentLogger } from '@srwan/testing'
import { encodePulse, sealPulse, signedOctets } from '@srwan/wire'
import { expect } from 'chai'
import { createQuarantine, judge, provenByTwoColumns, twoColumnsBody, twoColumnsKey } from '../src/index.ts'
import { PARAMETERS, START, aGroup, after, sidOf } from './a-group.ts'
import type { Member, PeerIdText, Sid } from '@srwan/interface'
import type { Pulse } from '@srwan/wire'
import type { ObservationLog, Quarantine, VerifyOfRouter } from '../src/index.ts'

const NETWORK = 'acme'
const EPOCH = ms(3_600_000)
const LIAR = sidOf(3)
const keys = new Map([1, 2, 3].map((index) => [sidOf(index), generateKeyPairSync('ed25519')]))
const verify: VerifyOfRouter = (router, data, signature) => {
  const pair = keys.get(router)
  return pair === undefined ? undefined : verifyEd25519(null, data, pair.publicKey, signature)
}

function pulse(change: Partial<Pulse> = {}, { by = change.sender ?? LIAR, network = NETWORK }: { readonly by?: Sid; readonly network?: string } = {}): Uint8Array {
  const unsigned = encodePulse({
    sender: LIAR,
    descriptorNumber: 1,
    counter: 40,
    fingerprint: 0,
    clockEpoch: 1,
    columnNumber: 7,
    root: new Uint8Array(32).fill(1),
    badNews: false,
    body: { kind: 'none', data: new Uint8Array(0) },
    ...change
  })
  const pair = keys.get(by)
  if (pair === undefined) throw new Error('no key')
  return sealPulse(unsigned, Uint8Array.from(sign(null, signedOctets('srwan-pulse', network, unsigned), pair.privateKey)))
}
const ROOT = { root: new Uint8Array(32).fill(2) }

/** Entries that everybody holds. */
class SharedLog extends Listeners<{ change: undefined }> {
  readonly entries: { author: PeerIdText; epoch: number; body: unknown; key: string }[] = []

  of(author: PeerIdText, epoch: () => number): ObservationLog {
    return {
      on: (name, listener) => this.on(name, listener),
      off: (name, listener) => this.off(name, listener),
      append: ({ key, body }) => {
        this.entries.push({ author, epoch: epoch(), body, key })
        this.emit('change', undefined)
        return Promise.resolve()
      },
      observations: () => this.entries,
      forks: () => []
    }
  }
}

const member = (index: number): Member => ({
  peerId: peerIdText(`peer${index}`),
  sid: sidOf(index),
  overlayAddress: overlayAddress('fd53:5257::1'),
  name: `r${index}`,
  prefixes: [],
  descriptor: { peerId: peerIdText(`peer${index}`), number: 1, datapathKey: new Uint8Array(32), endpoints: [], multiaddrs: [], geo: {}, roles: [] }
})

describe('two columns under one name', () => {
  it('are a proof for everybody who knows the key, and nothing else is', () => {
    const body = twoColumnsBody(LIAR, [pulse(), pulse(ROOT)])
    expect(provenByTwoColumns(body, NETWORK, verify)).to.equal(LIAR)
    expect(
      provenByTwoColumns(body, NETWORK, () => undefined),
      'whose key is not known here'
    ).to.equal('unknown')
    const honest = sidOf(2)
    for (const [what, wrong] of Object.entries({
      'one pulse twice': twoColumnsBody(LIAR, [pulse(), pulse()]),
      'pulses that agree': twoColumnsBody(LIAR, [pulse(), pulse({ counter: 41 })]),
      'of two routers': twoColumnsBody(LIAR, [pulse(), pulse({ ...ROOT, sender: honest })]),
      'against somebody else': twoColumnsBody(honest, [pulse(), pulse(ROOT)]),
      'signed by somebody else': twoColumnsBody(honest, [pulse({ sender: honest }), pulse({ ...ROOT, sender: honest }, { by: LIAR })]),
      'of another network': twoColumnsBody(LIAR, [pulse(), pulse(ROOT, { network: 'other' })]),
      'more fields': { ...body, more: 1 },
      'no octets': { subject: LIAR, class: 'two-columns', pulses: ['a', 'b'] },
      'no pulses': { subject: LIAR, class: 'two-columns' }
    }))
      expect(provenByTwoColumns(wrong, NETWORK, verify), what).to.equal(undefined)
  })

  it('convict without observers and beyond the budget, from the time they were shown on', () => {
    const proofs = [1, 2, 3].map((index) => ({ router: sidOf(index), since: after(10), reason: 'proven' }))
    const verdictsAt = (seconds: number) => judge({ testimony: [], forks: [], proofs, witnesses: aGroup(12), now: after(seconds), parameters: PARAMETERS })
    expect(verdictsAt(9)).to.deep.equal([])
    expect(verdictsAt(11).map(({ router, state, isAvoided }) => [router, state, isAvoided])).to.deep.equal([1, 2, 3].map((index) => [sidOf(index), 'quarantined', true]))
  })

  it('shown by one are avoided by all who hold the entry, also where a guest showed them; once is enough, and a false proof is counted', async () => {
    const clock = createVirtualClock({ wallStart: ms(START + 5000) })
    const shared = new SharedLog()
    const members = [1, 2, 3].map(member)
    const roster = { current: () => ({ members, fingerprint: 1 }), on: () => {}, off: () => {} }
    const nodes = [1, 2, 3].map(
      (index): Quarantine =>
        createQuarantine(
          { log: shared.of(member(index).peerId, () => Math.floor(clock.wallTime() / EPOCH)), roster, self: { sid: sidOf(index) }, verify, clock, logger: silentLogger() },
          { pulseInterval: ms(10_000), epoch: EPOCH, networkId: NETWORK, votes: ({ sid }) => sid !== sidOf(1) }
        )
    )
    const [guest, witness, liar] = nodes as [Quarantine, Quarantine, Quarantine]
    for (const node of nodes) await node.start()
    expect(await guest.prove(LIAR, [pulse(), pulse(ROOT)])).to.equal(true)
    await clock.advance(1000)
    expect([...guest.current()], 'the one who showed it').to.deep.equal([LIAR])
    expect([...witness.current()], 'one who only holds the entry').to.deep.equal([LIAR])
    expect(witness.verdicts().map(({ state, since, reasons }) => [state, since, reasons.length])).to.deep.equal([['quarantined', START, 1]])
    expect(
      liar.verdicts().map(({ router }) => router),
      'the liar itself knows'
    ).to.deep.equal([LIAR])
    expect(await witness.prove(LIAR, [pulse(), pulse(ROOT)]), 'shown already').to.equal(false)
    expect(shared.entries.map(({ key }) => key)).to.deep.equal([twoColumnsKey(LIAR)])
    // The liar answers in kind: its proof proves nothing.
    expect(await liar.prove(sidOf(2), [pulse({ sender: sidOf(2) }, { by: LIAR }), pulse({ ...ROOT, sender: sidOf(2) }, { by: LIAR })])).to.equal(true)
    await clock.advance(1000)
    expect([...guest.current()]).to.deep.equal([LIAR])
    expect(guest.malformed()).to.equal(1)
    for (const node of nodes) await node.stop()
  })
})
