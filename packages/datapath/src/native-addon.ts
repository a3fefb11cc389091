import { DATAPATH_COUNTERS, DATAPATH_LAYOUT_VERSION, UnavailableResourceError, UnsupportedSystemError } from '@srwan/interface'
import type { DatapathConfig, DatapathEvents, DatapathFeatures, DatapathInit, PathProbeRequest, PathProbeResult, SessionSnapshot, Sid, UnderlayEndpoint } from '@srwan/interface'
import { createRequire } from 'node:module'
import { addonFiles, packageDirectory, thisSystem } from './addon-file.ts'

/** Names a file to load instead of the built or shipped addon. */
const ADDON_PATH_VARIABLE = 'SRWAN_DATAPATH_ADDON'
const BUILD_COMMAND = 'npm run build'

/** What the addon hands to its listener: names and payloads of the interface's events, and finished path comparisons. */
export type NativeEvent =
  | { [K in keyof DatapathEvents]: readonly [K, DatapathEvents[K]] }[keyof DatapathEvents]
  | readonly ['comparison', PathProbeResult & { readonly id: number }]

/** One datapath of the addon; see native/binding/datapath_object.cc. Errors carry `code` and `field` or `remedy`. */
export interface NativeDatapathObject {
  start: () => void
  stop: () => void
  reconfigure: (config: DatapathConfig) => 'applied' | 'unchanged'
  setColumnPart: (part: Uint8Array, columnSeen: readonly (readonly [Sid, number])[]) => void
  sendDatagram: (to: Sid, payload: Uint8Array) => boolean
  comparePaths: (id: number, request: PathProbeRequest) => 'started' | 'limit' | 'unknownEndpoint'
  cancelComparison: (id: number) => void
  adjustClock: (step: bigint, driftPpb?: number) => void
  clockNow: () => bigint
  clockEpoch: () => number
  sessions: () => readonly SessionSnapshot[]
  takeEndedSessions: () => readonly SessionSnapshot[]
  features: () => DatapathFeatures
  publicKey: () => Uint8Array
  listenEndpoint: () => UnderlayEndpoint
  counters: () => ArrayBuffer
}

export interface NativeAddon {
  readonly layoutVersion: number
  readonly counterNames: readonly string[]
  /** Counters of 64 bits from the block of one thread to that of the next. */
  readonly counterStride: number
  readonly NativeDatapath: new (init: DatapathInit, listener: (events: readonly NativeEvent[]) => void) => NativeDatapathObject
}

let loaded: NativeAddon | undefined

/**
 * Loads the addon: the file that `SRWAN_DATAPATH_ADDON` names, else the one built in this package, else the one shipped with it for
 * this system. A bundle of this code is such a package.
 *
 * @throws UnavailableResourceError (ERR_MISSING_PROGRAM) where there is none or it is of another version, UnsupportedSystemError where there can be none
 */
export function loadNativeAddon(): NativeAddon {
  if (loaded !== undefined) return loaded
  const addon = load(process.env[ADDON_PATH_VARIABLE])
  const sameNames = addon.counterNames?.length === DATAPATH_COUNTERS.length && DATAPATH_COUNTERS.every((name, index) => addon.counterNames[index] === name)
  if (addon.layoutVersion !== DATAPATH_LAYOUT_VERSION || !sameNames) {
    throw unavailable(`the native datapath has counter layout ${addon.layoutVersion}, this version needs ${DATAPATH_LAYOUT_VERSION}`)
  }
  loaded = addon
  return addon
}

/**
 * Loads the native addon and checks its layout, without making a datapath.
 *
 * @throws UnavailableResourceError (ERR_MISSING_PROGRAM) where there is none or it is of another version, UnsupportedSystemError where there can be none
 */
export function assertNativeAddon(): void {
  loadNativeAddon()
}

function load(path: string | undefined): NativeAddon {
  const require = createRequire(import.meta.url)
  const system = thisSystem()
  const files = path === undefined || path === '' ? addonFiles(packageDirectory(), system) : [path]
  if (files.length === 0) {
    if (!system.supported) throw new UnsupportedSystemError('the native datapath', system)
    throw unavailable(`the native datapath is not there for ${system.platform}-${system.arch} with ${system.libc}`)
  }
  let first: unknown
  for (const file of files) {
    try {
      return require(file) as NativeAddon
    } catch (error) {
      // A build of another system, in a folder that two machines share, is no reason not to try what was shipped.
      first ??= error
    }
  }
  throw unavailable('the native datapath cannot be loaded', first)
}

function unavailable(message: string, cause?: unknown): UnavailableResourceError {
  const detail = cause instanceof Error ? `: ${cause.message.split('\n')[0]}` : ''
  return new UnavailableResourceError('ERR_MISSING_PROGRAM', `${message}${detail}`, { cause, remedy: `build it with \`${BUILD_COMMAND}\`` })
}
