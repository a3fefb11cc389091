import { createHash } from 'node:crypto'
import { mkdir, open, readFile, rename } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Logger } from '@srwan/interface'
import { EMPTY_LEDGER, parseLedgerState } from './ledger-state.ts'
import type { LedgerState } from './ledger-state.ts'

/** Larger than the largest ledger; a larger file is not read. */
const MAX_FILE_OCTETS = 256 * 1024 * 1024
const VERSION = 1

/** Where the ledger outlives the process. */
export interface CheckpointFile {
  /** Never rejects: where the last checkpoint is damaged, the one before it, with a warning; else nothing. */
  readonly load: () => Promise<LedgerState>
  /** Atomic and on the disk when it resolves: whoever dies in between leaves this state or the one before. @throws the file system's error */
  readonly save: (state: LedgerState) => Promise<void>
}

/** @param file - its directory is made where it is missing; beside it lie the checkpoint before, and the next one while it is written */
export function createCheckpointFile(file: string, logger: Logger): CheckpointFile {
  const previous = `${file}.previous`
  return {
    load: async () => {
      const last = await read(file)
      if (last instanceof Error || last === undefined) {
        const before = await read(previous)
        const reason = last instanceof Error ? last.message : undefined
        if (before instanceof Error || before === undefined) {
          if (reason !== undefined) logger.warn('the ledger is damaged and there is none before it: totals start at zero', { file, reason })
          return EMPTY_LEDGER
        }
        if (reason !== undefined) logger.warn('the ledger is damaged: the checkpoint before it is used, what was counted in between is lost', { file, reason })
        return before
      }
      return last
    },
    save: async (state) => {
      await mkdir(dirname(file), { recursive: true, mode: 0o700 })
      const next = `${file}.next`
      await writeDown(next, format(state))
      await rename(file, previous).catch(ignoreMissing)
      await rename(next, file)
      await syncDirectory(dirname(file))
    }
  }
}

/** @returns `undefined` where there is no such file, an error where it cannot be used */
async function read(file: string): Promise<LedgerState | Error | undefined> {
  try {
    const content = await readFile(file)
    return parse(content)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    return error instanceof Error ? error : new Error(String(error))
  }
}

const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex')

/** The digest stands on the first line, over the whole second one. */
function format(state: LedgerState): string {
  const body = JSON.stringify({ version: VERSION, ...state })
  return `${digestOf(body)}\n${body}\n`
}

function parse(content: Buffer): LedgerState {
  if (content.length > MAX_FILE_OCTETS) throw new RangeError('larger than any ledger')
  const [digest = '', body = ''] = content.toString('utf8').split('\n')
  if (digestOf(body) !== digest) throw new TypeError('its digest does not fit')
  const value = JSON.parse(body) as { readonly version?: unknown }
  if (value.version !== VERSION) throw new TypeError('of another version')
  return parseLedgerState(value)
}

async function writeDown(file: string, content: string): Promise<void> {
  const handle = await open(file, 'w', 0o600)
  try {
    await handle.writeFile(content)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** A rename is on the disk when its directory is. */
async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

function ignoreMissing(error: unknown): void {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
}
