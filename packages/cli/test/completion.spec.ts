import { spawnSync } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { inProcess } from './command-line.ts'

const SHELLS = ['bash', 'zsh', 'fish'] as const
const has = (program: string): boolean => spawnSync(program, ['-c', 'true']).status === 0

describe('srwan completion', function () {
  this.timeout(60_000)
  let home: string
  let scripts: Record<(typeof SHELLS)[number], string>

  before(async () => {
    home = await mkdtemp(join(tmpdir(), 'srwan-completion-'))
    const [bash, zsh, fish] = (await Promise.all(SHELLS.map(async (shell) => inProcess(['completion', shell])))).map(({ stdout }) => stdout) as [string, string, string]
    scripts = { bash, zsh, fish }
    // Stands for the command where the script asks for names: that the command itself answers is tested for itself.
    const program = join(home, 'srwan')
    await writeFile(program, `#!/bin/sh\necho "$*" >"${asked()}"; printf 'fra\\nchi\\n'\n`)
    await chmod(program, 0o755)
  })

  after(async () => {
    await rm(home, { recursive: true, force: true })
  })

  const asked = (): string => join(home, 'asked')

  /** What bash would offer after these words, the last of which is being typed. */
  const offered = (...words: readonly string[]): string[] => {
    const line = ['srwan', ...words]
    const program = `${scripts.bash}
      COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _srwan srwan "\${!#}"; printf '%s\\n' "\${COMPREPLY[@]}"`
    const { stdout, stderr, status } = spawnSync('bash', ['--norc', '-c', program, 'bash', ...line], {
      encoding: 'utf8',
      cwd: new URL('../../..', import.meta.url),
      env: { ...process.env, PATH: `${home}:${process.env['PATH'] ?? ''}` }
    })
    expect(stderr, stderr).to.equal('')
    expect(status).to.equal(0)
    return stdout.split('\n').filter((word) => word !== '')
  }

  it('is a completion for srwan in bash', () => {
    const { stdout } = spawnSync('bash', ['--norc', '-c', `eval "$1"; complete -p srwan`, 'bash', scripts.bash], { encoding: 'utf8' })
    expect(stdout).to.equal('complete -F _srwan srwan\n')
  })

  it('offers exactly the commands that --help lists', async () => {
    const { stdout } = await inProcess(['--help'])
    const listed = [...(stdout.split('Commands:')[1] ?? '').matchAll(/^ {2}([a-z]+)/gm)].map(([, name]) => name).filter((name) => name !== 'help')
    expect(listed).to.include.members(['up', 'completion', 'testnet'])
    expect(offered('')).to.have.members(listed as string[])
    expect(offered('do')).to.deep.equal(['down', 'doctor'])
  })

  it('offers the commands below a command, wherever flags stand', () => {
    expect(offered('network', 'in')).to.deep.equal(['invite'])
    expect(offered('--home', '/x', '--json', 'config', '')).to.deep.equal(['show', 'check', 'schema'])
    expect(offered('testnet', '')).to.include.members(['up', 'status', 'exec', 'link', 'node', 'down'])
  })

  it('offers flags, and the words that a flag takes', () => {
    expect(offered('ping', 'fra', '--c')).to.deep.equal(['--count', '--color'])
    expect(offered('matrix', '--show', '')).to.deep.equal(['delay', 'loss', 'age'])
    expect(offered('testnet', 'link', 'a', 'b', '--l')).to.include('--loss')
    expect(offered('completion', '')).to.deep.equal(['bash', 'zsh', 'fish'])
    expect(offered('testnet', 'up', '--s'), 'what help hides').to.deep.equal(['--scenario'])
  })

  it('takes the word after a flag for its value, not for a command', () => {
    expect(offered('--network', 'testnet', 'stat')).to.deep.equal(['status'])
  })

  it('asks for names where they belong, in the home or directory that was typed', async () => {
    expect(offered('testnet', 'exec', '--dir', '/t', '')).to.deep.equal(['fra', 'chi'])
    expect(await readFile(asked(), 'utf8')).to.equal('completion --names testnet --dir /t\n')
    expect(offered('testnet', 'link', 'fra', 'c')).to.deep.equal(['chi'])
    expect(offered('testnet', 'link', 'fra', 'chi', '')).to.deep.equal([])
    expect(offered('--home', '/h', 'ping', '')).to.deep.equal(['fra', 'chi'])
    expect(await readFile(asked(), 'utf8')).to.equal('completion --names members --home /h\n')
  })

  it('knows the nodes of a testnet that runs', async () => {
    const dir = join(home, 'testnet')
    const nodes = ['fra', 'chi'].map((name) => ({ name, home: '', sid: '', peerId: '', overlayAddress: '', underlayAddress: '', overlayIpv4: '', state: 'running' }))
    await mkdir(dir)
    await writeFile(
      join(dir, 'testnet.json'),
      JSON.stringify({ schemaVersion: 1, phase: 'ready', scenario: 'x', bootId: '', marker: '', supervisor: { pid: 1, startTime: '' }, nodes })
    )
    expect(await inProcess(['completion', '--names', 'testnet', '--dir', dir])).to.deep.equal({ code: 0, stdout: 'fra\nchi\n', stderr: '' })
    expect(await inProcess(['completion', '--names', 'testnet', '--dir', join(home, 'nowhere')])).to.deep.equal({ code: 0, stdout: '', stderr: '' })
  })

  it('knows the members of the network of a node', async () => {
    const node = join(home, 'node')
    expect((await inProcess(['network', 'create', 'acme', '--home', node, '--name', 'berlin', '--address', '127.0.0.1'])).code).to.equal(0)
    expect(await inProcess(['completion', '--names', 'members', '--home', node])).to.deep.equal({ code: 0, stdout: 'berlin\n', stderr: '' })
    expect(await inProcess(['completion', '--names', 'members', '--home', join(home, 'nowhere')])).to.deep.equal({ code: 0, stdout: '', stderr: '' })
  })

  it('offers the same in fish', function () {
    if (!has('fish')) this.skip()
    const { stdout, stderr } = spawnSync('fish', ['--no-config', '-c', `${scripts.fish}\ncomplete -C 'srwan network '`], { encoding: 'utf8' })
    expect(stderr).to.equal('')
    expect(stdout.split('\n').map((line) => line.split('\t')[0])).to.include.members(['create', 'invite', 'join', 'site', 'members', 'revoke'])
    const flags = spawnSync('fish', ['--no-config', '-c', `${scripts.fish}\ncomplete -C 'srwan matrix --show '`], { encoding: 'utf8' })
    expect(flags.stdout.trim().split('\n')).to.have.members(['delay', 'loss', 'age'])
  })

  it('offers the same in zsh', function () {
    if (!has('zsh')) this.skip()
    const program = `compdef () { print compdef "$@" }; _describe () { print -l -- "\${(P)2[@]}" }
      eval "$1"; words=(srwan network ''); CURRENT=3; _srwan`
    const { stdout, stderr } = spawnSync('zsh', ['-f', '-c', program, 'zsh', scripts.zsh], { encoding: 'utf8' })
    expect(stderr).to.equal('')
    expect(stdout.split('\n').map((line) => line.split(':')[0])).to.include.members(['compdef _srwan srwan', 'create', 'invite', 'join'])
  })

  it('refuses another shell', async () => {
    expect((await inProcess(['completion', 'ksh'])).code).to.equal(2)
    expect((await inProcess(['completion'])).code).to.equal(2)
  })
})
