import { readFile } from 'node:fs/promises'
import { EXIT } from '@srwan/api/light'
import { InvalidInputError } from '@srwan/interface'
import type { DitexVerification } from '@srwan/api/light'
import type { Context } from '../context.ts'
import { timeOf } from './age.ts'
import { verificationLines } from './answer-text.ts'
import { knownNetwork } from './trust.ts'

/** `srwan ditex verify FILE`: checks a saved answer offline; `-` reads it from stdin. Exit code 1 where anything is contradicted, or the answer is older than `--max-age`. */
export async function verify(context: Context, args: readonly string[], options: Readonly<Record<string, unknown>>): Promise<number> {
  const file = args[0] ?? ''
  const time = timeOf(options)
  const [{ queryCodec, verifyDocument }, known] = await Promise.all([import('@srwan/daemon/check-exchange'), knownNetwork(context)])
  const report = checked(file, await textOf(file), (value) => verifyDocument(queryCodec, value, { ...known, ...time }))
  const document: DitexVerification = JSON.parse(JSON.stringify(report))
  if (!context.json(document)) for (const line of verificationLines(document, context)) context.print(line)
  return report.ok ? EXIT.ok : EXIT.failure
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file === '-' ? '/dev/stdin' : file, 'utf8')
  } catch (cause) {
    throw new InvalidInputError({ source: 'FILE' }, `${file} cannot be read (${(cause as NodeJS.ErrnoException).code ?? 'unknown'})`, { cause })
  }
}

function checked<T>(file: string, text: string, check: (value: unknown) => T): T {
  try {
    return check(JSON.parse(text))
  } catch (cause) {
    throw new InvalidInputError({ source: 'FILE' }, `${file} is not a saved answer`, { cause, remedy: 'Save one with `srwan ditex query --json > FILE`.' })
  }
}
