import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { run } from '../src/index.ts'

/** The root of the workspace: `--import=tsx` is resolved from there. */
const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
const SOURCE = fileURLToPath(new URL('../src/srwan.ts', import.meta.url))

export interface Finished {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Argument vector that runs the command from its sources. */
export const COMMAND: readonly string[] = [process.execPath, '--conditions=source', '--import=tsx', SOURCE]

/** The same of the command as it was built last: starts in a third of the time. */
export const BUILT_COMMAND: readonly string[] = [process.execPath, fileURLToPath(new URL('../bin/srwan.js', import.meta.url))]

/** Runs `srwan` as a process of its own. @param more.prefix - e.g. `ip netns exec NAME` @param more.command - {@link COMMAND} by default */
export async function srwan(
  args: readonly string[],
  more: { readonly env?: Record<string, string>; readonly input?: string; readonly prefix?: readonly string[]; readonly command?: readonly string[] } = {}
): Promise<Finished> {
  const [program = '', ...rest] = [...(more.prefix ?? []), ...(more.command ?? COMMAND), ...args]
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('SRWAN_') && name !== 'FORCE_COLOR'))
  const child = spawn(program, rest, { cwd: ROOT, env: { ...env, ...more.env } })
  const output = { stdout: '', stderr: '' }
  child.stdout.on('data', (chunk: Buffer) => {
    output.stdout += chunk.toString('utf8')
  })
  child.stderr.on('data', (chunk: Buffer) => {
    output.stderr += chunk.toString('utf8')
  })
  child.stdin.on('error', () => {
    /* it ended without reading */
  })
  child.stdin.end(more.input ?? '')
  const code = await new Promise<number | null>((resolve) => {
    child.once('close', resolve)
  })
  return { code, ...output }
}

/** Runs a command line inside this process, for speed. */
export async function inProcess(args: readonly string[], more: { env?: Record<string, string>; tty?: boolean; columns?: number } = {}): Promise<Finished> {
  const out = { stdout: '', stderr: '' }
  const code = await run(args, {
    environment: { ...more.env },
    stdout: {
      write: (text) => {
        out.stdout += text
      },
      isTTY: more.tty ?? false,
      columns: more.columns ?? 120
    },
    stderr: {
      write: (text) => {
        out.stderr += text
      }
    }
  })
  return { code, ...out }
}
