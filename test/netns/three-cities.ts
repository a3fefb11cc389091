/** Three routers in a row, fra, lon and chi, as a scenario with these links: `default` and `pairs` of a scenario file. */
export function threeCities(name: string, links: string): string {
  return `
name: ${name}
seed: 5
network: { pulseInterval: 2s, epoch: 60s, money: none }
nodes:
  - { name: fra, geo: { country: DE, city: Frankfurt, lat: 50.11, lon: 8.68 }, asn: 3320 }
  - { name: lon, geo: { country: GB, city: London, lat: 51.5, lon: -0.12 }, asn: 2856 }
  - { name: chi, geo: { country: US, city: Chicago, lat: 41.88, lon: -87.63 }, asn: 7018 }
links:${links}`
}
