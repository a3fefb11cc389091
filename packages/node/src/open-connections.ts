import { peerIdText } from '@srwan/interface'
import type { Connection } from '@libp2p/interface'
import type { PeerIdText } from '@srwan/interface'
import type { Libp2p } from 'libp2p'
import type { Admissions } from './membership-gate.ts'

/** The open connection to a peer; `undefined` where there is none. */
export function openConnectionTo(libp2p: Pick<Libp2p, 'getConnections'>, peer: PeerIdText): Connection | undefined {
  return libp2p.getConnections().find(({ remotePeer, status }) => status === 'open' && remotePeer.toString() === peer)
}

/** Members with an open connection, each once. */
export function connectedMembers(libp2p: Pick<Libp2p, 'getConnections'>, admissions: Pick<Admissions, 'isAdmitted'>): readonly PeerIdText[] {
  const peers = libp2p.getConnections().flatMap(({ remotePeer, status }) => (status === 'open' ? [peerIdText(remotePeer.toString())] : []))
  return [...new Set(peers)].filter((peer) => admissions.isAdmitted(peer))
}
