import { ms } from '@srwan/interface'
import { dialableAddresses } from '../dialable-addresses.ts'
import { within } from '../ditex/deadline.ts'
import { awaitAdmission } from '../membership-gate.ts'
import { openConnectionTo } from '../open-connections.ts'
import type { Connection } from '@libp2p/interface'
import type { Clock, PeerIdText } from '@srwan/interface'
import type { Libp2p } from 'libp2p'
import type { RosterService } from '../roster/roster-service.ts'
import type { KadDirectory } from './kad-directory.ts'

/** Addresses of the roster must lead to the member within this; then others are asked where it is. */
const KNOWN_TIMEOUT = ms(1500)

/** What connecting to a member takes. */
export interface MemberConnectionsComponents {
  readonly libp2p: Pick<Libp2p, 'dial' | 'getConnections'>
  readonly roster: Pick<RosterService, 'find' | 'isAdmitted' | 'on' | 'off'>
  readonly directory: Pick<KadDirectory, 'locate'>
  readonly clock: Clock
}

/** Connects to any member. Resolves when both sides have shown their membership; rejects where nobody knows a way, or with the signal's reason. */
export type ConnectToMember = (peer: PeerIdText, signal: AbortSignal) => Promise<Connection>

/** The open connection to a member, else a new one: by what the roster says, else by what the directory finds. */
export function memberConnections(components: MemberConnectionsComponents): ConnectToMember {
  const { libp2p, roster, clock } = components
  return async (peer, signal) => {
    const connection = openConnectionTo(libp2p, peer) ?? (await byRoster(components, peer, signal)) ?? (await byDirectory(components, peer, signal))
    await Promise.race([awaitAdmission(roster, clock, peer), aborted(signal)])
    return connection
  }
}

async function byRoster({ libp2p, roster, clock }: MemberConnectionsComponents, peer: PeerIdText, signal: AbortSignal): Promise<Connection | undefined> {
  const addresses = dialableAddresses((await roster.find(peer))?.descriptor.multiaddrs ?? [], peer)
  if (addresses.length === 0) return undefined
  try {
    return await within({ clock, time: KNOWN_TIMEOUT, signal }, (limited) => libp2p.dial(addresses, { signal: limited }))
  } catch {
    signal.throwIfAborted()
    return undefined
  }
}

async function byDirectory({ libp2p, directory }: MemberConnectionsComponents, peer: PeerIdText, signal: AbortSignal): Promise<Connection> {
  const addresses = await locatedAddresses(directory, peer, signal)
  if (addresses.length === 0) throw new Error(`nobody knows where ${peer} is`)
  return await libp2p.dial([...addresses], { signal })
}

/** Addresses that the directory finds, as far as they may be dialled. */
export async function locatedAddresses(directory: Pick<KadDirectory, 'locate'>, peer: PeerIdText, signal: AbortSignal): Promise<ReturnType<typeof dialableAddresses>> {
  const located = await directory.locate(peer, signal)
  const announced = (located?.multiaddrs ?? []).map((address) => address.toString().replace(/\/p2p\/[^/]+$/, '') + `/p2p/${peer}`)
  return dialableAddresses(announced, peer)
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
  })
}
