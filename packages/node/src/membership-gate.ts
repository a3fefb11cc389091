import { NotAuthorisedError, ms, peerIdText } from '@srwan/interface'
import type { ConnectionGater, StreamMiddleware } from '@libp2p/interface'
import type { RosterService } from './roster/roster-service.ts'
import type { RefusalList } from './refusal-list.ts'
import type { Clock, PeerIdText } from '@srwan/interface'

/** A stream of somebody whose membership is still being looked at waits this long. */
const ADMISSION_WAIT = ms(10_000)

/** Refuses connections of peers that were refused a moment ago, before anything is allocated for them. */
export function refuseRefused (refused: RefusalList): ConnectionGater {
  return {
    denyDialPeer: (peerId) => refused.has(peerIdText(peerId.toString())),
    denyInboundEncryptedConnection: (peerId) => refused.has(peerIdText(peerId.toString()))
  }
}

/** Streams of a protocol wait until their peer has shown its membership: strangers get nothing and give nothing. */
export function membersOnly (roster: RosterService, clock: Clock): StreamMiddleware {
  return async (stream, connection, next) => {
    await admission(roster, clock, peerIdText(connection.remotePeer.toString()))
    next(stream, connection)
  }
}

function admission (roster: RosterService, clock: Clock, peerId: PeerIdText): Promise<void> {
  if (roster.isAdmitted(peerId)) return Promise.resolve()
  return new Promise((resolve, reject) => {
    const settle = (error?: Error): void => {
      roster.off('admitted', listener)
      timer.cancel()
      if (error === undefined) resolve()
      else reject(error)
    }
    const listener = (admitted: PeerIdText): void => { if (admitted === peerId) settle() }
    const timer = clock.setTimeout(() => { settle(new NotAuthorisedError('no membership shown in time')) }, ADMISSION_WAIT)
    roster.on('admitted', listener)
  })
}
