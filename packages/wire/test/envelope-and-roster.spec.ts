import { expect } from 'chai'
import fc from 'fast-check'
import {
  MAX_ENVELOPE,
  MAX_RECORDS_PER_MESSAGE,
  MAX_ROSTER_MESSAGE,
  decodeDescriptor,
  decodeEnvelope,
  decodeRosterMessage,
  encodeDescriptor,
  encodeEnvelope,
  encodeRosterMessage,
  invitationCodec,
  membershipCodec,
  revocationCodec,
  signedOctets
} from '@srwan/wire'
import { integer, messageCodec, octetString, repeated, text } from '../src/message-codec.ts'

const content = {
  number: 7,
  datapathKey: new Uint8Array(32).fill(3),
  endpoints: [
    { address: '192.0.2.1', port: 4801 },
    { address: '2001:db8::1', port: 1 }
  ],
  multiaddrs: ['/ip4/192.0.2.1/tcp/4801'],
  geo: { country: 'DE', city: 'Köln', lat: -50.5, lon: 0, asn: 3320 },
  roles: ['transit'] as const
}

describe('signed octets', () => {
  it('differ wherever domain, network or payload do', () => {
    const domain = fc.constantFrom('srwan-certificate', 'srwan-claim', 'srwan-network', 'srwan-revocation', 'srwan-descriptor', 'srwan-pulse') as fc.Arbitrary<
      Parameters<typeof signedOctets>[0]
    >
    const input = fc.tuple(domain, fc.string({ maxLength: 5 }), fc.uint8Array({ maxLength: 5 }))
    fc.assert(
      fc.property(input, input, (a, b) => {
        const same = a[0] === b[0] && a[1] === b[1] && Buffer.from(a[2]).equals(b[2])
        expect(Buffer.from(signedOctets(...a)).equals(signedOctets(...b))).to.equal(same)
      })
    )
  })
})

describe('a message', () => {
  const codec = messageCodec({ name: [1, text(1, 5)], count: [2, integer(0, 300)], parts: [3, repeated(octetString(2), 3)] })

  it('comes back as it was', () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 1, maxLength: 1, unit: 'binary' }),
        fc.nat(300),
        fc.array(fc.uint8Array({ minLength: 2, maxLength: 2 }), { maxLength: 3 }),
        (name, count, parts) => {
          expect(codec.decode(codec.encode({ name, count, parts }))).to.deep.equal({ name, count, parts })
        }
      )
    )
  })

  it('skips fields that it does not know', () => {
    const later = messageCodec({ name: [1, text(1, 5)], extra: [9, octetString(4)], big: [12, integer()] })
    expect(codec.decode(later.encode({ name: 'a', extra: new Uint8Array(4), big: 2 ** 53 - 1 }))).to.deep.equal({ name: 'a', count: 0, parts: [] })
  })

  it('is refused outside of its bounds, in both directions', () => {
    const loose = messageCodec({ name: [1, text(0, 50)], count: [2, integer()], parts: [3, repeated(octetString(0, 9), 9)] })
    for (const bad of [{ name: '' }, { name: 'abcdef' }, { count: 301 }, { parts: [new Uint8Array(3)] }, { parts: Array.from({ length: 4 }, () => new Uint8Array(2)) }]) {
      const value = { name: 'a', count: 1, parts: [], ...bad }
      expect(() => codec.encode(value))
        .to.throw()
        .with.property('code', 'ERR_MALFORMED_MESSAGE')
      expect(() => codec.decode(loose.encode(value)))
        .to.throw()
        .with.property('code', 'ERR_MALFORMED_MESSAGE')
    }
  })
})

describe('descriptor and roster frames', () => {
  it('come back as they were', () => {
    const router = new Uint8Array(32).fill(1)
    expect(decodeDescriptor(encodeDescriptor('acme', router, content))).to.deep.equal({ network: 'acme', router, content })
    const record = { membership: new Uint8Array(300).fill(1), descriptor: new Uint8Array(300).fill(2), registeredAt: 5 }
    const message = { records: [record, record], revocations: [new Uint8Array(100)], refusal: 'no', digest: new Uint8Array(16) }
    expect(decodeRosterMessage(encodeRosterMessage(message))).to.deep.equal(message)
  })

  it('fit their frame at their largest', () => {
    const record = { membership: new Uint8Array(3072), descriptor: new Uint8Array(2560), registeredAt: Number.MAX_SAFE_INTEGER }
    const frame = encodeRosterMessage({
      records: Array.from({ length: MAX_RECORDS_PER_MESSAGE }, () => record),
      revocations: Array.from({ length: 24 }, () => new Uint8Array(512)),
      refusal: 'x'.repeat(200),
      digest: new Uint8Array(16)
    })
    expect(frame.length).to.be.at.most(MAX_ROSTER_MESSAGE)
    expect(decodeRosterMessage(frame).records).to.have.lengthOf(MAX_RECORDS_PER_MESSAGE)
  })

  it('refuse endpoints that are no IP addresses', () => {
    for (const address of ['example.org', '1.2.3', 'fe80::1%eth0', '999.1.1.1']) {
      const payload = encodeDescriptor('acme', new Uint8Array(32), { ...content, endpoints: [{ address, port: 1 }] })
      expect(() => decodeDescriptor(payload), address)
        .to.throw()
        .with.property('code', 'ERR_MALFORMED_MESSAGE')
    }
  })

  it('give nothing but the documented error for any octets', () => {
    const decoders = [decodeRosterMessage, decodeDescriptor, decodeEnvelope, membershipCodec.decode, revocationCodec.decode, invitationCodec.decode]
    const good = encodeEnvelope({ payload: encodeDescriptor('acme', new Uint8Array(32), content), signer: new Uint8Array(32), signature: new Uint8Array(64) })
    const mutated = fc.tuple(fc.nat(good.length - 1), fc.nat(255), fc.nat(good.length)).map(([at, octet, cut]) => {
      const copy = Uint8Array.from(good)
      copy[at] = octet
      return copy.subarray(0, cut)
    })
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: MAX_ENVELOPE + 10 }), mutated), (octets) => {
        for (const decode of decoders) {
          try {
            decode(octets)
          } catch (error) {
            expect(error).to.have.property('code', 'ERR_MALFORMED_MESSAGE')
          }
        }
      }),
      { numRuns: 1000 }
    )
  })
})
