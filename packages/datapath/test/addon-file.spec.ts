import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect } from 'chai'
import { addonFiles, systemOf, thisSystem } from '../src/addon-file.ts'

const GLIBC_MAP = '7f00-7f01 r-xp 00000000 fe:00 1 /usr/lib/x86_64-linux-gnu/libc.so.6\n'
const MUSL_MAP = '7f00-7f01 r-xp 00000000 fe:00 1 /lib/ld-musl-x86_64.so.1\n'

describe('addon file', () => {
  let directory: string

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'srwan-addon-'))
  })

  afterEach(async () => {
    await rm(directory, { recursive: true, force: true })
  })

  async function put(...files: readonly string[]): Promise<void> {
    for (const file of files) {
      await mkdir(dirname(join(directory, file)), { recursive: true })
      await writeFile(join(directory, file), '')
    }
  }

  it('knows the C library of a process by what it has loaded', () => {
    expect(systemOf('linux', 'x64', GLIBC_MAP)).to.deep.equal({ platform: 'linux', arch: 'x64', libc: 'glibc', supported: true })
    expect(systemOf('linux', 'arm64', MUSL_MAP)).to.include({ libc: 'musl', supported: true })
    expect(systemOf('darwin', 'arm64', undefined)).to.include({ supported: false })
    expect(systemOf('linux', 'riscv64', GLIBC_MAP)).to.include({ supported: false })
  })

  it('knows the C library of this process', () => {
    const { header } = process.report.getReport() as unknown as { header: { glibcVersionRuntime?: string } }
    expect(thisSystem().libc).to.equal(header.glibcVersionRuntime === undefined ? 'musl' : 'glibc')
  })

  it('takes what was shipped for the system, and for no other', async () => {
    await put('prebuilds/linux-x64/srwan_datapath.glibc.node', 'prebuilds/linux-x64/srwan_datapath.musl.node', 'prebuilds/linux-arm64/srwan_datapath.glibc.node')
    expect(addonFiles(directory, systemOf('linux', 'x64', MUSL_MAP))).to.deep.equal([join(directory, 'prebuilds/linux-x64/srwan_datapath.musl.node')])
    expect(addonFiles(directory, systemOf('linux', 'arm64', GLIBC_MAP))).to.deep.equal([join(directory, 'prebuilds/linux-arm64/srwan_datapath.glibc.node')])
    expect(addonFiles(directory, systemOf('linux', 'arm64', MUSL_MAP))).to.deep.equal([])
    expect(addonFiles(directory, systemOf('win32', 'x64', undefined))).to.deep.equal([])
  })

  it('prefers what was built here', async () => {
    await put('prebuilds/linux-x64/srwan_datapath.glibc.node', 'build/Release/srwan_datapath.node')
    expect(addonFiles(directory, systemOf('linux', 'x64', GLIBC_MAP))).to.deep.equal([
      join(directory, 'build/Release/srwan_datapath.node'),
      join(directory, 'prebuilds/linux-x64/srwan_datapath.glibc.node')
    ])
  })
})
