import { readFileSync } from 'node:fs'
import { cpus, loadavg, release, totalmem } from 'node:os'
import { run } from '../../workshop/run.js'

/** What a figure depends on besides the code. */
export async function describeMachine() {
  const { stdout: commit } = await run('git', ['describe', '--always', '--dirty', '--abbrev=12'])
  const flags = /^flags\s*:(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1] ?? ''
  return {
    date: new Date().toISOString(),
    commit: commit.trim(),
    cpu: cpus()[0].model.trim(),
    cores: cpus().length,
    vectorAes: / vaes\b/.test(flags),
    memoryGibibytes: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    node: process.versions.node,
    openssl: process.versions.openssl,
    loadAtStart: loadavg()[0]
  }
}
