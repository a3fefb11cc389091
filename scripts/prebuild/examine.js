import { statSync } from 'node:fs'
import { mustRun } from '../workshop/run.js'
import { StopError } from '../workshop/stages.js'
import { hasProgram } from '../workshop/system-tools.js'
import { LEAST_GLIBC } from './targets.js'

/** What the C library itself consists of; anything else, a C++ library above all, must have been linked in. */
const SYSTEM_LIBRARIES = /^(lib(c|m|dl|pthread|rt)\.so(\.\d+)?|ld-linux-(x86-64|aarch64)\.so\.\d+)$/
const NODE_ENTRY = /^(napi_register_module_v|node_api_module_get_api_version_v)\d+$/

const later = (a, b) => a.localeCompare(b, 'en', { numeric: true }) > 0

/**
 * Reads a prebuilt file as the loader of another machine will, and refuses what would not load there: another processor, a library that is
 * not the C library, a symbol of a later glibc, a C++
 * symbol that nobody defines, or a symbol given away that is not Node's entry.
 *
 * @param {object} target - one of TARGETS
 * @param {string} file
 * @returns {Promise<string>} a note for the progress line
 * @throws StopError naming everything that is wrong
 */
export async function examine(target, file) {
  if (!hasProgram('readelf')) throw new StopError('prebuilds are checked with readelf: install binutils')
  const { stdout } = await mustRun('readelf', ['-h', '-d', '-V', '--dyn-syms', '-W', file], { env: { LC_ALL: 'C' } })
  const facts = factsOf(stdout)
  const wrong = [
    ...(facts.machine === target.machine ? [] : [`is for ${facts.machine}`]),
    ...facts.needed.filter((name) => target.kind === 'emulator' || !SYSTEM_LIBRARIES.test(name)).map((name) => `needs ${name}`),
    ...(target.libc === 'musl' ? facts.glibc.map((version) => `needs GLIBC_${version}`) : []),
    ...facts.glibc.filter((version) => later(version, LEAST_GLIBC)).map((version) => `needs GLIBC_${version}`),
    ...(target.kind === 'addon' ? facts.exported.filter((name) => !NODE_ENTRY.test(name)).map((name) => `exports ${name}`) : []),
    // N-API and OpenSSL, which Node provides, are C: a C++ name that is left open was forgotten.
    ...facts.open.filter((name) => name.startsWith('_Z')).map((name) => `leaves ${name} open`),
    ...(target.kind === 'addon' && !facts.exported.some((name) => NODE_ENTRY.test(name)) ? ['exports no entry for Node'] : [])
  ]
  if (wrong.length > 0) throw new StopError(`${target.name}: ${wrong.join(', ')}`)
  const newest = facts.glibc.at(-1)
  return `${(statSync(file).size / 1e6).toFixed(1)} MB${newest === undefined ? '' : `, glibc ≥ ${newest}`}`
}

/** @param {string} text - what readelf says of header, dynamic section, versions and dynamic symbols */
export function factsOf(text) {
  const symbols = [...text.matchAll(/^ +\d+: [0-9a-f]+ +\S+ +\S+ +(GLOBAL|WEAK|UNIQUE) +\S+ +(\S+) +([^\s@]+)/gm)]
  const versions = new Set([...text.matchAll(/\bGLIBC_(\d+(?:\.\d+)*)/g)].map(([, version]) => version))
  return {
    machine: /^ +Machine: +(.*)$/m.exec(text)?.[1],
    needed: [...text.matchAll(/\(NEEDED\) +Shared library: \[(.*)\]/g)].map(([, name]) => name),
    glibc: [...versions].sort((a, b) => (later(a, b) ? 1 : -1)),
    exported: symbols.filter(([, , section]) => section !== 'UND').map(([, , , name]) => name),
    open: symbols.filter(([, , section]) => section === 'UND').map(([, , , name]) => name)
  }
}
