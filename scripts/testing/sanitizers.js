import { existsSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { endure } from '../campaign/endurance/index.js'
import { countChecks } from '../campaign/endurance/report.js'
import { inRepository } from '../workshop/repository.js'
import { mustRun, run } from '../workshop/run.js'
import { say } from '../workshop/stages.js'
import { skippedAll, sum } from './counts.js'
import { runMocha } from './mocha.js'
import { runNativeTests } from './native.js'
import { whyNoNamespaces } from './privileges.js'

/** Each finds what the other cannot, and one build cannot have both: races · memory and undefined behaviour. */
const SANITIZERS = { thread: 'thread', memory: 'address,undefined' }
const BUILD = inRepository('packages/datapath/build')
const ADDON_FOLDER = 'sanitized'
const ADDON = inRepository('packages/datapath/build', ADDON_FOLDER, 'srwan_datapath.node')
const ADDON_COMPILER = 'g++ -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer -g1'
const ENDURANCE_SECONDS = 20
/** Node leaves to the system what it holds at its end: leaks are looked for by the C++ tests and by the endurance run's memory. */
const OPTIONS = { ASAN_OPTIONS: 'detect_leaks=0:abort_on_error=1', UBSAN_OPTIONS: 'print_stacktrace=1' }

/** The C++ tests under each sanitizer, then the addon under that for memory: in its own tests on real packets and at full rate. */
export async function runSanitized() {
  const all = []
  for (const [name, sanitizer] of Object.entries(SANITIZERS)) all.push(...(await runNativeTests({ name, sanitizer })))
  all.push(await runSanitizedAddon())
  return sum(all)
}

async function runSanitizedAddon() {
  const reason = process.getuid?.() === 0 ? await whyNoNamespaces() : 'needs root'
  if (reason !== undefined) return skippedAll(`the addon under AddressSanitizer: ${reason}`)
  const library = await sanitizerLibrary()
  if (library === undefined) return skippedAll('the addon under AddressSanitizer: no g++ with libasan')
  await mustRun('make', [`-j${availableParallelism()}`, '-C', BUILD, 'BUILDTYPE=Release', `builddir=${ADDON_FOLDER}`, `CXX=${ADDON_COMPILER}`])
  // Node is not built with the sanitizer: its library has to be there before everything else.
  const env = { ...OPTIONS, LD_PRELOAD: library, SRWAN_DATAPATH_ADDON: ADDON }
  // Not those tests that start curl: it hangs with the library before it.
  const tests = await runMocha({ files: ['packages/datapath/test/native.netns.spec.ts'], timeoutSeconds: 300, limitMinutes: 15, env })
  return sum([tests, await endureSanitized(env)])
}

/** The processes of the run inherit the environment. */
async function endureSanitized(env) {
  const before = Object.fromEntries(Object.keys(env).map((name) => [name, process.env[name]]))
  Object.assign(process.env, env)
  try {
    return countChecks(await endure({ seconds: ENDURANCE_SECONDS }))
  } catch (error) {
    say(`the endurance run under AddressSanitizer: ${error.message}`)
    return { ...skippedAll(''), skipped: 0, skips: [], failed: 1 }
  } finally {
    for (const [name, value] of Object.entries(before)) {
      if (value === undefined) delete process.env[name]
      else process.env[name] = value
    }
  }
}

async function sanitizerLibrary() {
  const { code, stdout } = await run('g++', ['-print-file-name=libasan.so']).catch(() => ({ code: 1, stdout: '' }))
  return code === 0 && existsSync(stdout.trim()) ? stdout.trim() : undefined
}
