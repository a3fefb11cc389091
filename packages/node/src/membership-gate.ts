import { NotAuthorisedError, ms, peerIdText } from '@srwan/interface'
import type { ConnectionGater } from '@libp2p/interface'
import type { gossipsub } from '@libp2p/gossipsub'
import type { RosterService } from './roster/roster-service.ts'
import type { RefusalList } from './refusal-list.ts'
import type { Clock, PeerIdText } from '@srwan/interface'

/** libp2p's registrar, as its services see it. */
export type Registrar = Parameters<ReturnType<typeof gossipsub>>[0]['registrar']

/** Whoever's membership is still being looked at waits this long. */
const ADMISSION_WAIT = ms(10_000)

/** Connections of peers that nobody knows, at once: those who ask the exchange, and members that come for the first time. The others of the table stay for members. */
export const MAX_UNKNOWN_CONNECTIONS = 64

/**
 * Refuses connections of peers that were refused a moment ago, and of unknown ones where there are enough of these, before anything is allocated for them.
 *
 * @param unknown - is this peer unknown, and how many connections of unknown ones are open?
 */
export function refuseRefused(refused: RefusalList, unknown: { readonly count: () => number; readonly includes: (peerId: PeerIdText) => boolean }): ConnectionGater {
  return {
    denyDialPeer: (peerId) => refused.has(peerIdText(peerId.toString())),
    denyInboundEncryptedConnection: (peerId) => {
      const name = peerIdText(peerId.toString())
      return refused.has(name) || (unknown.includes(name) && unknown.count() >= MAX_UNKNOWN_CONNECTIONS)
    }
  }
}

/** Who has shown a membership, for protocols that are for members only. */
export type Admissions = Pick<RosterService, 'isAdmitted' | 'on' | 'off'>

/**
 * A registrar for a protocol that is for members only: it learns of peers, and its handlers get streams, when their membership has been shown. Strangers get nothing and give nothing.
 * (libp2p's own stream middleware would do, but 3.3 adds each inbound handler to the registered list for good.)
 */
export function membersOnly(registrar: Registrar, admissions: () => Admissions, clock: Clock): Registrar {
  const admission = (peerId: { toString: () => string }): Promise<void> => awaitAdmission(admissions(), clock, peerIdText(peerId.toString()))
  const gated: Pick<Registrar, 'handle' | 'register'> = {
    handle: (protocol, handler, options) =>
      registrar.handle(
        protocol,
        async (stream, connection) => {
          await admission(connection.remotePeer)
          await handler(stream, connection)
        },
        options
      ),
    register: (protocol, topology, options) =>
      registrar.register(
        protocol,
        {
          ...topology,
          onConnect: async (peerId, connection) => {
            await admission(peerId)
            await topology.onConnect?.(peerId, connection)
          }
        },
        options
      )
  }
  return {
    ...gated,
    getProtocols: () => registrar.getProtocols(),
    unhandle: (protocols, options) => registrar.unhandle(protocols, options),
    getHandler: (protocol) => registrar.getHandler(protocol),
    unregister: (id) => {
      registrar.unregister(id)
    },
    getTopologies: (protocol) => registrar.getTopologies(protocol),
    use: (protocol, middleware) => {
      registrar.use(protocol, middleware)
    },
    unuse: (protocol) => {
      registrar.unuse(protocol)
    },
    getMiddleware: (protocol) => registrar.getMiddleware(protocol)
  }
}

/** Resolves when the peer has shown a membership; rejects where it does not within 10 s. */
export function awaitAdmission(admissions: Admissions, clock: Clock, peerId: PeerIdText): Promise<void> {
  if (admissions.isAdmitted(peerId)) return Promise.resolve()
  return new Promise((resolve, reject) => {
    const settle = (error?: Error): void => {
      admissions.off('admitted', listener)
      timer.cancel()
      if (error === undefined) resolve()
      else reject(error)
    }
    const listener = (admitted: PeerIdText): void => {
      if (admitted === peerId) settle()
    }
    const timer = clock.setTimeout(() => {
      settle(new NotAuthorisedError('no membership shown in time'))
    }, ADMISSION_WAIT)
    admissions.on('admitted', listener)
  })
}
