import { spawn } from 'node:child_process'
import { inRepository } from '../workshop/repository.js'
import { mustRunNode, runNode } from '../workshop/run.js'
import { StopError } from '../workshop/stages.js'

/** The command as it is shipped: bundled. */
const SRWAN = inRepository('packages/cli/bin/srwan.js')

/** The demo's network, in the foreground: it lives as long as this process wants it to. */
export class RunningTestnet {
  #child
  #dirOptions
  #asked = false
  ended

  /**
   * @param {string} scenario - file
   * @param {string} [dir] - where it keeps its state; by default where every `srwan testnet` command looks
   */
  constructor(scenario, dir) {
    this.#dirOptions = dir === undefined ? [] : ['--dir', dir]
    // In a process group of its own: Ctrl-C then reaches it once, through `stop`, and not also from the terminal.
    this.#child = spawn(process.execPath, [SRWAN, 'testnet', 'up', '--scenario', scenario, ...this.#dirOptions], { stdio: ['ignore', 'pipe', 'pipe'], detached: true })
    this.ended = new Promise((resolve) => {
      this.#child.on('close', (code) => {
        resolve(code ?? 143)
      })
    })
  }

  /** Resolves when every node is ready; rejects with what it said where it ended before. */
  async ready() {
    let said = ''
    const printed = new Promise((resolve) => {
      for (const stream of [this.#child.stdout, this.#child.stderr]) {
        stream.setEncoding('utf8').on('data', (chunk) => {
          said = (said + chunk).slice(-20_000)
          if (/^ready\b/m.test(said)) resolve(undefined)
        })
      }
    })
    const code = await Promise.race([printed, this.ended])
    if (code !== undefined) throw new StopError(said.trimEnd() || `srwan testnet up ended with ${code}`, code === 0 ? 1 : code)
  }

  async nodes() {
    const { stdout } = await mustRunNode([SRWAN, 'testnet', 'status', '--json', ...this.#dirOptions])
    return JSON.parse(stdout).nodes
  }

  /** Runs a program inside a node's namespace. */
  exec(name, ...command) {
    return runNode([SRWAN, 'testnet', 'exec', ...this.#dirOptions, name, '--', ...command])
  }

  /** Asks for an orderly end, once. */
  stop() {
    if (!this.#asked) this.#child.kill('SIGINT')
    this.#asked = true
    return this.ended
  }

  /** As {@link stop}; where that was asked before, ends it without more ado. */
  interrupt() {
    if (this.#asked) this.#child.kill('SIGINT')
    return this.stop()
  }
}
