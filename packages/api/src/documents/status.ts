import { z } from 'zod'
import { octetsByDirection } from './accounting.ts'
import { geoIsp, peerIdBase58, schemaVersion, severity, sidText } from './common.ts'

/** A finding about the health of a node: what it means and what to do. */
export const healthEntry = z.object({
  code: z.string().describe('Stable identifier of the finding'),
  severity,
  title: z.string(),
  remedy: z.string()
})
/** See {@link healthEntry}. */
export type HealthEntry = z.output<typeof healthEntry>

/** Octets of one purpose. */
export const trafficEntry = z.object({ sentOctets: z.number(), receivedOctets: z.number() })

/** One glance at a node. */
export const statusDocument = z.object({
  schemaVersion,
  name: z.string(),
  network: z.string().describe('Id of the network'),
  peerId: peerIdBase58,
  sid: sidText,
  overlayAddress: z.string(),
  underlayEndpoint: z.object({ address: z.string(), port: z.number() }).describe('Where the datapath listens'),
  multiaddrs: z.array(z.string()).describe('libp2p addresses that this node announces'),
  geo: geoIsp,
  roles: z.array(z.string()),
  pid: z.number(),
  uptimeSeconds: z.number(),
  state: z.enum(['starting', 'joining', 'running', 'stopping', 'stopped']),
  verdict: z.enum(['healthy', 'degraded', 'unhealthy']).describe('unhealthy: an error is among the findings; degraded: a warning'),
  group: z.object({ id: z.string(), size: z.number() }),
  paths: z.object({
    total: z.number().describe('Destinations with a decided path'),
    improved: z.number().describe('Those whose active path is not the default one')
  }),
  failovers: z
    .object({
      total: z.number().describe('Since the start'),
      policies: z.array(
        z.object({
          destination: sidText,
          name: z.string(),
          color: z.string(),
          count: z.number(),
          lastAgoSeconds: z.number(),
          cause: z.string().optional().describe('What the datapath saw, where it says so')
        })
      )
    })
    .describe('Switches that the datapath made by itself; for each policy the last one, latest first'),
  connections: z.number().describe('Open libp2p connections'),
  sessions: z.object({ ingress: z.number(), transit: z.number(), egress: z.number() }),
  carried: z
    .array(octetsByDirection.extend({ member: sidText, name: z.string() }))
    .describe('As transit, by the member that had it carried; cumulative over restarts, the most first'),
  traffic: z.record(z.string(), trafficEntry).describe('Octets by purpose; UDP or TCP payload'),
  counters: z.record(z.string(), z.number()).describe('Counters of the datapath'),
  evidence: z.array(z.object({ kind: z.string(), from: sidText, to: sidText, excessMs: z.number() })).describe('Inequalities between measurements that do not hold'),
  quarantine: z
    .array(
      z.object({
        sid: sidText,
        name: z.string(),
        state: z.enum(['clear', 'suspected', 'quarantined', 'probation']),
        isAvoided: z.boolean().describe('Whether this node leaves it out of its paths'),
        since: z.string().describe('ISO 8601'),
        until: z.string().optional().describe('End of the sentence, ISO 8601'),
        reasons: z.array(z.string())
      })
    )
    .describe('Routers against which something speaks, with reasons; this node among them where it is accused'),
  health: z.array(healthEntry)
})
/** See {@link statusDocument}. */
export type StatusDocument = z.output<typeof statusDocument>
