const { writeFileSync } = require('node:fs')
const Mocha = require('mocha')

/** mocha's own report on stdout, and the counts in the file that `SRWAN_TEST_COUNTS` names, for the script that adds up all runners. */
module.exports = class CountingReporter extends (process.env.SRWAN_TEST_QUIET ? Mocha.reporters.Dot : Mocha.reporters.Spec) {
  constructor (runner, options) {
    super(runner, options)
    const counts = { passed: 0, failed: 0, skipped: 0, skips: [] }
    const file = process.env.SRWAN_TEST_COUNTS
    runner.on('pass', () => { counts.passed++ })
    runner.on('fail', () => { counts.failed++ })
    runner.on('pending', (test) => {
      counts.skipped++
      counts.skips.push(test.fullTitle())
    })
    runner.on('end', () => { if (file) writeFileSync(file, JSON.stringify(counts)) })
  }
}
