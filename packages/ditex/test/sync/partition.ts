import { SimulatedNetwork } from './simulated-network.ts'
import type { LogScope } from '@srwan/interface'
import type { SimulatedNode } from './simulated-network.ts'

/** What came of a partition. */
export interface PartitionResult {
  readonly pulsesToEqual: number
  /** Octets of the exchanges after healing, and of the entries that nodes lacked then. */
  readonly octets: number
  readonly missing: number
  readonly exchanges: number
}

const PULSE = 10_000
const EPOCHS = 12
const SCOPES: readonly LogScope[] = ['global', 'group', 'evidence']

/** Nodes write in every epoch and scope; a tenth is cut off for ten epochs, a fifth goes and comes all the time; then the parts are joined, and all are there again. */
export async function partitionAndHeal(nodes: number, init: { readonly seed?: number; readonly epochLength?: number } = {}): Promise<PartitionResult> {
  const network = new SimulatedNetwork({ nodes, ...init })
  await network.start()
  const cut = Math.max(1, Math.round(nodes / 10))
  for (let epoch = 0; epoch < EPOCHS; epoch++) {
    if (epoch === 1) network.setParts((node) => (node.index < cut ? 1 : 0))
    await churn(network, Math.round(nodes / 5), epoch)
    for (const node of network.nodes) if (node.up) await writeAll(network, node, epoch)
    if (epoch < EPOCHS - 1) await network.clock.advance(network.epochLength)
  }
  // The last epoch's entries have crossed each part by now.
  await network.clock.advance(network.epochLength / 2)
  const before = network.octets.sync
  for (const node of network.nodes) if (!node.up) await network.bringUp(node)
  const missing = await missingOctets(network)
  network.setParts(() => 0)
  let pulsesToEqual = 0
  while (!network.isEqual() && pulsesToEqual < 30) {
    await network.clock.advance(PULSE / 4)
    pulsesToEqual += 0.25
  }
  const octets = network.octets.sync - before
  const exchanges = network.nodes.reduce((sum, node) => sum + node.replication.status().sync.exchanges, 0)
  await network.stop()
  return { pulsesToEqual, octets, missing, exchanges }
}

async function writeAll(network: SimulatedNetwork, node: SimulatedNode, epoch: number): Promise<void> {
  await network.write(node, [{ key: `a${epoch}` }, { key: `b${epoch}`, body: 'x'.repeat(150) }])
  await network.write(node, [{ kind: 'column', key: `c${epoch}`, body: 'y'.repeat(200) }], 'group')
  await network.write(node, [{ kind: 'observation', key: `d${epoch}` }], 'evidence')
}

/** The last nodes go and come, each at its own time. */
async function churn(network: SimulatedNetwork, count: number, epoch: number): Promise<void> {
  for (const [i, node] of network.nodes.slice(-count).entries()) {
    const shouldBeUp = (epoch + i) % 3 !== 0
    if (node.up && !shouldBeUp) await network.takeDown(node)
    else if (!node.up && shouldBeUp) await network.bringUp(node)
  }
}

/** Octets of all entries that some node holds and another does not, summed over those that lack them. */
async function missingOctets(network: SimulatedNetwork): Promise<number> {
  const sizes = new Map<string, number>()
  const held: Map<string, number>[] = []
  for (const { replica } of network.nodes) {
    const own = new Map<string, number>()
    for (const head of replica.epochs().flatMap((epoch) => SCOPES.flatMap((scope) => replica.heads(scope, epoch)))) {
      for (const [seq, encoded] of (await replica.entries(head)).entries()) own.set(`${head.epoch}/${head.scope}/${head.author}/${seq}`, encoded.length)
    }
    held.push(own)
    for (const [key, size] of own) sizes.set(key, size)
  }
  return held.reduce((sum, own) => sum + [...sizes].reduce((octets, [key, size]) => octets + (own.has(key) ? 0 : size), 0), 0)
}
