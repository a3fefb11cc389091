import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ADDON_NAME = 'srwan_datapath'
const SHIPPED_FOR = ['linux-x64', 'linux-arm64']

/** What decides which build of the addon fits. */
export interface AddonSystem {
  readonly platform: string
  readonly arch: string
  readonly libc: 'glibc' | 'musl'
  /** Whether releases hold an addon for it. */
  readonly supported: boolean
}

/** @param platform - as `process.platform` @param arch - as `process.arch` @param memoryMap - text of /proc/self/maps */
export function systemOf(platform: string, arch: string, memoryMap: string | undefined): AddonSystem {
  // glibc has its C library in a file of this name, musl in its loader; a process has exactly one of them.
  const libc = memoryMap === undefined || memoryMap.includes('/libc.so.6') ? 'glibc' : 'musl'
  return { platform, arch, libc, supported: SHIPPED_FOR.includes(`${platform}-${arch}`) }
}

/** The system on which this process runs. */
export function thisSystem(): AddonSystem {
  return systemOf(process.platform, process.arch, textOf('/proc/self/maps'))
}

/**
 * The files that may hold the addon, best first: what was built here, for a developer's changes must take effect, then what was shipped for
 * this system. Both in the places where node-gyp and prebuildify put them.
 *
 * @param directory - of the package, or of a bundle
 * @returns those that are there
 */
export function addonFiles(directory: string, { platform, arch, libc }: AddonSystem): readonly string[] {
  return [join(directory, 'build', 'Release', `${ADDON_NAME}.node`), join(directory, 'prebuilds', `${platform}-${arch}`, `${ADDON_NAME}.${libc}.node`)].filter((file) =>
    existsSync(file)
  )
}

/** The folder with package.json, whether this file runs from src, from dist/src or from a bundle. */
export function packageDirectory(): string {
  let directory = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(directory, 'package.json'))) {
    if (dirname(directory) === directory) throw new Error('package.json of @srwan/datapath is not there')
    directory = dirname(directory)
  }
  return directory
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}
