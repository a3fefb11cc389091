import { DATAPATH_COUNTERS, DATAPATH_LAYOUT_VERSION, UnavailableResourceError } from '@srwan/interface'
import type { DatapathConfig, DatapathEvents, DatapathFeatures, DatapathInit, PathProbeRequest, PathProbeResult, SessionSnapshot, Sid, UnderlayEndpoint } from '@srwan/interface'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Names a file to load instead of the built or shipped addon. */
const ADDON_PATH_VARIABLE = 'SRWAN_DATAPATH_ADDON'
const ADDON_FILE = 'srwan_datapath.node'
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
  features: () => DatapathFeatures
  publicKey: () => Uint8Array
  listenEndpoint: () => UnderlayEndpoint
  counters: () => ArrayBuffer
}

export interface NativeAddon {
  readonly layoutVersion: number
  readonly counterNames: readonly string[]
  readonly NativeDatapath: new (init: DatapathInit, listener: (events: readonly NativeEvent[]) => void) => NativeDatapathObject
}

let loaded: NativeAddon | undefined

/**
 * Loads the addon: the file that `SRWAN_DATAPATH_ADDON` names, else the one that lies next to a bundle of this code, else the one
 * shipped with or built in this package.
 *
 * @throws UnavailableResourceError (ERR_MISSING_PROGRAM) where there is none or it is of another version
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
 * @throws UnavailableResourceError (ERR_MISSING_PROGRAM) where there is none or it is of another version
 */
export function assertNativeAddon(): void {
  loadNativeAddon()
}

function load(path: string | undefined): NativeAddon {
  const require = createRequire(import.meta.url)
  try {
    if (path !== undefined && path !== '') return require(path) as NativeAddon
    const beside = join(dirname(fileURLToPath(import.meta.url)), ADDON_FILE)
    if (existsSync(beside)) return require(beside) as NativeAddon
    const find = require('node-gyp-build') as (directory: string) => NativeAddon
    return find(packageDirectory(require))
  } catch (error) {
    throw unavailable('the native datapath cannot be loaded', error)
  }
}

/** The folder with package.json, whether this file runs from src or from dist/src. */
function packageDirectory(require: NodeJS.Require): string {
  let directory = dirname(fileURLToPath(import.meta.url))
  while (dirname(directory) !== directory) {
    try {
      require.resolve(join(directory, 'package.json'))
      return directory
    } catch {
      directory = dirname(directory)
    }
  }
  throw new Error('package.json of @srwan/datapath is not there')
}

function unavailable(message: string, cause?: unknown): UnavailableResourceError {
  const detail = cause instanceof Error ? `: ${cause.message.split('\n')[0]}` : ''
  return new UnavailableResourceError('ERR_MISSING_PROGRAM', `${message}${detail}`, { cause, remedy: `build it with \`${BUILD_COMMAND}\`` })
}
