import type { LinkChange, LinkParameters } from './link-parameters.ts'
import type { Scenario } from './scenario.ts'

/** A directed pair by indexes. */
type Pair = readonly [from: number, to: number]

/** The links as they are now: changes on top of the scenario, and what a passing fault will give back. */
export class LinkTable {
  readonly #scenario: Scenario
  readonly #links: LinkParameters[][]
  readonly #index: ReadonlyMap<string, number>

  constructor(scenario: Scenario) {
    this.#scenario = scenario
    this.#links = scenario.links.map((row) => [...row])
    this.#index = new Map(scenario.nodes.map(({ name }, i) => [name, i]))
  }

  /**
   * Changes one direction or both.
   *
   * @param from - a node of the scenario, as `to`
   * @returns each directed pair with its parameters from now on, and the fields as they were
   */
  change(from: string, to: string, oneWay: boolean, change: LinkChange): Array<{ from: string; to: string; link: LinkParameters; before: LinkChange }> {
    const ends: Pair = [this.#index.get(from) as number, this.#index.get(to) as number]
    const pairs: Pair[] = oneWay ? [ends] : [ends, [ends[1], ends[0]]]
    return pairs.map(([i, j]) => {
      const row = this.#links[i] as LinkParameters[]
      const old = row[j] as LinkParameters
      const link = { ...old, ...change }
      row[j] = link
      const before = Object.fromEntries(Object.keys(change).map((field) => [field, old[field as keyof LinkParameters]]))
      return { from: this.#nameOf(i), to: this.#nameOf(j), link, before }
    })
  }

  #nameOf(index: number): string {
    return this.#scenario.nodes[index]?.name as string
  }
}
