import { MAX_DATAPATH_THREADS } from '@srwan/interface'
import { z } from 'zod'
import { ipAddress, nodeName, port, prefix } from './fields.ts'
import { clockDrift, signedDuration } from './units.ts'

/** Default port of libp2p (TCP) and of the datapath (UDP). */
export const DEFAULT_PORT = 4801
/** Most prefixes that one node serves. */
export const MAX_PREFIXES = 64
/** Most underlay addresses that one node announces. */
export const MAX_ADVERTISED = 8

const listen = z.strictObject({
  address: ipAddress().default('0.0.0.0').describe('Underlay address to listen on'),
  tcpPort: port().default(DEFAULT_PORT).describe('libp2p; 0 lets the system choose'),
  udpPort: port().default(DEFAULT_PORT).describe('Datapath; 0 lets the system choose')
})

const latitude = 'expected a latitude from -90 to 90'
const longitude = 'expected a longitude from -180 to 180'
const geo = z.strictObject({
  country: z
    .string()
    .regex(/^[A-Z]{2}$/, { error: 'expected a country of two capital letters (ISO 3166)' })
    .optional()
    .describe('Two letters, ISO 3166'),
  city: z.string().min(1).max(64).optional().describe('For people'),
  lat: z.number({ error: latitude }).min(-90, { error: latitude }).max(90, { error: latitude }).optional().describe('Degrees north'),
  lon: z.number({ error: longitude }).min(-180, { error: longitude }).max(180, { error: longitude }).optional().describe('Degrees east')
})

const tunExpected = 'expected a device name of at most 15 letters, digits, dots and dashes'
const mtuExpected = 'expected a whole number from 1280 to 9000'
const MAX_MTU_MAX = 1952
const mtuMaxExpected = `expected a whole number from 1280 to ${MAX_MTU_MAX}`
const tun = z.strictObject({
  name: z
    .string({ error: tunExpected })
    .regex(/^[a-zA-Z0-9][a-zA-Z0-9.-]{0,14}$/, { error: tunExpected })
    .default('srwan0')
    .describe('Name of the device'),
  mtu: z.int({ error: mtuExpected }).min(1280, { error: mtuExpected }).max(9000, { error: mtuExpected }).default(1280).describe('Octets at the start; 1280 fits everywhere'),
  mtuMax: z
    .int({ error: mtuMaxExpected })
    .min(1280, { error: mtuMaxExpected })
    .max(MAX_MTU_MAX, { error: mtuMaxExpected })
    .optional()
    .describe('Most that paths which carry more raise it to; 1424 where the underlay carries 1500, unless set')
})

const threadsExpected = `expected auto, or a whole number from 1 to ${MAX_DATAPATH_THREADS}`
const datapath = z.strictObject({
  threads: z
    .union([z.literal('auto'), z.int({ error: threadsExpected }).min(1, { error: threadsExpected }).max(MAX_DATAPATH_THREADS, { error: threadsExpected })], {
      error: threadsExpected
    })
    .default('auto')
    .describe('Threads that carry packets; auto: one per processor, at most 4')
})

const api = z.strictObject({
  port: port(1).optional().describe('Loopback TCP port beside the Unix socket; wants the bearer token'),
  tokenFile: z.string().min(1).default('api.token').describe('File of mode 0600 with the bearer token, relative to the home; written when missing')
})

const testbed = z.strictObject({
  clock: z
    .strictObject({
      offset: signedDuration().prefault('0s').describe('Added to the measuring clock'),
      drift: clockDrift().prefault('0ppm').describe('Rate error of the measuring clock')
    })
    .prefault({})
    .describe('An emulated clock')
})

const asnExpected = 'expected an AS number from 1 to 4294967295'
const rolesExpected = 'expected a list of ingress, transit and egress'

/** Schema of a node's `config.yaml`: every setting, its default and its meaning, once. */
export const nodeConfigSchema = z.strictObject({
  name: nodeName().optional().describe("Name of this node; the certificate's where absent"),
  network: z.string({ error: 'expected a file name' }).min(1).max(4096).default('network.yaml').describe('Network file, relative to the home'),
  listen: listen.prefault({}).describe('Where the node listens'),
  advertise: z.array(ipAddress()).max(MAX_ADVERTISED).default([]).describe('Underlay addresses to announce; found by itself where empty'),
  geo: geo.default({}).describe('Where the node stands'),
  asn: z.int({ error: asnExpected }).min(1, { error: asnExpected }).max(4_294_967_295, { error: asnExpected }).optional().describe('Autonomous system of its provider'),
  roles: z
    .array(z.enum(['ingress', 'transit', 'egress'], { error: rolesExpected }), { error: rolesExpected })
    .min(1, { error: rolesExpected })
    .max(3, { error: rolesExpected })
    .default(['ingress', 'transit', 'egress'])
    .describe('What the node does'),
  prefixes: z.array(prefix()).max(MAX_PREFIXES).default([]).describe('Site prefixes that it serves; its certificate must allow them'),
  tun: z
    .union([z.literal('none'), tun], { error: 'expected none, or name and mtu' })
    .prefault({})
    .describe('The device through which programs use the overlay; none for a pure transit'),
  datapath: datapath.prefault({}).describe('How packets are carried'),
  api: api.prefault({}).describe('Local HTTP interface'),
  logLevel: z.enum(['error', 'warn', 'info', 'debug'], { error: 'expected error, warn, info or debug' }).default('info').describe('Least severity that is logged'),
  testbed: testbed.optional().describe('Emulation; never set it on a real node')
})

/** A node's configuration, read: units applied, every default filled in. */
export type NodeConfig = z.output<typeof nodeConfigSchema>
/** A node's configuration as it is written: durations with their unit, everything optional. */
export type NodeConfigText = z.input<typeof nodeConfigSchema>
