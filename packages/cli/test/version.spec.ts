import { readFile } from 'node:fs/promises'
import { expect } from 'chai'
import { inProcess } from './command-line.ts'

describe('srwan --version', () => {
  it('is the version of package.json', async () => {
    const { version } = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }
    expect(await inProcess(['--version'])).to.deep.equal({ code: 0, stdout: `${version}\n`, stderr: '' })
  })
})
