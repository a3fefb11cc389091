import { MalformedMessageError } from '@srwan/interface'
import { authorOfKey } from '../entry/author-name.ts'
import { bodyField } from '../entry/body-field.ts'
import { entryOf } from '../entry/entry-codec.ts'
import { parseKnownEntry } from '../entry/parsed-entry.ts'
import { queryCodec } from './query-codec.ts'
import { replicaReader } from './replica-reader.ts'
import type { QuerySource } from './execute-query.ts'
import type { Replica } from '../replica/replica.ts'
import type { Milliseconds } from '@srwan/interface'

/** A replica as questions are answered from it. */
export function querySource(replica: Replica, epochLength: Milliseconds): QuerySource {
  return { reader: replicaReader(replica, queryCodec.sidOf), open: openStored, field: bodyField, epochLength }
}

/** What the replica holds was checked when it was taken: no hash is made here, and the body is decoded where somebody looks at it. */
const openStored: QuerySource['open'] = (encoded) => {
  const parsed = parseKnownEntry(encoded)
  if (parsed === undefined) throw new MalformedMessageError('not an encoded entry')
  return { author: authorOfKey(parsed.authorKey), incarnation: parsed.incarnation, entry: entryOf(parsed) }
}
