import type { PathDocument } from '@srwan/api'
import { eventually, type Testnet, type TestnetNode } from './testnet-run.ts'

/** Middle value; of an even number the lower middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted[Math.floor((sorted.length - 1) / 2)]
  if (middle === undefined) throw new Error('no values to take a median of')
  return middle
}

/** Round trips that ping printed, in ms. */
export function pingTimes(output: string): number[] {
  return [...output.matchAll(/time=([\d.]+) ms/g)].map((match) => Number(match[1]))
}

/** Pings until the first answer comes: a session is opened by the first packet. */
export async function reach(testnet: Testnet, from: string, address: string, timeoutMs = 30_000): Promise<void> {
  await eventually(async () => {
    const { code, stdout, stderr } = await testnet.exec(from, 'ping', '-c', '1', '-W', '1', address)
    if (code !== 0) throw new Error(`${from} does not reach ${address}\n${stdout}${stderr}`)
  }, timeoutMs)
}

/** A decision takes over a second, the matrix before it up to two intervals. */
const PATH_TIMEOUT_MS = 60_000

/** Asks until the node sends to `to` through exactly the transits named. */
export async function pathBecomes(testnet: Testnet, from: TestnetNode, to: TestnetNode, transits: readonly TestnetNode[]): Promise<PathDocument> {
  const wanted = [...transits, to].map((node) => node.sid).join(' ')
  return await eventually(async () => {
    const path = await testnet.get<PathDocument>(from, `/v1/path/${to.sid}`)
    if (path.active.segments.join(' ') !== wanted) throw new Error(`path ${from.name} → ${to.name} is ${path.active.segments.join(' ')}, not ${wanted}`)
    return path
  }, PATH_TIMEOUT_MS)
}
