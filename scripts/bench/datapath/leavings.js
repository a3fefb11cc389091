/** Signals after which a program ends unless it says otherwise, and their numbers. */
const ENDING = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 }
const SIGNAL_EXIT = 128

/** What a run made on the machine and must take away again, newest first, on every way out: end, error, Ctrl-C. */
export class Leavings {
  #undo = []
  #onExit = () => this.clear()
  #onSignal = (signal) => {
    this.clear()
    process.exit(SIGNAL_EXIT + ENDING[signal])
  }

  constructor() {
    process.on('exit', this.#onExit)
    for (const signal of Object.keys(ENDING)) process.on(signal, this.#onSignal)
  }

  /** @param {() => void} undo - synchronous, because an exit waits for nobody; may be called when there is nothing left to do */
  add(undo) {
    this.#undo.push(undo)
  }

  clear() {
    for (let undo = this.#undo.pop(); undo !== undefined; undo = this.#undo.pop()) {
      try {
        undo()
      } catch (error) {
        process.stderr.write(`  could not clean up: ${error.message}\n`)
      }
    }
    process.off('exit', this.#onExit)
    for (const signal of Object.keys(ENDING)) process.off(signal, this.#onSignal)
  }
}
