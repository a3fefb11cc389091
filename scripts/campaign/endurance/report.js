import { NOTHING } from '../../testing/counts.js'
import { say } from '../../workshop/stages.js'

const INDENT = '    '

/** Shows every check of an endurance run with its figures, and counts them as tests. */
export function countChecks({ seconds, single, checks }) {
  say(`  ${seconds} s, ${single ? 'each datagram by itself on the links' : 'super-datagrams on the links'}`)
  for (const { what, held, figures } of checks) say(`${INDENT}${held ? 'holds ' : 'BROKEN'} ${what}\n${INDENT}       ${JSON.stringify(figures)}`)
  const failed = checks.filter(({ held }) => !held).length
  return { ...NOTHING, passed: checks.length - failed, failed }
}
