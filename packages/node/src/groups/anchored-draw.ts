import { reportersOf } from '@srwan/groups'
import type { Groups, StandingGroups } from '@srwan/groups'
import type { BeaconSource, PeerIdText, Sid } from '@srwan/interface'
import type { LandmarkDraw } from '../beyond/beyond.ts'
import type { VectorReader } from './vector-reader.ts'

/** Landmarks stay for so many epochs, those from a multiple of it on: each change is measured anew by everybody. */
export const LANDMARK_EPOCHS = 24
/** Digests are of the epoch that is anchored when another begins. */
const LEAD = 2

/** What the draw works with. */
export interface AnchoredDrawComponents {
  readonly groups: Pick<Groups, 'state' | 'standing' | 'own' | 'roster'>
  readonly beacons: Pick<BeaconSource, 'beacon'>
  readonly vectors: () => VectorReader | undefined
  readonly sidOf: (peerId: PeerIdText) => Sid
  readonly self: PeerIdText
  /** Stands for a beacon where there is none. */
  readonly genesis: Uint8Array
}

/** What the anchored epochs draw besides the groups: who is a landmark, and who reports. Before there are any the genesis beacon draws among those whom this node knows. */
export class AnchoredDraw {
  readonly #components: AnchoredDrawComponents

  constructor(components: AnchoredDrawComponents) {
    this.#components = components
  }

  /** @returns `undefined` while what is anchored is being read */
  readonly landmarks = (): LandmarkDraw | undefined => {
    const { groups, beacons, vectors, sidOf, genesis } = this.#components
    const state = groups.state()
    if (state === undefined) return { beacon: genesis }
    const from = state.epoch - (state.epoch % LANDMARK_EPOCHS)
    const read = vectors()?.at(from - LEAD)
    if (read === 'reading') return undefined
    const routers = groups.standing(from)?.groups
    const bySid = new Map([...(read?.vectors.vectors ?? [])].map(([peerId, vector]) => [sidOf(peerId), vector]))
    return {
      beacon: beacons.beacon(from) ?? genesis,
      routers: (routers === undefined ? state.routers.map(({ peerId }) => peerId) : [...routers.values()].flat()).map(sidOf),
      vectorOf: (router) => {
        const vector = bySid.get(router)
        return vector?.some((trip) => trip !== undefined) === true ? vector : undefined
      }
    }
  }

  /** Who writes the digest of the own group: by the state of the groups, as those read it who count it. */
  readonly reporters = (): readonly Sid[] => {
    const { groups, beacons, sidOf, self, genesis } = this.#components
    const state = groups.state()
    const standing: StandingGroups | undefined = state === undefined ? undefined : groups.standing(state.epoch)
    const beacon = standing === undefined ? undefined : beacons.beacon(standing.stateEpoch)
    const own = [...(standing?.groups.values() ?? [])].find((members) => members.includes(self))
    if (own !== undefined && beacon !== undefined) return reportersOf(own.map(sidOf), beacon)
    return standing === undefined
      ? reportersOf(
          groups.roster.current().members.map(({ sid }) => sid),
          genesis
        )
      : []
  }
}
