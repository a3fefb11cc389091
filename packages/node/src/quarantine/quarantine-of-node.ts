import { createQuarantine } from '@srwan/quarantine'
import type { ObservationLog, Quarantine } from '@srwan/quarantine'
import type { Datapath, RosterSource, Startable } from '@srwan/interface'
import type { Measurement } from '@srwan/measurement'
import type { SrPolicy } from '@srwan/sr-policy'
import type { NodeInit } from '../node-init.ts'
import { createEvidence } from './evidence.ts'

/** Who is left out of a node's paths. @param log - observations in the exchange */
export function quarantineOfNode({ identity, networkFile, clock, logger }: NodeInit, { roster, log }: { readonly roster: RosterSource; readonly log: ObservationLog }): Quarantine {
  const { pulseInterval, epoch } = networkFile.parameters
  return createQuarantine({ log, roster, self: identity, clock, logger }, { pulseInterval, epoch })
}

/** What a node sees of others, for its quarantine. */
export function evidenceOfNode(
  { identity, networkFile, clock, random, logger }: NodeInit,
  parts: { readonly datapath: Datapath; readonly measurement: Measurement; readonly srPolicy: SrPolicy; readonly quarantine: Quarantine; readonly roster: RosterSource }
): Startable {
  const { measurement } = parts
  const findings = (): ReturnType<Measurement['evidence']> => measurement.evidence()
  return createEvidence({ ...parts, matrix: measurement, findings, self: identity, clock, random, logger }, { pulseInterval: networkFile.parameters.pulseInterval })
}
