import { expect } from 'chai'
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findUndocumentedExports } from '../../scripts/check/documented-exports.js'
import { findWording } from '../../scripts/check/wording.js'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const CONFIGURATION = ['.oxlintrc.json', 'biome.json', '.dependency-cruiser.cjs', 'tsconfig.base.json', 'package.json', 'packages/interface', 'packages/clock']

/** A copy of the rules and of two packages, in which mistakes can be planted. */
describe('the checks see', function () {
  this.timeout(60_000)
  let copy: string

  before(() => {
    copy = mkdtempSync(join(tmpdir(), 'srwan-planted-'))
    for (const path of CONFIGURATION) {
      mkdirSync(dirname(join(copy, path)), { recursive: true })
      cpSync(join(ROOT, path), join(copy, path), { recursive: true, filter: (source) => !/\/(dist|node_modules)$/.test(source) })
    }
    mkdirSync(join(copy, 'node_modules/@srwan'), { recursive: true })
    for (const name of ['interface', 'clock']) symlinkSync(join(copy, 'packages', name), join(copy, 'node_modules/@srwan', name))
    for (const name of ['mocha', 'chai', 'fast-check', '@types', '.bin', 'typescript', 'oxlint', '@biomejs'])
      symlinkSync(join(ROOT, 'node_modules', name), join(copy, 'node_modules', name))
  })
  after(() => {
    rmSync(copy, { recursive: true, force: true })
  })

  const run = (tool: string, ...args: string[]): { status: number | null; output: string } => {
    const { status, stdout, stderr } = spawnSync(join(ROOT, 'node_modules/.bin', tool), args, { cwd: copy, encoding: 'utf8' })
    return { status, output: stdout + stderr }
  }
  const plant = (file: string, text: string): void => {
    mkdirSync(dirname(join(copy, file)), { recursive: true })
    writeFileSync(join(copy, file), text)
  }
  const planted = (file: string, text: string, look: () => { status: number | null; output: string }, wanted: RegExp): void => {
    plant(file, text)
    try {
      const { status, output } = look()
      expect(status, output).not.to.equal(0)
      expect(output).to.match(wanted)
    } finally {
      rmSync(join(copy, file))
    }
  }
  const lint = (): { status: number | null; output: string } => run('oxlint', '--type-aware', '--deny-warnings', 'packages/clock/src', 'packages/interface/src')
  const boundaries = (): { status: number | null; output: string } => run('depcruise', '--config', '.dependency-cruiser.cjs', 'packages/clock', 'packages/interface')

  it('nothing where nothing is planted', () => {
    const linted = lint()
    expect(linted.status, linted.output).to.equal(0)
    const cruised = boundaries()
    expect(cruised.status, cruised.output).to.equal(0)
  })

  const LINT: Record<string, { text: string; wanted: RegExp }> = {
    'an ambient clock': { text: 'export const now = (): number => Date.now()\n', wanted: /no-restricted-properties/ },
    'ambient randomness': { text: 'export const draw = (): number => Math.random()\n', wanted: /no-restricted-properties/ },
    'an ambient timer': { text: 'export const later = (then: () => void): unknown => setTimeout(then, 5)\n', wanted: /no-restricted-globals/ },
    'a promise that nobody waits for': { text: 'const work = async (): Promise<void> => {}\nexport const start = (): void => { work() }\n', wanted: /no-floating-promises/ },
    'a default export': { text: 'export default 1\n', wanted: /no-default-export/ },
    'a file of more than 400 lines': { text: `${'export {}\n'.repeat(401)}`, wanted: /max-lines/ },
    'a function of more than 60 lines': {
      text: `export function long (): number {\n  let sum = 0\n${'  sum += 1\n'.repeat(60)}  return sum\n}\n`,
      wanted: /max-lines-per-function/
    },
    'a function with too many branches': {
      text: `export function branchy (n: number): number {\n${Array.from({ length: 13 }, (_, index) => `  if (n === ${index}) return ${index + 1}\n`).join('')}  return n\n}\n`,
      wanted: /complexity/
    },
    any: { text: 'export const loose = (value: any): number => value\n', wanted: /no-explicit-any/ }
  }
  for (const [name, { text, wanted }] of Object.entries(LINT)) {
    it(name, () => {
      planted('packages/interface/src/planted.ts', text, lint, wanted)
    })
  }

  it('an import upward', () => {
    planted('packages/interface/src/planted.ts', "export { createSystemClock } from '@srwan/clock'\n", boundaries, /layer-of-interface/)
  })
  it('an import past the contract of a package', () => {
    planted('packages/clock/src/planted.ts', "export { ms } from '../../interface/src/units.ts'\n", boundaries, /no-deep-import/)
  })
  it('a source that imports a test', () => {
    plant('packages/clock/test/planted-fixture.ts', 'export const fixture = 1\n')
    planted('packages/clock/src/planted.ts', "export { fixture } from '../test/planted-fixture.ts'\n", boundaries, /sources-import-no-tests/)
  })
  it('two files that import each other', () => {
    plant('packages/clock/src/planted-b.ts', "import { a } from './planted.ts'\nexport const b = (): number => a()\n")
    planted('packages/clock/src/planted.ts', "import { b } from './planted-b.ts'\nexport const a = (): number => b()\n", boundaries, /no-circular/)
    rmSync(join(copy, 'packages/clock/src/planted-b.ts'))
  })
  it('a file that is not formatted', () => {
    planted('packages/clock/src/planted.ts', 'export const a   = "x";\n', () => run('biome', 'format', 'packages/clock/src/planted.ts'), /format/i)
  })

  it('an export without documentation', async () => {
    plant('alone/one/src/index.ts', 'export const bare = 1\n/** What it is. */\nexport const told = 2\n')
    const found = await findUndocumentedExports(join(copy, 'alone'))
    expect(found).to.have.length(1)
    expect(found[0]).to.match(/bare is exported without documentation/)
  })

  for (const [what, line] of Object.entries({
    'a path of one machine': "const file = '/home/ann/notes'",
    'unfinished work': '// TODO: later',
    'a registry in the lock file': '"resolved": "https://registry.example/x.tgz"'
  })) {
    it(what, () => {
      expect(findWording(what.includes('registry') ? 'package-lock.json' : 'packages/x/src/a.ts', `fine\n${line}\n`)).to.have.length(1)
    })
  }
})
