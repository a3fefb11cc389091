import { expect } from 'chai'
import {
  configJsonSchema,
  formatCertificateFile,
  formatRevocationsFile,
  networkFileJsonSchema,
  networkFileSchema,
  parseCertificateFile,
  parseRevocationsFile,
  readYaml,
  refuseUnsupported
} from '../src/index.ts'

const PEER = '12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN'
const KEY = `ed25519:${Buffer.alloc(32, 7).toString('base64url')}`
const read = (text: string): ReturnType<typeof networkFileSchema.parse> => readYaml(networkFileSchema, text, 'network.yaml')

describe('the network file', () => {
  it('reads a private network and fills in the parameters', () => {
    const file = read(`id: acme-wan\nkind: private\norganisation: ${KEY}\nbootstrap: [/ip4/203.0.113.5/tcp/4801/p2p/${PEER}]\nparameters: { pulseInterval: 2s }\n`)
    expect(file.parameters).to.deep.equal({ pulseInterval: 2000, epoch: 3_600_000, maxTransits: 3, groupSize: 100 })
    expect(file.money).to.equal('none')
    expect(file.sites).to.deep.equal([])
  })

  it('keeps certificates and revocations as they are', () => {
    const octets = Uint8Array.from({ length: 300 }, (_, index) => index % 256)
    expect(parseCertificateFile(formatCertificateFile(octets), 'certificate.json')).to.deep.equal(octets)
    expect(parseRevocationsFile(formatRevocationsFile([octets, octets]), 'revocations.json')).to.deep.equal([octets, octets])
    expect(() => parseCertificateFile('{ "schemaVersion": 1, "membership": "§" }', 'certificate.json')).to.throw(/certificate\.json:1 \(membership\)/)
  })

  it('reads an open network, which has no organisation, and refuses money there until there is a client for a chain', () => {
    const money = `money: { chain: 'wss://x', genesis: '0x${'0'.repeat(64)}', contract: '0x${'0'.repeat(40)}' }`
    const open = read('id: commons\nkind: open\n')
    expect(open).to.include({ kind: 'open', money: 'none' })
    expect(open.organisation).to.equal(undefined)
    expect(() => refuseUnsupported(open, 'network.yaml')).to.not.throw()
    expect(() => refuseUnsupported(read(`id: commons\nkind: open\n${money}\n`), 'network.yaml')).to.throw(
      /network\.yaml.*money.*no client for a chain: bonds, payments and the beacon/
    )
  })

  const head = `id: acme\nkind: private\norganisation: ${KEY}\n`
  const refusals: [string, string, RegExp][] = [
    ['no organisation', 'id: acme\nkind: private\n', /network\.yaml.*\(organisation\): a private network needs/],
    ['an open network with an organisation', `id: acme\nkind: open\norganisation: ${KEY}\n`, /\(organisation\): an open network has no organisation/],
    [
      'site prefixes in an open network',
      `id: acme\nkind: open\nsites: [{ prefix: 10.0.0.0/8, router: ${PEER}, signature: x }]\n`,
      /\(sites\): only an organisation lets members serve/
    ],
    ['an id with capitals', `id: Acme\nkind: private\norganisation: ${KEY}\n`, /network\.yaml:1 \(id\): expected a network id.*found "Acme"/],
    ['a bootstrap address without peer', `${head}bootstrap:\n  - /ip4/203.0.113.5/tcp/4801\n`, /network\.yaml:5 \(bootstrap\[0\]\): expected a multiaddr/],
    ['a bootstrap address that is none', `${head}bootstrap: [/ip4/999.0.113.5/tcp/4801/p2p/${PEER}]\n`, /bootstrap\[0\]/],
    ['a group too large', `${head}parameters:\n  groupSize: 101\n`, /network\.yaml:5 \(parameters\.groupSize\): expected a whole number from 2 to 100; found 101/],
    ['too many transits', `${head}parameters:\n  maxTransits: 9\n`, /network\.yaml:5 \(parameters\.maxTransits\): expected a whole number from 0 to 3; found 9/],
    ['a pulse interval without unit', `${head}parameters:\n  pulseInterval: 10\n`, /:5 \(parameters\.pulseInterval\): expected a duration with its unit.*found 10/],
    ['an unknown parameter', `${head}parameters:\n  pulseIntervall: 10s\n`, /did you mean pulseInterval\?/],
    ['half a chain', `${head}money: { chain: 'wss://x' }\n`, /money\.genesis|money/]
  ]
  for (const [name, text, message] of refusals) {
    it(`refuses ${name}`, () => {
      expect(() => read(text)).to.throw(message)
    })
  }

  it('has a JSON Schema with defaults and descriptions', () => {
    const schema = networkFileJsonSchema() as { properties: Record<string, { default?: unknown; description?: string }>; required: string[]; additionalProperties: boolean }
    expect(schema.required).to.deep.equal(['id', 'kind'])
    expect(schema.additionalProperties).to.equal(false)
    const config = configJsonSchema() as { properties: Record<string, { default?: unknown; description?: string }> }
    expect(config.properties['logLevel']).to.deep.include({ default: 'info', description: 'Least severity that is logged' })
  })
})
