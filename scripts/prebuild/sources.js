import { execSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { sourceHash } from '../workshop/build-stamp.js'
import { inRepository } from '../workshop/repository.js'

const ADDON = inRepository('packages/datapath')
const ADDON_NATIVE = join(ADDON, 'native')
const EMULATOR_FOLDER = inRepository('packages/testbed/native/src')
/** What decides how a prebuilt file is made, besides its sources. */
const RECIPE = inRepository('scripts/prebuild')

/** @returns {string[]} the C++ files that make up an addon or an emulator */
export function sourcesOfTarget({ kind }) {
  if (kind === 'addon') return addonSources()
  return readdirSync(EMULATOR_FOLDER)
    .filter((name) => name.endsWith('.cc'))
    .sort()
    .map((name) => join(EMULATOR_FOLDER, name))
}

/** The list is that of binding.gyp, so that a folder cannot be in one build and not in the other. There it is a command, run in its folder. */
function addonSources() {
  const [{ sources }] = JSON.parse(readFileSync(join(ADDON, 'binding.gyp'), 'utf8')).targets
  return sources
    .flatMap((source) => (source.startsWith('<!@(') ? execSync(source.slice('<!@('.length, -1), { cwd: ADDON, encoding: 'utf8' }).trim().split(/\s+/) : [source]))
    .map((file) => join(ADDON, file))
    .sort()
}

/** @returns {string} the same on every machine for the same sources */
export function stampOfTarget(target) {
  return sourceHash(target.kind === 'addon' ? [ADDON_NATIVE, join(ADDON, 'binding.gyp'), RECIPE] : [EMULATOR_FOLDER, RECIPE], target.triple)
}

/** @returns {string} where a prebuilt file lies, below another top where one is named */
export function fileOfTarget(target, top = inRepository()) {
  return join(top, target.package, target.file)
}

/** The stamp beside a prebuilt file. It holds what {@link stampOfTarget} was when the file was made. */
export function stampFile(target, top) {
  const file = fileOfTarget(target, top)
  return join(dirname(file), `${target.name}.stamp`)
}

/** @returns {boolean} whether the prebuilt file is there and was made from the sources as they are */
export function isUpToDate(target) {
  return existsSync(fileOfTarget(target)) && existsSync(stampFile(target)) && readFileSync(stampFile(target), 'utf8') === stampOfTarget(target)
}
