import { existsSync } from 'node:fs'
import { inRepository } from '../workshop/repository.js'
import { mustRun, run } from '../workshop/run.js'
import { say } from '../workshop/stages.js'
import { hasHeader, hasProgram } from '../workshop/system-tools.js'
import { NOTHING, skippedAll } from './counts.js'

/** Native libraries with tests of their own; each has a CMakeLists.txt. */
const NATIVE_FOLDERS = ['packages/datapath/native', 'packages/testbed/native']
/** Those that know the option SRWAN_SANITIZE. */
const SANITIZED_FOLDERS = ['packages/datapath/native']
const PLAIN = { name: '', sanitizer: '' }
const SECONDS_PER_TEST = 120
const SECONDS_PER_SANITIZED_TEST = 600
const TESTS_TOTAL = /(\d+) tests? failed out of (\d+)/
const FUZZ_SCRIPT = 'packages/datapath/native/fuzz/run.sh'

async function runFolder(folder, { name, sanitizer }) {
  const source = inRepository(folder)
  const binary = inRepository(folder, '..', 'build', name === '' ? 'native-tests' : `native-tests-${name}`)
  const options = sanitizer === '' ? [] : [`-DSRWAN_SANITIZE=${sanitizer}`]
  await mustRun('cmake', ['-S', source, '-B', binary, '-G', 'Ninja', '-DCMAKE_BUILD_TYPE=Release', '-DCMAKE_CXX_FLAGS_RELEASE=-O1', ...options])
  await mustRun('cmake', ['--build', binary])
  const result = await run('ctest', ['--test-dir', binary, '--output-on-failure', '--timeout', String(sanitizer === '' ? SECONDS_PER_TEST : SECONDS_PER_SANITIZED_TEST)])
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
  const result = await run('bash', [inRepository(FUZZ_SCRIPT), String(secondsPerTarget)])
  const targets = [...result.output.matchAll(/^ok\s+\S+: \d+ inputs/gm)].length
  const failed = [...result.output.matchAll(/^FAILED\s/gm)].length
  if (result.code !== 0) say(result.output.slice(-8000))
  return { ...NOTHING, passed: targets, failed: result.code !== 0 && failed === 0 ? 1 : failed }
}
