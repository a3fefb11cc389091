import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { sourceHash } from '../workshop/build-stamp.js'
import { inRepository } from '../workshop/repository.js'

const ADDON_FOLDERS = ['wire', 'engine', 'engine/shell', 'binding'].map((name) => inRepository('packages/datapath/native', name))
const EMULATOR_FOLDER = inRepository('packages/testbed/native/src')
/** What decides how a prebuilt file is made, besides its sources. */
const RECIPE = inRepository('scripts/prebuild')

/** @returns {string[]} the C++ files that make up an addon or an emulator */
export function sourcesOfTarget({ kind }) {
  const folders = kind === 'addon' ? ADDON_FOLDERS : [EMULATOR_FOLDER]
  return folders.flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => name.endsWith('.cc'))
      .sort()
      .map((name) => join(folder, name))
  )
}

/** @returns {string} the same on every machine for the same sources */
export function stampOfTarget(target) {
  return sourceHash(target.kind === 'addon' ? [...ADDON_FOLDERS, RECIPE] : [EMULATOR_FOLDER, RECIPE], target.triple)
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
