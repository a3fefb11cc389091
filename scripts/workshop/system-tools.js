import { accessSync, constants, existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { mustRun, run } from './run.js'
import { say, StopError } from './stages.js'

/**
 * What the machine must have besides Node, npm and git: the Debian package that brings each, how it is recognised, and what is lost without it.
 * `needed` stops the script where the thing cannot be had; without it only some tests are skipped.
 */
const TOOLS = {
  build: [{ name: 'ip (iproute2)', debian: 'iproute2', needed: true, found: () => hasProgram('ip') }],
  compile: [
    { name: 'C++ compiler', debian: 'g++', needed: true, found: () => hasProgram('g++') || hasProgram('c++') || hasProgram('clang++') },
    { name: 'make', debian: 'make', needed: true, found: () => hasProgram('make') },
    { name: 'python3 (for node-gyp)', debian: 'python3', needed: true, found: () => hasProgram('python3') }
  ],
  demo: [{ name: 'ping', debian: 'iputils-ping', needed: false, found: () => hasProgram('ping') }],
  test: [
    { name: 'cmake', debian: 'cmake', needed: false, found: () => hasProgram('cmake') },
    { name: 'ninja', debian: 'ninja-build', needed: false, found: () => hasProgram('ninja') },
    { name: 'googletest', debian: 'libgtest-dev', needed: false, found: () => hasHeader('gtest/gtest.h') },
    { name: 'OpenSSL headers', debian: 'libssl-dev', needed: false, found: () => hasHeader('openssl/evp.h') },
    { name: 'clang (for fuzzing)', debian: 'clang', needed: false, found: () => hasProgram('clang++') },
    { name: 'clang-format', debian: 'clang-format', needed: false, found: () => hasProgram('clang-format') },
    { name: 'tshark', debian: 'tshark', needed: false, found: () => hasProgram('tshark') },
    { name: 'iperf3', debian: 'iperf3', needed: false, found: () => hasProgram('iperf3') },
    { name: 'wg (wireguard-tools, a peer of the benchmark)', debian: 'wireguard-tools', needed: false, found: () => hasProgram('wg') },
    { name: 'curl', debian: 'curl', needed: false, found: () => hasProgram('curl') },
    { name: 'fish (its completion)', debian: 'fish', needed: false, found: () => hasProgram('fish') },
    { name: 'zsh (its completion)', debian: 'zsh', needed: false, found: () => hasProgram('zsh') },
    { name: 'ping', debian: 'iputils-ping', needed: false, found: () => hasProgram('ping') },
    { name: 'ip (iproute2)', debian: 'iproute2', needed: false, found: () => hasProgram('ip') }
  ]
}

/** A user's PATH often lacks the directories in which Debian keeps the network tools. */
const SYSTEM_DIRECTORIES = ['/usr/local/sbin', '/usr/sbin', '/sbin']

/** @returns {boolean} whether an executable of that name is in PATH or among the system's own */
export function hasProgram(name) {
  const directories = [...(process.env.PATH ?? '').split(delimiter), ...SYSTEM_DIRECTORIES]
  return directories.some((directory) => {
    try {
      accessSync(join(directory, name), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

/** @returns {boolean} whether the system's compilers would find that header */
export function hasHeader(name) {
  return ['/usr/include', '/usr/local/include'].some((directory) => existsSync(join(directory, name)))
}

async function installOnDebian(packages) {
  const env = { DEBIAN_FRONTEND: 'noninteractive' }
  say(`  installing ${packages.join(' ')}`)
  if (packages.includes('tshark')) {
    // Its package asks whether ordinary users may capture; root, who runs this, may anyway.
    await run('debconf-set-selections', [], { input: 'wireshark-common wireshark-common/install-setuid boolean false\n' })
  }
  await mustRun('apt-get', ['update', '-qq'], { env })
  await mustRun('apt-get', ['install', '-y', '-qq', ...packages], { env })
}

function complain(missing, command) {
  const names = missing.map((tool) => tool.name).join(', ')
  if (missing.some((tool) => tool.needed)) {
    throw new StopError(`srwan needs what this machine does not have: ${names}\n  install it with: ${command}`)
  }
  say(`  not found: ${names}; what needs it is skipped. To have it: ${command}`)
}

/**
 * Looks for what is needed; as root on Debian installs it, otherwise names the one command that would.
 *
 * @param {('build' | 'compile' | 'demo' | 'test')[]} purposes
 * @throws StopError where something without which nothing works cannot be had
 */
export async function requireSystemTools(purposes) {
  const wanted = purposes.flatMap((purpose) => TOOLS[purpose])
  const missing = () => wanted.filter((tool) => !tool.found())
  if (missing().length === 0) return 'complete'
  const packages = [...new Set(missing().map((tool) => tool.debian))]
  const command = `${process.getuid?.() === 0 ? '' : 'sudo '}apt-get install -y ${packages.join(' ')}`
  if (process.getuid?.() === 0 && hasProgram('apt-get')) {
    try {
      await installOnDebian(packages)
    } catch (error) {
      say(error.message)
    }
  }
  if (missing().length > 0) complain(missing(), command)
  return missing().length === 0 ? 'complete' : 'some missing'
}
