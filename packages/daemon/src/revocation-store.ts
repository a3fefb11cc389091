import { open, rename, unlink } from 'node:fs/promises'
import { formatRevocationsFile, parseRevocationsFile } from '@srwan/config'
import { readIfPresent } from './home.ts'

/**
 * Writes a file so that a reader sees the old content or the new one, never half.
 *
 * @param mode - of the file, e.g. 0o600
 */
export async function replaceFile(file: string, content: string, mode: number): Promise<void> {
  const draft = `${file}.${process.pid}.new`
  try {
    const handle = await open(draft, 'w', mode)
    try {
      await handle.writeFile(content)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(draft, file)
  } catch (error) {
    await unlink(draft).catch(() => {})
    throw error
  }
}

/** Adds a signed revocation to the home's file, once. The caller has verified it. */
export async function addRevocation(file: string, revocation: Uint8Array): Promise<void> {
  const text = await readIfPresent(file)
  const known = text === undefined ? [] : parseRevocationsFile(text, file)
  if (known.some((one) => Buffer.from(one).equals(revocation))) return
  await replaceFile(file, formatRevocationsFile([...known, revocation]), 0o644)
}
