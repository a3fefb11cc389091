import { existsSync } from 'node:fs'
import { inRepository } from '../workshop/repository.js'
import { mustRun, run } from '../workshop/run.js'
import { StopError } from '../workshop/stages.js'
import { hasProgram } from '../workshop/system-tools.js'

/** The compiler's version is part of a release: another one makes other octets. */
const ZIG_VERSION = '0.17.1'
const FOLDER = inRepository('.cache', `zig-${ZIG_VERSION}`)

/**
 * The one compiler that serves all targets: clang with the headers and libraries of each C library, and a C++ library to link in.
 * `ZIG` names another; else it comes as the Python package `ziglang`, into the checkout's cache.
 *
 * @returns {Promise<string>} its executable
 * @throws StopError where it cannot be had
 */
export async function requireZig() {
  if (process.env.ZIG !== undefined && process.env.ZIG !== '') return process.env.ZIG
  const program = `${FOLDER}/ziglang/zig`
  if (existsSync(program)) return program
  if (!hasProgram('python3')) throw new StopError('prebuilds need the zig compiler: name it with ZIG=…, or install python3 with pip, which brings it')
  const { code, output } = await run('python3', ['-m', 'pip', 'install', '--quiet', '--no-deps', '--target', FOLDER, `ziglang==${ZIG_VERSION}`])
  if (code !== 0) throw new StopError(`prebuilds need the zig compiler ${ZIG_VERSION}; pip could not bring it, so name it with ZIG=…\n${output.trimEnd()}`)
  await mustRun(program, ['version'])
  return program
}
