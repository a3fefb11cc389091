import { decodeEntry } from '../entry/entry-codec.ts'
import { queryCodec } from './query-codec.ts'
import { replicaReader } from './replica-reader.ts'
import type { QuerySource } from './execute-query.ts'
import type { Replica } from '../replica/replica.ts'
import type { Milliseconds } from '@srwan/interface'

/** A replica as questions are answered from it. */
export function querySource(replica: Replica, epochLength: Milliseconds): QuerySource {
  return { reader: replicaReader(replica, queryCodec.sidOf), open: (encoded) => decodeEntry(encoded, replica.network), epochLength }
}
