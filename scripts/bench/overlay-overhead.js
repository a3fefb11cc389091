import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { RunningTestnet } from '../demo/running-testnet.js'
import { StopError } from '../workshop/stages.js'

const SECONDS = 5
const PINGS = 100
/** A run that stalls is given up after this. */
const LONGEST_SECONDS = 60
/** One pair, a millisecond apart, on links that are not the bottleneck. */
const SCENARIO = `
name: bench
seed: 1
network: { pulseInterval: 2s, epoch: 60s, money: none }
nodes:
  - { name: a }
  - { name: b }
links:
  default: { delay: 1ms, rate: 10gbit }
`

async function succeed(ended, what) {
  const { code, stdout, output } = await ended
  if (code !== 0) throw new StopError(`${what} failed\n${output}`)
  return stdout
}

/** iperf3's port, 5201, listening, as the kernel's table has it. */
const LISTENING = ':1451 [0-9A-F]*:0000 0A'

async function throughput(testnet, address) {
  const server = testnet.exec('b', 'timeout', String(LONGEST_SECONDS), 'iperf3', '-s', '-1')
  await succeed(testnet.exec('b', 'sh', '-c', `for i in $(seq 100); do grep -q '${LISTENING}' /proc/net/tcp6 /proc/net/tcp && exit 0; sleep 0.05; done; exit 1`), 'iperf3 -s')
  const text = await succeed(testnet.exec('a', 'timeout', String(LONGEST_SECONDS), 'iperf3', '-c', address, '-t', String(SECONDS), '-J'), 'iperf3 -c')
  await server
  return JSON.parse(text).end.sum_received.bits_per_second / 1e6
}

async function roundTrip(testnet, address) {
  const text = await succeed(testnet.exec('a', 'ping', '-c', String(PINGS), '-i', '0.02', address), 'ping')
  const times = [...text.matchAll(/time=([\d.]+) ms/g)].map((match) => Number(match[1])).sort((x, y) => x - y)
  return times[Math.floor(times.length / 2)]
}

async function reachable(testnet, address) {
  await succeed(testnet.exec('a', 'sh', '-c', `for i in $(seq 30); do ping -c 1 -W 1 ${address} && exit 0; done; exit 1`), `reaching ${address}`)
}

/** The overlay against its peer, the plain emulated path between the same two namespaces: throughput of TCP and round trip. */
export async function overlayOverhead() {
  const directory = mkdtempSync(join(tmpdir(), 'srwan-bench-'))
  const scenario = join(directory, 'scenario.yaml')
  writeFileSync(scenario, SCENARIO)
  const testnet = new RunningTestnet(scenario, join(directory, 't'))
  try {
    await testnet.ready()
    const b = (await testnet.nodes()).find((node) => node.name === 'b')
    await reachable(testnet, b.overlayAddress)
    const measured = {}
    for (const [peer, address] of [
      ['underlay', b.underlayAddress],
      ['overlay', b.overlayAddress]
    ]) {
      measured[peer] = { tcpMegabitsPerSecond: await throughput(testnet, address), roundTripMs: await roundTrip(testnet, address) }
    }
    return measured
  } finally {
    await testnet.stop()
    rmSync(directory, { recursive: true, force: true })
  }
}
