import { checkConfig, configJsonSchema, networkFileSchema, unknownVariables, check, parseYaml } from '@srwan/config'
import { EXIT } from '@srwan/api/light'
import { loadSettings, readIfPresent } from '@srwan/daemon/light'
import { resolve } from 'node:path'
import type { Context } from '../context.ts'
import { settingFlags } from '../setting-flags.ts'
import { columnsOf } from '../text/quantities.ts'

/** `srwan config show [--origin]` */
export async function showConfig(context: Context, _args: readonly string[], options: Readonly<Record<string, unknown>>): Promise<undefined> {
  const { origins } = await loadSettings({ home: context.options.home, environment: context.environment, flags: settingFlags(context) })
  if (context.json({ schemaVersion: 1, settings: origins })) return
  const rows = origins.map(({ setting, value, origin }) => [setting, JSON.stringify(value), ...(options['origin'] === true ? [context.colors.dim(origin.source)] : [])])
  for (const line of columnsOf(rows)) context.print(line)
}

/** `srwan config check`: every problem with its line; exit code 78 where there is one. */
export async function checkConfigFiles(context: Context): Promise<number> {
  const flags = settingFlags(context)
  const text = await readIfPresent(context.paths.config)
  const outcome = checkConfig({ environment: context.environment, flags, ...(text === undefined ? {} : { file: { text, source: context.paths.config } }) })
  const file = 'data' in outcome ? resolve(context.paths.home, outcome.data.config.network) : context.paths.network
  const problems = ['problems' in outcome ? outcome.problems : [], await networkProblems(file)].flat()
  const warnings = unknownVariables(context.environment)
  const document = {
    schemaVersion: 1,
    ok: problems.length === 0,
    problems: problems.map(({ source, line, field, message }) => ({ source, ...(line === undefined ? {} : { line }), field, message })),
    warnings
  }
  if (!context.json(document)) {
    for (const { message } of problems) context.print(`✖ ${message}`)
    for (const warning of warnings) context.print(`! ${warning}`)
    if (problems.length === 0) context.print(`✔ ${text === undefined ? `no ${context.paths.config}: all settings have their defaults` : context.paths.config}`)
  }
  return problems.length === 0 ? EXIT.ok : EXIT.badConfig
}

async function networkProblems(file: string): Promise<readonly { source: string; line?: number; field: string; message: string }[]> {
  const text = await readIfPresent(file)
  if (text === undefined) return []
  try {
    const outcome = check(networkFileSchema, parseYaml(text, file))
    return 'problems' in outcome ? outcome.problems : []
  } catch (error) {
    return [error as { source: string; line?: number; field: string; message: string }]
  }
}

/** `srwan config schema` */
export async function showSchema(context: Context): Promise<undefined> {
  context.print(JSON.stringify(configJsonSchema(), null, 2))
}
