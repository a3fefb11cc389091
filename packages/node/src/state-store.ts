import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { MAX_NETWORK_MEMBERS } from '@srwan/interface'
import { writeAtomically } from './state-file.ts'
import { MAX_REVOCATIONS } from './roster/roster-table.ts'
import type { RosterRecord } from '@srwan/wire'

/** What outlives a restart: the own descriptor number, all members known (any of them serves as bootstrap), all revocations. */
export interface NodeState {
  readonly descriptorNumber: number
  readonly records: readonly RosterRecord[]
  readonly revocations: readonly Uint8Array[]
}

/** A file in the home, or memory where there is no home. */
export interface StateStore {
  /** Never rejects: a damaged or missing file is an empty state, since all but the number can be learned again. */
  readonly load: () => Promise<NodeState>
  /** Atomic: afterwards the file is the old or the new one. @throws the file system's error */
  readonly save: (state: NodeState) => Promise<void>
}

/** Larger than the greatest network, at 4 kB a member, with all its revocations. */
const MAX_STATE_FILE = 64 * 1024 * 1024
const EMPTY: NodeState = { descriptorNumber: 0, records: [], revocations: [] }

/** @param home - directory of the node; `undefined` keeps the state in memory */
export function createStateStore(home: string | undefined): StateStore {
  if (home === undefined) {
    let state = EMPTY
    return {
      load: () => Promise.resolve(state),
      save: (next) => {
        state = next
        return Promise.resolve()
      }
    }
  }
  const file = join(home, 'state', 'roster.json')
  return {
    load: () => readFile(file).then(parseState, () => EMPTY),
    save: (state) => writeAtomically(file, formatState(state))
  }
}

const toText = (octets: Uint8Array): string => Buffer.from(octets).toString('base64url')
const toOctets = (text: unknown): Uint8Array => Uint8Array.from(Buffer.from(String(text), 'base64url'))

function formatState(state: NodeState): string {
  return `${JSON.stringify({
    version: 1,
    descriptorNumber: state.descriptorNumber,
    members: state.records.map(({ membership, descriptor, registeredAt }) => ({ membership: toText(membership), descriptor: toText(descriptor), registeredAt })),
    revocations: state.revocations.map(toText)
  })}\n`
}

function parseState(content: Buffer): NodeState {
  if (content.length > MAX_STATE_FILE) return EMPTY
  try {
    const state = JSON.parse(content.toString('utf8')) as { version: unknown; descriptorNumber: unknown; members: Record<string, unknown>[]; revocations: unknown[] }
    if (state.version !== 1 || !Number.isSafeInteger(state.descriptorNumber)) return EMPTY
    return {
      descriptorNumber: Number(state.descriptorNumber),
      records: state.members
        .slice(0, MAX_NETWORK_MEMBERS)
        .map(({ membership, descriptor, registeredAt }) => ({ membership: toOctets(membership), descriptor: toOctets(descriptor), registeredAt: Number(registeredAt) })),
      revocations: state.revocations.slice(0, MAX_REVOCATIONS).map(toOctets)
    }
  } catch {
    return EMPTY
  }
}
