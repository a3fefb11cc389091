import { expect } from 'chai'
import fc from 'fast-check'
import { decodeGroupState, encodeGroupState, firstGroupState, hashGroupState, nextGroupState } from '../src/index.ts'
import { beaconOf, fakePeerIds } from './routers.ts'
import type { GroupState } from '../src/index.ts'

const example = (): GroupState => {
  const parameters = { groupSize: 8, admission: 'by-beacon' as const }
  const roster = fakePeerIds(40)
  let state = firstGroupState({ epoch: 1, roster, beacon: beaconOf(1) }, parameters)
  for (const epoch of [2, 3]) state = nextGroupState(state, { epoch, roster: [...roster.slice(epoch), ...fakePeerIds(6, `new ${epoch} `)], beacon: beaconOf(epoch) }, parameters)
  return state
}

describe('the encoding of a group state', () => {
  it('gives the state back, and one hash for one state', () => {
    const state = example()
    expect([state.guests.length, state.departed.length, state.splits.size].every((count) => count > 0)).to.equal(true)
    const again = decodeGroupState(encodeGroupState(state))
    expect(again).to.deep.equal(state)
    expect(hashGroupState(again)).to.deep.equal(hashGroupState(state))
    expect(hashGroupState({ ...state, epoch: 4 })).to.not.deep.equal(hashGroupState(state))
  })

  it('refuses every change and every cut, or takes it as another state that encodes to just these octets', () => {
    const bytes = encodeGroupState(example())
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), fc.boolean(), (at, change, cut) => {
        const damaged = cut ? bytes.slice(0, at) : Uint8Array.from(bytes, (octet, i) => (i === at ? octet ^ change : octet))
        let state: GroupState
        try {
          state = decodeGroupState(damaged)
        } catch (error) {
          return (error as Error).name === 'MalformedMessageError'
        }
        return Buffer.from(encodeGroupState(state)).equals(Buffer.from(damaged))
      }),
      { numRuns: 500 }
    )
  })

  it('a length that lies allocates nothing', () => {
    const header = Buffer.from('0100640000000100000000ffffffff', 'hex')
    expect(() => decodeGroupState(header))
      .to.throw()
      .with.property('code', 'ERR_MALFORMED_MESSAGE')
    header.writeUInt32BE(200_000, 11)
    expect(() => decodeGroupState(header))
      .to.throw()
      .with.property('code', 'ERR_MALFORMED_MESSAGE')
  })
})
