import { EXIT } from '@srwan/api/light'
import type { DoctorCheck } from '@srwan/api/light'
import type { Context } from '../context.ts'
import { safe } from '../text/quantities.ts'

/** `srwan doctor`: exit code 4 where a check fails. */
export async function doctor(context: Context): Promise<number> {
  const checks = await ask(context)
  if (!context.json({ schemaVersion: 1, checks })) for (const line of checks.flatMap((check) => checkLines(check, context))) context.print(line)
  return checks.some(({ outcome }) => outcome === 'fail') ? EXIT.unhealthy : EXIT.ok
}

/** The running daemon sees its own privileges and namespace; without one the checks run here. */
async function ask(context: Context): Promise<readonly DoctorCheck[]> {
  try {
    return (await context.client.doctor(context.signal)).checks
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'ERR_DAEMON_UNREACHABLE') throw error
  }
  const { diagnose } = await import('@srwan/daemon/light')
  const { loadNetwork, loadSettings } = await import('@srwan/daemon/light')
  const settings = await loadSettings({ home: context.options.home, environment: context.environment }).catch(() => undefined)
  const network =
    settings === undefined
      ? undefined
      : await loadNetwork(settings).then(
          (found) => found.network,
          () => undefined
        )
  return diagnose({
    home: context.paths.home,
    environment: context.environment,
    daemonRuns: false,
    signal: context.signal,
    ...(settings === undefined ? {} : { config: settings.config }),
    ...(network === undefined ? {} : { network })
  })
}

function checkLines({ name, outcome, found, remedy }: DoctorCheck, { colors }: Context): string[] {
  const mark = { pass: colors.green('✔'), warn: colors.yellow('!'), fail: colors.red('✖'), skip: colors.dim('–') }[outcome]
  const line = `${mark} ${name.padEnd(17)} ${safe(found)}`
  return outcome === 'pass' || outcome === 'skip' || remedy === undefined ? [line] : [line, `  ${' '.repeat(17)} ${colors.dim('fix:')} ${safe(remedy)}`]
}
