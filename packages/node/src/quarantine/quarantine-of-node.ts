import { keyOfPeerId } from '@srwan/membership'
import { createQuarantine } from '@srwan/quarantine'
import { verifyWith } from '@srwan/wire'
import type { Groups } from '@srwan/groups'
import type { DelaysBetween, ObservationLog, Quarantine, VerifyOfRouter } from '@srwan/quarantine'
import type { Datapath, Member, RosterSource, Startable } from '@srwan/interface'
import type { Measurement } from '@srwan/measurement'
import type { SrPolicy } from '@srwan/sr-policy'
import type { NodeInit } from '../node-init.ts'
import { createEvidence } from './evidence.ts'

/** What the quarantine of a node works with. */
export interface NodeQuarantineParts {
  /** Whom this node measures: its group and the guests. */
  readonly groups: Pick<Groups, 'own' | 'roster'>
  /** Observations in the exchange. */
  readonly log: ObservationLog
  readonly measurement: Pick<Measurement, 'delaysBetween'>
}

/** Who is left out of a node's paths: members of its group have a say, guests have none, and what proves itself needs nobody's. */
export function quarantineOfNode({ identity, networkFile, clock, logger }: NodeInit, { groups, log, measurement }: NodeQuarantineParts): Quarantine {
  const { roster } = groups
  const { pulseInterval, epoch } = networkFile.parameters
  const verify: VerifyOfRouter = (router, data, signature) => {
    const member = roster.current().members.find(({ sid }) => sid === router)
    return member === undefined ? undefined : verifyWith(keyOfPeerId(member.peerId), data, signature)
  }
  const votes = ({ peerId }: Member): boolean => !groups.own().guests.includes(peerId)
  const delaysBetween: DelaysBetween = (one, other) => measurement.delaysBetween(one, other)
  return createQuarantine({ log, roster, self: identity, verify, delaysBetween, clock, logger }, { pulseInterval, epoch, networkId: networkFile.id, votes })
}

/** What a node sees of others, for its quarantine. */
export function evidenceOfNode(
  { identity, networkFile, clock, random, logger }: NodeInit,
  parts: { readonly datapath: Datapath; readonly measurement: Measurement; readonly srPolicy: SrPolicy; readonly quarantine: Quarantine; readonly roster: RosterSource }
): Startable {
  const { measurement } = parts
  const findings = (): ReturnType<Measurement['evidence']> => measurement.evidence()
  const contradictions = (): ReturnType<Measurement['contradictions']> => measurement.contradictions()
  return createEvidence({ ...parts, matrix: measurement, findings, contradictions, self: identity, clock, random, logger }, { pulseInterval: networkFile.parameters.pulseInterval })
}
