import { existsSync, readdirSync } from 'node:fs'
import { relative } from 'node:path'
import { inRepository, ROOT } from '../workshop/repository.js'

/** @returns the index.ts of every package under `directory` */
function contracts(directory) {
  return readdirSync(directory)
    .map((name) => `${directory}/${name}/src/index.ts`)
    .filter((file) => existsSync(file))
}

function isDocumented(ts, checker, exported) {
  const symbol = (exported.flags & ts.SymbolFlags.Alias) !== 0 ? checker.getAliasedSymbol(exported) : exported
  return [exported, symbol].some((each) => each.getDocumentationComment(checker).length > 0 || each.getJsDocTags(checker).length > 0)
}

/**
 * Finds what packages export without a word about it: an index.ts is the contract, so every name in it says what it is.
 *
 * @param {string} [directory] - where the packages lie
 * @returns {Promise<string[]>} one line per export without documentation
 */
export async function findUndocumentedExports(directory = inRepository('packages')) {
  const { default: ts } = await import('typescript')
  const files = contracts(directory)
  const program = ts.createProgram(files, {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.NodeNext,
    customConditions: ['source'],
    allowImportingTsExtensions: true,
    noEmit: true,
    skipLibCheck: true
  })
  const checker = program.getTypeChecker()
  return files.flatMap((file) => {
    const module = checker.getSymbolAtLocation(program.getSourceFile(file))
    if (module === undefined) return []
    return checker
      .getExportsOfModule(module)
      .filter((exported) => !isDocumented(ts, checker, exported))
      .map((exported) => `${relative(ROOT, file)}: ${exported.getName()} is exported without documentation`)
  })
}
