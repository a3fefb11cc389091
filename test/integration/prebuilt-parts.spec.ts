import { expect } from 'chai'
import { execFileSync } from 'node:child_process'

const MODULE = (name: string): string => JSON.stringify(new URL(`../../scripts/prebuild/${name}.js`, import.meta.url).href)

/** The scripts are plain JavaScript without types: what they answer is read as JSON. */
function ask(name: string, expression: string): unknown {
  const program = `const script = await import(${MODULE(name)}); console.log(JSON.stringify(await (${expression})(script)))`
  return JSON.parse(execFileSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' }))
}

const READELF = `ELF Header:
  Machine:                           AArch64
Dynamic section at offset 0x1 contains 3 entries:
 0x0000000000000001 (NEEDED)             Shared library: [libc.so.6]
 0x0000000000000001 (NEEDED)             Shared library: [libstdc++.so.6]
Symbol table '.dynsym' contains 4 entries:
   Num:    Value          Size Type    Bind   Vis      Ndx Name
     0: 0000000000000000     0 NOTYPE  LOCAL  DEFAULT  UND 
     1: 0000000000000000     0 FUNC    GLOBAL DEFAULT  UND memcpy@GLIBC_2.17 (2)
     2: 0000000000012340    20 FUNC    GLOBAL DEFAULT   12 napi_register_module_v1
     4: 0000000000000000     0 NOTYPE  GLOBAL DEFAULT  UND _ZN5srwan6Engine5flushEv
     3: 0000000000012380    20 FUNC    WEAK   DEFAULT   12 _Znwm
Version needs section '.gnu.version_r' contains 1 entry:
  0x0010:   Name: GLIBC_2.17  Flags: none  Version: 2
  0x0020:   Name: GLIBC_2.34  Flags: none  Version: 3
`

describe('prebuilt parts', function () {
  this.timeout(60_000)

  it('are one addon for each processor and C library, and an emulator for each processor', () => {
    const names = ask('targets', '({ TARGETS }) => TARGETS.map(({ name }) => name)')
    expect(names).to.deep.equal(['linux-x64-glibc', 'linux-x64-musl', 'linux-x64-emulator', 'linux-arm64-glibc', 'linux-arm64-musl', 'linux-arm64-emulator'])
  })

  it('are read as the loader of another machine reads them', () => {
    expect(ask('examine', `({ factsOf }) => factsOf(${JSON.stringify(READELF)})`)).to.deep.equal({
      machine: 'AArch64',
      needed: ['libc.so.6', 'libstdc++.so.6'],
      glibc: ['2.17', '2.34'],
      exported: ['napi_register_module_v1', '_Znwm'],
      open: ['memcpy', '_ZN5srwan6Engine5flushEv']
    })
  })

  it('are refused with all that is wrong, such as a program of this machine', function () {
    const target = { name: 'linux-arm64-emulator', kind: 'emulator', machine: 'AArch64' }
    const said = ask('examine', `({ examine }) => examine(${JSON.stringify(target)}, process.execPath).catch((error) => error.message)`) as string
    if (said.includes('install binutils')) this.skip()
    expect(said).to.match(process.arch === 'arm64' ? /^linux-arm64-emulator: needs / : /^linux-arm64-emulator: is for .*, needs lib/)
  })

  it('have a stamp each, whether or not they were made', () => {
    const stamps = ask('sources', `async ({ stampOfTarget }) => (await import(${MODULE('targets')})).TARGETS.map(stampOfTarget)`) as readonly string[]
    expect(new Set(stamps).size).to.equal(6)
  })
})
