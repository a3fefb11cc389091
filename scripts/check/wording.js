import { readFileSync } from 'node:fs'
import { inRepository } from '../workshop/repository.js'
import { mustRun } from '../workshop/run.js'

/** Texts that are not ours, or that hold the patterns themselves. */
const EXEMPT = /^(LICENSE|scripts\/check\/wording\.js|test\/checks\/)|\.(gz|png|bin|csv)$/

/** What a reader of this repository must never meet. */
const RULES = [
  { name: 'path of one machine', pattern: /(^|[\s'"`(=:])\/(work|root|home)\// },
  { name: 'unfinished work', pattern: /\b(TODO|FIXME|XXX|HACK)\b|\bplaceholder\b/i },
  { name: 'number instead of a reason', pattern: /\b(issue|ticket) #\d+|[(\s][RA]\d{1,3}[),]/, files: /^(packages|scripts|test)\/.*\.(ts|js|cc|h|md)$/ },
  { name: 'host of a package registry', pattern: /registry\.npmjs|"resolved": "https?:/, files: /(package-lock\.json|\.npmrc)$/ }
]

/**
 * @param {string} file - path from the top, for the rules that concern some files only
 * @param {string} text
 * @returns {string[]} one line per finding
 */
export function findWording(file, text) {
  if (EXEMPT.test(file)) return []
  const rules = RULES.filter((rule) => rule.files === undefined || rule.files.test(file))
  return text
    .split('\n')
    .flatMap((line, index) => rules.filter((rule) => rule.pattern.test(line)).map((rule) => `${file}:${index + 1}: ${rule.name}: ${line.trim().slice(0, 120)}`))
}

/** Reads every file under version control. */
export async function checkWording() {
  const { stdout } = await mustRun('git', ['ls-files', '--cached', '--others', '--exclude-standard'])
  return stdout
    .split('\n')
    .filter((file) => file !== '')
    .flatMap((file) => {
      try {
        return findWording(file, readFileSync(inRepository(file), 'utf8'))
      } catch (error) {
        if (error.code === 'ENOENT' || error.code === 'EISDIR') return [] // deleted and not yet committed, or a link to a directory
        throw error
      }
    })
}
