import { expect } from 'chai'
import fc from 'fast-check'
import { createOpenInvitation, parseOpenInvitation } from '../src/index.ts'

const network = {
  id: 'commons',
  bootstrap: ['/ip4/192.0.2.1/tcp/4801/p2p/12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN'],
  parameters: { pulseInterval: '10s', maxTransits: 3 }
}

describe('the line of an open network', () => {
  it('says what a newcomer needs', () => {
    expect(parseOpenInvitation(`  ${createOpenInvitation(network)}\n`)).to.deep.equal(network)
  })

  it('is refused with any character changed, left out or added', () => {
    const line = createOpenInvitation(network)
    for (let i = 11; i < line.length; i++) {
      const other = line[i] === 'A' ? 'B' : 'A'
      for (const changed of [line.slice(0, i) + other + line.slice(i + 1), line.slice(0, i) + line.slice(i + 1), `${line.slice(0, i)}${other}${line.slice(i)}`]) {
        if (changed !== line) expect(() => parseOpenInvitation(changed), changed).to.throw('damaged or incomplete')
      }
    }
  })

  it('gives nothing but the documented error for any text', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 200 }), (text) => {
        for (const line of [text, `srwan-open:${text}`, `srwan-open:${Buffer.from(text).toString('base64url')}`]) {
          try {
            parseOpenInvitation(line)
          } catch (error) {
            expect(error).to.have.property('code', 'ERR_INVALID_INPUT')
          }
        }
      })
    )
  })

  it('is not made of what is no network', () => {
    expect(() => createOpenInvitation({ ...network, id: '' })).to.throw('not a network id')
    expect(() => createOpenInvitation({ ...network, bootstrap: ['x'.repeat(300)] })).to.throw('bootstrap')
  })
})
