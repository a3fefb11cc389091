import { readFileSync } from 'node:fs'
import { open, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { InvalidInputError } from '@srwan/interface'

const processSchema = z.object({ pid: z.int(), startTime: z.string() })

const nodeSchema = z.object({
  name: z.string(),
  home: z.string(),
  sid: z.string(),
  peerId: z.string(),
  overlayAddress: z.string(),
  underlayAddress: z.string(),
  overlayIpv4: z.string(),
  /** starting | running | stopped | killed | exited */
  state: z.enum(['starting', 'running', 'stopped', 'killed', 'exited']),
  namespaceInode: z.int().optional(),
  holder: processSchema.optional(),
  daemon: processSchema.optional()
})

const stateSchema = z.object({
  schemaVersion: z.literal(1),
  phase: z.enum(['starting', 'ready', 'stopping']),
  scenario: z.string(),
  bootId: z.string(),
  marker: z.string(),
  /** The topmost directory that was made for this testnet; absent where all were there. */
  createdRoot: z.string().optional(),
  supervisor: processSchema,
  emulator: processSchema.optional(),
  nodes: z.array(nodeSchema)
})

/** What `DIR/testnet.json` holds: enough to find and end everything of this testnet, whoever died. */
export type TestnetState = z.output<typeof stateSchema>
/** One node in it. */
export type NodeRecord = z.output<typeof nodeSchema>

/** Names of everything that a testnet keeps in its directory. */
export const TESTNET_FILES = { state: 'testnet.json', control: 'wan.sock', supervisor: 'supervisor.sock', log: 'supervisor.log', nodes: 'nodes' } as const

/** Changes with every boot: after one, nothing of the recorded processes lives. */
export const currentBootId = (): string => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()

/**
 * @returns `undefined` where no testnet is, or was left, in the directory
 * @throws InvalidInputError where the file is none of ours
 */
export function readState(dir: string): TestnetState | undefined {
  const file = join(dir, TESTNET_FILES.state)
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw new InvalidInputError({ source: file }, `cannot be read (${code ?? 'unknown'})`, { cause: error })
  }
  try {
    return stateSchema.parse(JSON.parse(text))
  } catch (cause) {
    throw new InvalidInputError({ source: file }, 'is not the state of a testnet', { cause, remedy: "Choose another --dir, or remove this one if it was a testnet's." })
  }
}

/** Replaces the file in one step: a reader sees the old state or the new one. */
export async function writeState(dir: string, state: TestnetState): Promise<void> {
  const file = join(dir, TESTNET_FILES.state)
  const handle = await open(`${file}.new`, 'w', 0o600)
  try {
    await handle.writeFile(`${JSON.stringify(state, null, 1)}\n`)
  } finally {
    await handle.close()
  }
  await rename(`${file}.new`, file)
}
