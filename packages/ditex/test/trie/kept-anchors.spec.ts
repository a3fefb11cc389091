import { generateKeyPairSync, sign } from 'node:crypto'
import { expect } from 'chai'
import { createVirtualClock } from '@srwan/clock'
import { ms } from '@srwan/interface'
import { verifyWith } from '@srwan/wire'
import { anchorSigningInput } from '../../src/index.ts'
import { KeptAnchors } from '../../src/trie/kept-anchors.ts'
import { SignedAnchors } from '../../src/trie/signed-anchors.ts'
import { NETWORK } from '../fixtures.ts'

const { publicKey, privateKey } = generateKeyPairSync('ed25519')
const organisation = Uint8Array.from(publicKey.export({ format: 'der', type: 'spki' }).subarray(12))
const logger = { error() {}, warn() {}, info() {}, debug() {} }

const anchorsAt = (epoch: number): SignedAnchors => new SignedAnchors({ network: NETWORK, organisation, verify: verifyWith, currentEpoch: () => epoch })
const anchorOf = (epoch: number): Parameters<SignedAnchors['offer']>[0] => {
  const unsigned = { epoch, root: new Uint8Array(32).fill(epoch), beacon: new Uint8Array(32).fill(1) }
  return { ...unsigned, signature: Uint8Array.from(sign(null, anchorSigningInput(NETWORK, unsigned), privateKey)) }
}

describe('anchors over restarts', () => {
  it('are there again, whole ones only, and only those that the organisation signed', async () => {
    const clock = createVirtualClock({ wallStart: ms(0) })
    let file: Uint8Array | undefined
    const store = {
      load: () => Promise.resolve(file),
      save: (octets: Uint8Array) => {
        file = octets
        return Promise.resolve()
      }
    }
    const anchors = anchorsAt(12)
    const kept = new KeptAnchors({ anchors, store, clock, logger })
    await kept.start()
    for (const epoch of [8, 9, 10]) anchors.offer(anchorOf(epoch))
    expect(file).to.equal(undefined)
    await clock.advance(ms(1500))
    expect(file).to.have.length(3 * 136)
    anchors.offer(anchorOf(11))
    await kept.stop()
    expect(file).to.have.length(4 * 136)
    const epochsFrom = async (octets: Uint8Array | undefined): Promise<readonly number[]> => {
      file = octets
      const again = anchorsAt(12)
      const next = new KeptAnchors({ anchors: again, store, clock, logger })
      await next.start()
      await next.stop()
      return again.after(-1).map(({ epoch }) => epoch)
    }
    const whole = file as Uint8Array
    expect(await epochsFrom(whole)).to.deep.equal([8, 9, 10, 11])
    expect(await epochsFrom(whole.slice(0, 300))).to.deep.equal([8, 9])
    const damaged = whole.slice()
    damaged[136 + 20] = (damaged[136 + 20] ?? 0) ^ 1
    expect(await epochsFrom(damaged)).to.deep.equal([8, 10, 11])
    expect(await epochsFrom(new Uint8Array(2000).fill(255))).to.deep.equal([])
  })
})
