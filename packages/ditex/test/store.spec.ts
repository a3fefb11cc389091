import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { silentLogger } from '@srwan/testing'
import { MemoryEntryStore, createLevelStore } from '../src/index.ts'
import { storeCompliance } from './store-compliance.ts'

const folders: string[] = []

async function folder(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'srwan-ditex-'))
  folders.push(made)
  return join(made, 'entries')
}

after(() => Promise.all(folders.map((made) => rm(made, { recursive: true, force: true }))))

storeCompliance('memory', () => Promise.resolve(new MemoryEntryStore()))
storeCompliance('Level', async () => createLevelStore({ logger: silentLogger() }, { location: await folder() }))
