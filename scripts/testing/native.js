import { existsSync } from 'node:fs'
import { inRepository } from '../workshop/repository.js'
import { mustRun, run } from '../workshop/run.js'
import { say } from '../workshop/stages.js'
import { hasHeader, hasProgram } from '../workshop/system-tools.js'
import { NOTHING, skippedAll } from './counts.js'

/** Native libraries with tests of their own; each has a CMakeLists.txt. */
const NATIVE_FOLDERS = ['packages/datapath/native', 'packages/testbed/native']
/** Those that know the options SRWAN_SANITIZE and SRWAN_PRECOMPILE. */
const SANITIZED_FOLDERS = ['packages/datapath/native']
const PLAIN = { name: '', sanitizer: '' }
const SECONDS_PER_TEST = 120
const SECONDS_PER_SANITIZED_TEST = 600
const TESTS_TOTAL = /(\d+) tests? failed out of (\d+)/
/** Builds and tests of C++ give way to whatever else runs: none of them measures time. */
const GIVING_WAY = ['nice', '-n', '19']
const FUZZ_SCRIPT = 'packages/datapath/native/fuzz/run.sh'

const runGivingWay = (...command) => run(GIVING_WAY[0], [...GIVING_WAY.slice(1), ...command])
const mustRunGivingWay = (...command) => mustRun(GIVING_WAY[0], [...GIVING_WAY.slice(1), ...command])

async function runFolder(folder, { name, sanitizer }) {
  const source = inRepository(folder)
  const binary = inRepository(folder, '..', 'build', name === '' ? 'native-tests' : `native-tests-${name}`)
  const variant = sanitizer === '' ? '-DSRWAN_PRECOMPILE=ON' : `-DSRWAN_SANITIZE=${sanitizer}`
  const options = SANITIZED_FOLDERS.includes(folder) ? [variant] : []
  await mustRun('cmake', ['-S', source, '-B', binary, '-G', 'Ninja', '-DCMAKE_BUILD_TYPE=Release', '-DCMAKE_CXX_FLAGS_RELEASE=-O1', ...options])
  await mustRunGivingWay('cmake', '--build', binary)
  const seconds = String(sanitizer === '' ? SECONDS_PER_TEST : SECONDS_PER_SANITIZED_TEST)
  const result = await runGivingWay('ctest', '--test-dir', binary, '--output-on-failure', '--timeout', seconds)
  const [, failed, total] = TESTS_TOTAL.exec(result.output) ?? [undefined, '1', '1']
  if (result.code !== 0) say(result.output)
  return { ...NOTHING, passed: Number(total) - Number(failed), failed: result.code !== 0 && Number(failed) === 0 ? 1 : Number(failed) }
}

/**
 * The C++ tests, which need no Node.
 *
 * @param {{ name: string, sanitizer: string }} [variant] - sanitizers of the compiler, and what their build is called; of the folders that know the option
 */
export async function runNativeTests(variant = PLAIN) {
  const missing = [
    ['cmake', hasProgram('cmake')],
    ['ninja', hasProgram('ninja')],
    ['googletest', hasHeader('gtest/gtest.h')],
    ['OpenSSL headers', hasHeader('openssl/evp.h')]
  ].filter(([, there]) => !there)
  if (missing.length > 0) return [skippedAll(`C++ tests: no ${missing.map(([name]) => name).join(', no ')}`)]
  const folders = (variant === PLAIN ? NATIVE_FOLDERS : SANITIZED_FOLDERS).filter((folder) => existsSync(inRepository(folder, 'CMakeLists.txt')))
  const all = []
  for (const folder of folders) all.push(await runFolder(folder, variant))
  return all
}

/**
 * Every parser that faces the network, under libFuzzer with address and undefined-behaviour sanitizers.
 *
 * @param {number} secondsPerTarget
 */
export async function runFuzz(secondsPerTarget) {
  if (!hasProgram('clang++') || !hasProgram('cmake') || !hasHeader('openssl/evp.h')) return skippedAll('fuzzing: needs clang, cmake and the OpenSSL headers')
  const result = await runGivingWay('bash', inRepository(FUZZ_SCRIPT), String(secondsPerTarget))
  const targets = [...result.output.matchAll(/^ok\s+\S+: \d+ inputs/gm)].length
  const failed = [...result.output.matchAll(/^FAILED\s/gm)].length
  if (result.code !== 0) say(result.output.slice(-8000))
  return { ...NOTHING, passed: targets, failed: result.code !== 0 && failed === 0 ? 1 : failed }
}
