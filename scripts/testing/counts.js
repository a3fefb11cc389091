/** What a test runner counted, with the reason for each kind of skip. */
export const NOTHING = { passed: 0, failed: 0, skipped: 0, skips: [] }

/** @returns the sum of what several runners counted */
export function sum(all) {
  return all.reduce(
    (total, counts) => ({
      passed: total.passed + counts.passed,
      failed: total.failed + counts.failed,
      skipped: total.skipped + counts.skipped,
      skips: [...total.skips, ...counts.skips]
    }),
    NOTHING
  )
}

/** @param {string} reason - what was not run and what it would need */
export function skippedAll(reason, count = 1) {
  return { ...NOTHING, skipped: count, skips: [reason] }
}

/** The closing line of a run, alone on its line, for people and for machines. */
export function closingLine(counts) {
  return `${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`
}
