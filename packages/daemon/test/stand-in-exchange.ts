import type { Exchange } from '@srwan/node'

const ENTRY = {
  author: '12D3KooWAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
  sid: '1'.repeat(16),
  scope: 'global',
  epoch: 490_000,
  incarnation: 0,
  seq: 1,
  kind: 'listing',
  key: '=fra,"chi"',
  ttl: 10,
  body: { price: 2.5, note: 'a\u001b[2Jb' },
  cid: 'bafyrei',
  hash: 'AA',
  signature: 'AA',
  bytes: 'AA'
} as never

/** An exchange that says the same to every question and keeps what it was asked. */
export function standInExchange(): Exchange & { readonly asked: unknown[]; missing: number } {
  const exchange = {
    asked: [] as unknown[],
    missing: 0,
    query: async (query: unknown, peers: number) => {
      exchange.asked.push({ query, peers })
      const said = [{ peer: 'a', entries: 1, missing: exchange.missing }]
      return {
        schemaVersion: 1,
        network: 'acme',
        query,
        at: 490_001,
        epochMs: 3_600_000,
        entries: [ENTRY],
        anchors: [],
        proofs: [],
        completeness: { checked: peers > 1, peers: peers > 1 ? said : [] }
      } as never
    },
    entry: async () => exchange.query({}, 1),
    follow: async function* (query: unknown) {
      exchange.asked.push({ query })
      yield ENTRY
    },
    anchors: () => [],
    counts: () => ({ answered: 0, refused: 0, forwarded: 0 })
  }
  return exchange
}
