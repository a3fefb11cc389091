/** The least glibc on which a release runs: that of Debian 10 and RHEL 8, and the one that Node 20 itself needs. */
export const LEAST_GLIBC = '2.28'

const PROCESSORS = [
  { arch: 'x64', cpu: 'x86_64', machine: 'Advanced Micro Devices X86-64' },
  { arch: 'arm64', cpu: 'aarch64', machine: 'AArch64' }
]

/**
 * What a release holds: the addon for every processor and C library, and per processor one emulator that is linked statically and so needs
 * no C library at all. `file` is where it lies below `package`; `triple` is what the compiler calls the system.
 */
export const TARGETS = PROCESSORS.flatMap(({ arch, cpu, machine }) => [
  ...[
    ['glibc', `${cpu}-linux-gnu.${LEAST_GLIBC}`],
    ['musl', `${cpu}-linux-musl`]
  ].map(([libc, triple]) => ({
    name: `linux-${arch}-${libc}`,
    kind: 'addon',
    package: 'packages/datapath',
    file: `prebuilds/linux-${arch}/srwan_datapath.${libc}.node`,
    arch,
    libc,
    triple,
    machine
  })),
  { name: `linux-${arch}-emulator`, kind: 'emulator', package: 'packages/testbed', file: `prebuilds/linux-${arch}/emulator`, arch, triple: `${cpu}-linux-musl`, machine }
])

/** @returns {object[]} those parts of a release that run in this very process's system */
export function targetsOfThisSystem() {
  const libc = process.report.getReport().header.glibcVersionRuntime === undefined ? 'musl' : 'glibc'
  return TARGETS.filter((target) => process.platform === 'linux' && target.arch === process.arch && (target.libc ?? libc) === libc)
}
