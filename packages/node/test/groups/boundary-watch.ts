import { eventually } from '../test-network.ts'
import type { DelayMatrix, Sid } from '@srwan/interface'
import type { Node } from '@srwan/node'

/** What a node says of the anchored groups. */
export const chainOf = (node: Node): NonNullable<ReturnType<Node['group']>['anchored']> | undefined => node.group().anchored

/** The anchored roots that a node holds, as text. */
export const rootsOf = (node: Node): string => (node.exchange()?.anchors() ?? []).map(({ epoch, root }) => `${epoch} ${root}`).join()

/** Routers that a node finds in what it holds itself. */
export const routersKnown = async (node: Node): Promise<number> => (await node.exchange()?.query({ kind: 'router' }, 1, AbortSignal.timeout(30_000)))?.entries.length ?? 0

/** The pairs whose delay is known, `from to`. */
function knownPairs({ sids, cells }: DelayMatrix): ReadonlySet<string> {
  return new Set(sids.flatMap((from, i) => sids.flatMap((to, j) => (cells[i]?.[j]?.oneWayDelay === undefined ? [] : [`${from} ${to}`]))))
}

/** What everybody should hold of an epoch and those after it: the anchored root covers it. */
async function heldSince(node: Node, sinceEpoch: number): Promise<string> {
  const entries = (await node.exchange()?.query({ history: true, sinceEpoch, limit: 1000 }, 1, AbortSignal.timeout(30_000)))?.entries ?? []
  return entries
    .filter(({ scope }) => scope !== 'group')
    .map(({ author, epoch, scope, seq, kind }) => `${author.slice(-4)} ${epoch % 1000} ${scope} ${seq} ${kind}`)
    .sort()
    .join()
}

/** What some of them lack, for people. */
async function differenceOf(nodes: readonly Node[], sinceEpoch: number): Promise<string> {
  const held = await Promise.all(nodes.map(async (node) => new Set((await heldSince(node, sinceEpoch)).split(','))))
  const all = new Set(held.flatMap((entries) => [...entries]))
  return nodes.map((node, i) => `${node.self.name} lacks ${[...all].filter((entry) => held[i]?.has(entry) !== true).join(', ')}`).join('; ')
}

/** All of this is answered out of memory: without a pause nothing else would run. */
const breath = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 200))

/** Looks at some nodes all the time, and notes what the end of an epoch took from them: delays within a group that stayed together, paths, answers. */
export class BoundaryWatch {
  readonly #lost = new Set<string>()
  readonly #known = new Map<Sid, { readonly sids: readonly Sid[]; readonly pairs: ReadonlySet<string> }>()
  #routers = 0

  losses(): readonly string[] {
    return [...this.#lost]
  }

  /** Waits until each of them answers a question about the routers of the network with all of them. */
  async untilAllKnown(nodes: readonly Node[], patience: number): Promise<void> {
    const counts = new Map<Node, number>()
    const end = Date.now() + patience
    this.#routers = 0
    while (this.#routers === 0) {
      for (const node of nodes) counts.set(node, await routersKnown(node))
      if ([...counts.values()].every((count) => count >= nodes.length)) this.#routers = nodes.length
      else if (Date.now() > end) throw new Error(`some know ${[...counts.values()].join()} routers of ${nodes.length}`)
      await breath()
    }
    this.#known.clear()
  }

  /** Waits until all hold the same of some epochs: what reaches the one who signs only after the root was signed cannot be proven. */
  async untilEqual(nodes: readonly Node[], sinceEpoch: number, patience: number): Promise<void> {
    const end = Date.now() + patience
    for (;;) {
      if (new Set(await Promise.all(nodes.map((node) => heldSince(node, sinceEpoch)))).size === 1) return
      if (Date.now() > end) throw new Error(`the nodes hold different entries of the epochs from ${sinceEpoch} on: ${await differenceOf(nodes, sinceEpoch)}`)
      await breath()
    }
  }

  /** Watches the nodes until a condition holds, and once more after that. */
  async until(nodes: readonly Node[], condition: () => boolean, patience: number): Promise<void> {
    let done = false
    const waiting = eventually('the groups of the epoch stand', condition, patience).finally(() => {
      done = true
    })
    waiting.catch(() => {})
    do {
      for (const node of nodes) await this.#look(node)
      const [from] = nodes as [Node]
      for (const to of nodes.slice(1)) await this.#tryPath(from, to)
      await breath()
    } while (!done)
    await waiting.catch((error: unknown) => {
      const states = nodes.map((node) => `${node.self.name} ${JSON.stringify(chainOf(node))}`)
      throw new Error(`${(error as Error).message}: ${states.join(', ')}; lost: ${this.losses().join(', ')}`)
    })
  }

  async #look(node: Node): Promise<void> {
    // Stale ones count as known: they are the machine's delay, and what settles afterwards shows that they come back.
    const matrix = node.lastKnownMatrix()
    const pairs = knownPairs(matrix)
    const before = this.#known.get(node.self.sid)
    const stayed = matrix.sids.filter((sid) => before?.sids.includes(sid))
    for (const from of stayed)
      for (const to of stayed) if (before?.pairs.has(`${from} ${to}`) === true && !pairs.has(`${from} ${to}`)) this.#lost.add(`${node.self.name} lost the delay of ${from} ${to}`)
    this.#known.set(node.self.sid, { sids: matrix.sids, pairs })
    const known = await routersKnown(node)
    if (known < this.#routers) this.#lost.add(`${node.self.name} knows ${known} routers`)
  }

  async #tryPath(from: Node, to: Node): Promise<void> {
    try {
      if ((await from.decide(to.self.sid, 'latency')).forward.active.length === 0) this.#lost.add(`no path from ${from.self.name} to ${to.self.name}`)
    } catch (error) {
      this.#lost.add(`no path from ${from.self.name} to ${to.self.name}: ${(error as Error).message}`)
    }
  }
}
