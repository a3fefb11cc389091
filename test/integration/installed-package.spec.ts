import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'chai'

const run = promisify(execFile)
const ROOT = new URL('../..', import.meta.url).pathname
const PACKER = new URL('../../scripts/prebuild/package.js', import.meta.url).pathname
const COMPILERS = ['cc', 'gcc', 'g++', 'c++', 'clang', 'clang++', 'make', 'cmake', 'python3', 'node-gyp']
/** What the package's users have beside Node: npm starts scripts with `sh`. */
const PROGRAMS = ['sh', 'env', 'ip', 'npm']

/** Runs in a process of its own, for its exit code and so that nothing of this one is loaded. */
const LOADER = `
  const { createRequire } = await import('node:module')
  const { readdirSync } = await import('node:fs')
  const folder = process.argv[1] + '/node_modules/srwan/dist/bundle/prebuilds/' + process.platform + '-' + process.arch
  const { NativeDatapath } = createRequire(import.meta.url)(folder + '/' + readdirSync(folder).find((name) => name.endsWith('.node')))
  const one = new NativeDatapath({ networkId: 'test', sid: '00000000000000aa', listen: { address: '127.0.0.1', port: 0 }, probeInterval: 1000 }, () => {})
  one.start()
  console.log(one.listenEndpoint().port > 0, one.publicKey().length)
  one.stop()`

describe('installed package', function () {
  this.timeout(120_000)
  let top: string
  let folder: string
  let env: NodeJS.ProcessEnv

  before(async () => {
    top = await mkdtemp(join(tmpdir(), 'srwan-installed-'))
    folder = join(top, 'empty')
    await mkdir(folder)
    await mkdir(join(top, 'bin'))
    for (const program of PROGRAMS) await symlink(await whereIs(program), join(top, 'bin', program))
    await symlink(process.execPath, join(top, 'bin', 'node'))
    env = { PATH: join(top, 'bin'), HOME: top, npm_config_cache: join(top, 'cache'), npm_config_registry: 'http://127.0.0.1:9/' }
    const { stdout } = await run(
      process.execPath,
      [
        '--input-type=module',
        '-e',
        `const { packPackage } = await import(${JSON.stringify(PACKER)}); console.log(await packPackage({ host: true, destination: ${JSON.stringify(top)} }))`
      ],
      { cwd: ROOT }
    )
    await run('npm', ['install', '--ignore-scripts', '--offline', '--no-audit', '--no-fund', stdout.trim()], { cwd: folder, env })
  })

  after(async () => {
    await rm(top, { recursive: true, force: true })
  })

  const srwan = async (args: readonly string[], more: NodeJS.ProcessEnv = {}): Promise<{ stdout: string; stderr: string; code: number }> =>
    run(join(folder, 'node_modules/.bin/srwan'), [...args], { cwd: folder, env: { ...env, ...more } }).then(
      (done) => ({ ...done, code: 0 }),
      (error: { stdout: string; stderr: string; code: number }) => error
    )

  it('was installed without a compiler, a registry or another package', async () => {
    for (const compiler of COMPILERS) expect(await readdir(join(top, 'bin'))).not.to.include(compiler)
    expect((await readdir(join(folder, 'node_modules'))).filter((name) => !name.startsWith('.'))).to.deep.equal(['srwan'])
    const manifest = JSON.parse(await readFile(join(folder, 'node_modules/srwan/package.json'), 'utf8')) as Record<string, unknown>
    expect(manifest).not.to.have.any.keys('dependencies', 'scripts', 'devDependencies')
  })

  it('says its version and its commands', async () => {
    const { version } = JSON.parse(await readFile(join(ROOT, 'packages/cli/package.json'), 'utf8')) as { version: string }
    expect(await srwan(['--version'])).to.include({ code: 0, stdout: `${version}\n` })
    expect((await srwan(['--help'])).stdout)
      .to.include('up ')
      .and.include('testnet')
  })

  it('brings an addon that carries packets', async () => {
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', LOADER, folder], { cwd: folder, env })
    expect(stdout).to.equal('true 32\n')
  })

  it('brings an addon that the doctor passes', async () => {
    const home = join(top, 'home')
    expect(await srwan(['network', 'create', 'acme', '--home', home, '--name', 'a', '--address', '127.0.0.1'])).to.include({ code: 0 })
    const { stdout } = await srwan(['doctor', '--home', home, '--json'])
    const checks = (JSON.parse(stdout) as { checks: readonly { name: string; outcome: string; found: string }[] }).checks
    const addon = checks.find(({ name }) => /datapath|addon/.test(name))
    expect(addon, JSON.stringify(checks)).to.include({ outcome: 'pass' })
  })

  it('says in one message where it runs, on a system that it does not know', async () => {
    const elsewhere = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent("Object.defineProperty(process, 'platform', { value: 'darwin' })")}` }
    const home = join(top, 'home')
    for (const [args, what] of [
      [['up', '--home', home], 'the native datapath'],
      [['testnet', 'up', '--dir', join(top, 't')], 'the testnet']
    ] as const) {
      const { stderr, code } = await srwan(args, elsewhere)
      expect(code).to.equal(1)
      expect(stderr).to.include(`${what} runs on Linux on x64 and arm64 (glibc 2.28 or later, or musl); this is darwin-${process.arch}\n`)
      expect(stderr).to.include('docker/Dockerfile').and.include('[ERR_UNSUPPORTED_SYSTEM, exit 1]')
    }
  })

  it('brings the emulator and the scenarios of the testnet', async () => {
    const emulator = join(folder, 'node_modules/srwan/dist/bundle/testbed/prebuilds', `${process.platform}-${process.arch}`, 'emulator')
    const { stdout } = await run(emulator, ['check'], { env }).catch((error: { stdout: string }) => error)
    expect(stdout).to.match(/^\{.*\}\n$/)
    const refused = await srwan(['testnet', 'up', '--dir', join(top, 't'), '--nodes', '100000'])
    expect(refused.stderr, 'the scenario was read before its size was refused').not.to.include('ERR_MISSING_PROGRAM')
    expect(refused.code).to.equal(2)
  })
})

async function whereIs(program: string): Promise<string> {
  return (await run('sh', ['-c', `command -v ${program}`])).stdout.trim()
}
