import { readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { CLOUD12, SRWAN, Testnet, srwan } from './testnet-run.ts'
import type { Ended, TestnetNode } from './testnet-run.ts'

/** Cold start, question and verification, in CPU time: wall time depends on what runs beside the test. */
const MAX_CPU_SECONDS = 1

interface Answer {
  readonly at: number
  readonly entries: readonly { readonly author: string; readonly kind: string; readonly hash: string }[]
}

describe('the exchange of twelve nodes, asked by a machine that is no member', function () {
  this.timeout(300_000)
  let testnet: Testnet
  let nodes: readonly TestnetNode[]
  let answerFile: string

  before(async () => {
    // The scenario names its matrix relative to where it lies.
    const scenario = (await readFile(CLOUD12, 'utf8')).replace(/file: (?=[^/\s])/, `file: ${join(CLOUD12, '..')}/`)
    testnet = await Testnet.start(scenario)
    nodes = await testnet.nodes()
    answerFile = join(tmpdir(), `srwan-answer-${process.pid}.json`)
  })
  after(async () => {
    await testnet.down()
    await rm(answerFile, { force: true })
  })

  const peerOf = ({ underlayAddress, peerId }: TestnetNode): string => `/ip4/${underlayAddress}/tcp/4801/p2p/${peerId}`
  const network = (): string => join(nodes[0]?.home ?? '', 'network.yaml')
  /** Asks a node from inside another one's namespace (the stranger has no namespace of its own), with no home. */
  const ask = async (node: TestnetNode, ...more: readonly string[]): Promise<Ended & { readonly cpuSeconds: number }> => {
    const from = nodes.find(({ name }) => name !== node.name)
    const command = [process.execPath, SRWAN, 'ditex', 'query', '--peer', peerOf(node), '--network', network(), '--home', '/nonexistent', '--json', ...more]
    const ended = await testnet.exec(from?.name ?? '', 'bash', '-c', 'TIMEFORMAT="%U %S"; time "$@"', 'bash', ...command)
    const [user = '9', system = '9'] = ended.stderr.trim().split('\n').at(-1)?.split(' ') ?? []
    return { ...ended, cpuSeconds: Number(user) + Number(system) }
  }

  const isWhole = ({ code, stdout }: Ended): boolean => code === 0 && (JSON.parse(stdout) as Answer).entries.length === nodes.length

  it('gets the same verified answer from each of them, in a second', async () => {
    const deadline = Date.now() + 120_000
    const answers: Awaited<ReturnType<typeof ask>>[] = []
    for (const node of nodes) {
      let answer = await ask(node, '--kind', 'router')
      // Until every router's entry has reached it.
      while (!isWhole(answer) && Date.now() < deadline) answer = await ask(node, '--kind', 'router')
      answers.push(answer)
    }
    for (const [index, { code, stderr }] of answers.entries()) expect(code, `${nodes[index]?.name}: ${stderr}`).to.equal(0)
    const documents = answers.map(({ stdout }) => JSON.parse(stdout) as Answer)
    expect(documents[0]?.entries.map(({ author }) => author).sort()).to.deep.equal(nodes.map(({ peerId }) => peerId as string).sort())
    for (const document of documents) expect(document.entries).to.deep.equal(documents[0]?.entries)
    expect(Math.min(...answers.map(({ cpuSeconds }) => cpuSeconds))).to.be.below(MAX_CPU_SECONDS)
    await writeFile(answerFile, answers[0]?.stdout ?? '')
  })

  it('checks the saved answer offline', async () => {
    const { code, stdout } = await srwan('ditex', 'verify', answerFile, '--network', network())
    expect(code, stdout).to.equal(0)
    expect(stdout).to.match(new RegExp(`✔ ${nodes.length} entries verified`))
  })

  it('asks the own node, which compares with two others', async () => {
    const { code, stdout, stderr } = await srwan('--home', nodes[0]?.home ?? '', 'ditex', 'query', '--kind', 'router', '--peers', '3', '--json')
    expect(code, stderr).to.equal(0)
    const { completeness } = JSON.parse(stdout) as { completeness: { checked: boolean; peers: { missing: number }[] } }
    expect({ checked: completeness.checked, missing: completeness.peers.map(({ missing }) => missing) }).to.deep.equal({ checked: true, missing: [0, 0, 0] })
  })
})
