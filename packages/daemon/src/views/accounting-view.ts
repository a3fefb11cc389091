import { SCHEMA_VERSION } from '@srwan/api'
import type { AccountingDocument } from '@srwan/api'
import type { SegmentList } from '@srwan/interface'
import type { Node } from '@srwan/node'
import { namesOf } from './routers.ts'

/** What the ledger of the node says, with names. */
export function accountingOf(node: Node): AccountingDocument {
  const { totals, carried, hops, sessions } = node.accounts()
  const lists: SegmentList[] = [
    carried.map(({ member }) => member),
    ...hops.map(({ hop, egress }) => [hop, egress]),
    ...sessions.map(({ ingress, egress }) => [ingress, egress]),
    ...sessions.flatMap(({ paths }) => paths.map(({ segments }) => segments))
  ]
  return {
    schemaVersion: SCHEMA_VERSION,
    self: node.self.sid,
    names: namesOf(node, lists),
    totals,
    carried: carried.map((entry) => ({ ...entry })),
    hops: hops.map((use) => ({ ...use, lossRatio: use.sentOctets === 0 ? null : (use.sentOctets - use.confirmedOctets) / use.sentOctets })),
    sessions: sessions.map((session) => ({
      ...session,
      seenAt: new Date(session.seenAt).toISOString(),
      paths: session.paths.map((path) => ({ ...path, segments: [...path.segments] }))
    }))
  }
}
