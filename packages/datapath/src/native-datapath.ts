import { DATAPATH_COUNTERS, InvalidInputError, ns } from '@srwan/interface'
import type {
  Datapath,
  DatapathConfig,
  DatapathCounter,
  DatapathEvents,
  DatapathFeatures,
  DatapathInit,
  Nanoseconds,
  PartsPerMillion,
  PathProbeRequest,
  PathProbeResult,
  SessionSnapshot,
  Sid,
  UnderlayEndpoint
} from '@srwan/interface'
import { loadNativeAddon } from './native-addon.ts'
import type { NativeDatapathObject, NativeEvent } from './native-addon.ts'
import { translated } from './native-errors.ts'
import { NativePathProbes } from './native-path-probes.ts'

const PARTS_PER_BILLION = 1000
/** An emulated clock that goes wrong by more than this is no clock. */
const MAX_DRIFT_PPM = 100_000

/**
 * The data plane in native code: socket, TUN, routes and a thread of its own between `start` and `stop`.
 *
 * @throws UnavailableResourceError (ERR_MISSING_PROGRAM) where the addon is not built
 * @throws InvalidInputError where `init` is not usable
 */
export function createNativeDatapath(init: DatapathInit): Datapath {
  return new NativeDatapath(init)
}

/** Whoever forgets a running datapath goes on hearing from it. */
const running = new Set<Datapath>()

type Listener<K extends keyof DatapathEvents> = (event: DatapathEvents[K]) => void

class NativeDatapath implements Datapath {
  readonly publicKey: Uint8Array
  readonly #native: NativeDatapathObject
  /** A block of `#counterStride` numbers for each thread that may write. */
  readonly #counters: BigUint64Array
  readonly #counterStride: number
  readonly #probes: NativePathProbes
  readonly #listeners = new Map<keyof DatapathEvents, Set<Listener<keyof DatapathEvents>>>()

  constructor(init: DatapathInit) {
    const { NativeDatapath: Native, counterStride } = loadNativeAddon()
    // The addon holds the listener for good: a strong reference would keep every datapath that was ever made.
    const self = new WeakRef(this)
    this.#native = translated(
      'datapath',
      () =>
        new Native(init, (events) => {
          const datapath = self.deref()
          if (datapath !== undefined) datapath.#receive(events)
        })
    )
    this.#counters = new BigUint64Array(this.#native.counters())
    this.#counterStride = counterStride
    this.#probes = new NativePathProbes(this.#native)
    this.publicKey = this.#native.publicKey()
  }

  get listenEndpoint(): UnderlayEndpoint {
    return this.#native.listenEndpoint()
  }

  get clockEpoch(): number {
    return this.#native.clockEpoch()
  }

  async start(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted()
    translated('datapath', () => {
      this.#native.start()
    })
    running.add(this)
  }

  async stop(): Promise<void> {
    this.#probes.abandon(new Error('the datapath stopped'))
    this.#native.stop()
    running.delete(this)
  }

  clockNow(): Nanoseconds {
    return ns(this.#native.clockNow())
  }

  reconfigure(config: DatapathConfig): 'applied' | 'unchanged' {
    return translated('datapath config', () => this.#native.reconfigure(config))
  }

  setColumnPart(part: Uint8Array, columnSeen: ReadonlyMap<Sid, number>): void {
    translated('column part', () => {
      this.#native.setColumnPart(part, [...columnSeen])
    })
  }

  sendDatagram(to: Sid, payload: Uint8Array): boolean {
    return translated('datagram', () => this.#native.sendDatagram(to, payload))
  }

  probePaths(request: PathProbeRequest, signal?: AbortSignal): Promise<PathProbeResult> {
    return this.#probes.start(request, signal)
  }

  counters(): Readonly<Record<DatapathCounter, number>> {
    return Object.fromEntries(DATAPATH_COUNTERS.map((name, index) => [name, Number(this.#sum(index))])) as Record<DatapathCounter, number>
  }

  #sum(counter: number): bigint {
    let sum = 0n
    for (let at = counter; at < this.#counters.length; at += this.#counterStride) sum += this.#counters[at] ?? 0n
    return sum
  }

  sessions(): readonly SessionSnapshot[] {
    return this.#native.sessions()
  }

  takeEndedSessions(): readonly SessionSnapshot[] {
    return this.#native.takeEndedSessions()
  }

  features(): DatapathFeatures {
    return translated('datapath', () => this.#native.features())
  }

  adjustClock(change: { readonly step?: Nanoseconds; readonly drift?: PartsPerMillion }): void {
    const { step = ns(0n), drift } = change
    if (drift !== undefined && !(Math.abs(drift) <= MAX_DRIFT_PPM)) throw new InvalidInputError({ source: 'clock', field: 'drift' }, `must be at most ${MAX_DRIFT_PPM} ppm`)
    translated('clock', () => {
      this.#native.adjustClock(step, drift === undefined ? undefined : Math.round(drift * PARTS_PER_BILLION))
    })
  }

  on<K extends keyof DatapathEvents>(name: K, listener: (event: DatapathEvents[K]) => void): void {
    const listeners = this.#listeners.get(name) ?? new Set()
    this.#listeners.set(name, listeners)
    listeners.add(listener as Listener<keyof DatapathEvents>)
  }

  off<K extends keyof DatapathEvents>(name: K, listener: (event: DatapathEvents[K]) => void): void {
    this.#listeners.get(name)?.delete(listener as Listener<keyof DatapathEvents>)
  }

  #receive(events: readonly NativeEvent[]): void {
    for (const [name, payload] of events) {
      if (name === 'comparison') {
        this.#probes.finish(payload)
      } else {
        this.#emit(name, payload)
      }
    }
  }

  /** A listener that throws must not keep the others, or the rest of the batch, from hearing. */
  #emit(name: keyof DatapathEvents, payload: DatapathEvents[keyof DatapathEvents]): void {
    for (const listener of [...(this.#listeners.get(name) ?? [])]) {
      try {
        listener(payload as never)
      } catch (error) {
        queueMicrotask(() => {
          throw error
        })
      }
    }
  }
}
