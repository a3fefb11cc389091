import { sharedTestnet, type Testnet } from './testnet-run.ts'

/** True one-way delays of the detour scenario in ms, both ways: the direct path fra–chi takes 60, that over lon 30. */
export const DETOUR = { direct: 60, overLon: 30 }
/** The prefix behind chi and an address in it that answers. */
export const SITE = { prefix: '10.20.0.0/16', address: '10.20.0.1' }

/** Four routers: fra and chi far apart, lon between them, out aside of all. The prefix of fra is its own address, from which it speaks to IPv4 sites. */
export const DETOUR_SCENARIO = `
name: detour
seed: 11
network: { pulseInterval: 2s, epoch: 60s, money: none }
nodes:
  - { name: fra, geo: { country: DE, city: Frankfurt, lat: 50.11, lon: 8.68 }, asn: 3320, prefixes: [10.7.0.1/32] }
  - { name: lon, geo: { country: GB, city: London, lat: 51.5, lon: -0.12 }, asn: 2856 }
  - { name: chi, geo: { country: US, city: Chicago, lat: 41.88, lon: -87.63 }, asn: 7018, prefixes: [${SITE.prefix}] }
  - { name: out, geo: { country: BR, city: Recife, lat: -8.05, lon: -34.9 }, asn: 28573 }
links:
  default: { delay: 60ms, jitter: 0ms, loss: 0%, rate: 1gbit }
  pairs:
    - { from: fra, to: lon, delay: 10ms }
    - { from: lon, to: fra, delay: 10ms }
    - { from: lon, to: chi, delay: 20ms }
    - { from: chi, to: lon, delay: 20ms }
`

/** The running detour, shared by the suites that leave it as it was. */
export async function detour(): Promise<Testnet> {
  return await sharedTestnet('detour', async () => DETOUR_SCENARIO)
}
