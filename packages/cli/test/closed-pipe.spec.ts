import { expect } from 'chai'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const ENTRY = fileURLToPath(new URL('../src/srwan.ts', import.meta.url))

describe('a reader that leaves', () => {
  it('is no failure: exit code 0 and not a word on stderr', async () => {
    const child = spawn(process.execPath, ['--conditions=source', '--import=tsx', ENTRY, 'config', 'schema'], { stdio: ['ignore', 'pipe', 'pipe'] })
    child.stdout.destroy()
    let said = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text
    })
    const [code] = await once(child, 'close')
    expect(said).to.equal('')
    expect(code).to.equal(0)
  })
})
