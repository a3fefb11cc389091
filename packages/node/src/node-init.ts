import type { NetworkFile } from '@srwan/config'
import type { AnchorSource, Clock, ComponentLogger, Datapath, DatapathInit, GeoIsp, IpPrefix, Nanoseconds, PartsPerMillion, Random, Role } from '@srwan/interface'
import type { EntryStore } from '@srwan/ditex'
import type { Identity, Organisation } from '@srwan/membership'

/** An emulated measuring clock; never set on a real node. */
export interface TestbedClock {
  /** Added to the measuring clock. */
  readonly offset: Nanoseconds
  /** Rate error. */
  readonly drift: PartsPerMillion
}

/** Makes the data plane; it is started by the node. */
export type DatapathFactory = (init: DatapathInit) => Datapath | Promise<Datapath>

/** Everything that a node needs; nothing is read from argv, environment or ambient time. */
export interface NodeInit {
  /** Directory of the node; its state lies in `state/`. `undefined` keeps all in memory. */
  readonly home?: string | undefined
  /** Parsed network file. */
  readonly networkFile: NetworkFile
  /** Membership of this node, as `issueCertificate` or `acceptInvitation` made it; empty in an open network. */
  readonly certificate: Uint8Array
  readonly identity: Identity
  /** The organisation's key, where it is kept on this machine: then this node signs the roots of the exchange. Of one network, one node is to have it. */
  readonly organisation?: Organisation | undefined
  /** Which roots of the exchange count, as a client of a chain knows it; whoever makes it starts and stops it. @default those that the organisation's key signed */
  readonly anchors?: AnchorSource | undefined
  /** Signed revocations known from elsewhere. */
  readonly revocations?: readonly Uint8Array[] | undefined
  /** For this node's own display. @default the name in the certificate, which is what others see */
  readonly name?: string | undefined
  readonly geo: GeoIsp
  readonly roles: readonly Role[]
  /** Underlay address and ports; port 0 lets the system choose. */
  readonly listen: { readonly address: string; readonly tcpPort: number; readonly udpPort: number }
  /** Underlay addresses to announce. @default found by itself */
  readonly advertise?: readonly string[] | undefined
  /** `undefined`: a pure transit without a device. */
  readonly tun?: { readonly name: string; readonly mtu: number; readonly mtuMax?: number | undefined } | undefined
  /** Site prefixes that this node serves; its certificate must hold each. @default all of its certificate */
  readonly sitePrefixes?: readonly IpPrefix[] | undefined
  /** Mark of the outer sockets, which the overlay's routing rule excludes; 0 = none. @default one of our own where there is a device */
  readonly mark?: number | undefined
  /** Threads that carry packets. @default 'auto' */
  readonly threads?: number | 'auto' | undefined
  /** @default the native datapath */
  readonly datapathFactory?: DatapathFactory | undefined
  /** Where the exchange keeps its entries. @default on disk in `home`, in memory where there is none */
  readonly entryStore?: EntryStore | undefined
  readonly clock: Clock
  readonly random: Random
  readonly logger: ComponentLogger
  readonly testbedClock?: TestbedClock | undefined
}
