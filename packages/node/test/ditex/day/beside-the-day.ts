import { encodeLandmarkVector, encodeMeasureReply, encodeMeasureRequest } from '@srwan/wire'
import { MAX_COLUMN_PART, ms } from '@srwan/interface'
import { STREAM_ON_THE_WIRE, datagramOnTheWire, frameOnTheWire, keepAlivesOnTheWire } from '@srwan/testing'
import { ECHOES, LANDMARK_AGE, LEASE_TIME, RENEW_AFTER, VECTOR_PERIOD } from '../../../src/beyond/constants.ts'
import { TRIALS_PER_HOUR } from '../../../src/quarantine/trial-budget.ts'
import { GROUP, LANDMARKS } from './full-group.ts'
import { scaled } from './month.ts'
import type { OnTheWire } from '@srwan/testing'
import type { PeerIdText } from '@srwan/interface'
import type { Month } from './month.ts'

const MONTH = 30 * 86_400_000
const PULSE_INTERVAL = 10_000
/** Head and tag of a pair-keyed packet; what a probe says besides its column part. */
const PAIR_OVERHEAD = 40
const PROBE = 32
/** End-to-end probes over one pair of a trial: three small ones and a large one, on IP and UDP, at each of its three pairs to two egresses. */
const TRIAL_PAIR = 3 * (512 + 28) + 1280 + 28
const TRIAL_EGRESSES = 2
/** A probe is sent by the headend, answered by the egress, and over two of three pairs forwarded once: by somebody, and each is somebody. */
const TRIAL_SENDINGS = 3 + 3 + 2
/** One look at the own neighbours in each hour, as `packages/node/test/directory/kad-directory.spec.ts` counts it. */
const DIRECTORY = 14e6
const PEER: PeerIdText = '12D3KooWLandmarkOfAnotherGroup0000000000000000000000' as PeerIdText

/** What every node of a full group sends and the simulated day does not have, counted by the periods of the code. */
export function besideTheDay(): Month {
  const vector = encodeLandmarkVector({ landmarks: 1, trips: Array.from({ length: LANDMARKS }, () => ms(100)) })
  return new Map([['landmark vectors', scaled(datagramOnTheWire(PAIR_OVERHEAD + vector.length), ((GROUP - 1) * MONTH) / VECTOR_PERIOD)]])
}

/** What comes only in a network of several groups, or while something is the matter: at the bounds of the code. Octets of both sides, since each side is somebody's other side. */
export function onDemand(): ReadonlyMap<string, Month> {
  return new Map([
    [
      'a network of several groups',
      new Map([
        // The connections stay open.
        ['landmark echoes', scaled(conversation('echo', ECHOES), (2 * LANDMARKS * MONTH) / LANDMARK_AGE)],
        ['keep-alives to landmarks', scaled(keepAlivesOnTheWire(MONTH / 1000), LANDMARKS)],
        ['directory', { content: DIRECTORY, heads: 0 }]
      ])
    ],
    ['one leased router, for a month', new Map([['lease', sum(leaseProbes(), scaled(conversation('lease', 1), MONTH / RENEW_AFTER))]])],
    ['trials, as many as may be', new Map([['trials', { content: (TRIALS_PER_HOUR * MONTH * TRIAL_SENDINGS * TRIAL_PAIR * TRIAL_EGRESSES) / 3_600_000, heads: 0 }]])]
  ])
}

/** A stream of `/srwan/measure/1` with so many questions and answers. */
function conversation(kind: 'echo' | 'lease', times: number): OnTheWire {
  const request = encodeMeasureRequest(kind === 'echo' ? { kind } : { kind, guests: [PEER] })
  const reply = encodeMeasureReply(kind === 'echo' ? {} : { granted: [PEER], duration: LEASE_TIME })
  return sum(STREAM_ON_THE_WIRE, scaled(sum(frameOnTheWire(request.length), frameOnTheWire(reply.length)), times))
}

/** One packet each interval to a router that is probed like a member, the column part full. */
function leaseProbes(): OnTheWire {
  return scaled(datagramOnTheWire(PAIR_OVERHEAD + PROBE + MAX_COLUMN_PART), MONTH / PULSE_INTERVAL)
}

function sum(...parts: readonly OnTheWire[]): OnTheWire {
  return parts.reduce((all, { content, heads }) => ({ content: all.content + content, heads: all.heads + heads }), { content: 0, heads: 0 })
}
