import { rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { idleShare } from '@srwan/testing'
import { median } from './round-trips.ts'
import { CLOUD12, SRWAN, Testnet, deriveScenario, eventually, srwan } from './testnet-run.ts'
import type { Ended, TestnetNode } from './testnet-run.ts'

/** CPU of cold start, question and verification: the best of some tries at each node, the median of the nodes. */
const MAX_SECONDS = 1
const TRIES = 3
/** What is written in an epoch is anchored when the one after it has gone by. */
const EPOCH_SECONDS = 20
const WHOLE_MS = 120_000
const ANCHORED_MS = 360_000

/** Where an entry stands. */
interface Place {
  readonly author: string
  readonly scope: string
  readonly epoch: number
}
interface Answer {
  readonly entries: readonly (Place & { readonly seq: number; readonly kind: string; readonly hash: string })[]
  readonly proofs: readonly (Place & { readonly seq: number })[]
  readonly anchors: readonly { readonly epoch: number; readonly root: string }[]
}
interface Verification {
  readonly ok: boolean
  readonly entries: readonly { readonly proof: string }[]
  readonly anchors: readonly { readonly signature: boolean }[]
}
interface Asked extends Ended {
  readonly wallSeconds: number
  readonly cpuSeconds: number
}

const nameOf = ({ author, scope, epoch }: Place): string => `${epoch} ${scope} ${author}`
const answerOf = ({ stdout }: Ended): Answer => JSON.parse(stdout) as Answer

/** Entries without a proof of their log up to them. */
function unprovenOf({ entries, proofs }: Answer): readonly Place[] {
  const heads = new Map(proofs.map((proof) => [nameOf(proof), proof.seq]))
  return entries.filter((entry) => (heads.get(nameOf(entry)) ?? -1) < entry.seq)
}

/** Of the epochs in which the entries stand, the roots that they are proven under. */
function rootsOf({ entries, anchors }: Answer): readonly string[] {
  const epochs = new Set(entries.map(({ epoch }) => epoch))
  return anchors.flatMap(({ epoch, root }) => (epochs.has(epoch) ? [`${epoch} ${root}`] : [])).sort()
}

describe('the exchange of twelve nodes, asked by a machine that is no member', function () {
  this.timeout(900_000)
  let testnet: Testnet
  let nodes: readonly TestnetNode[]
  const answerFile = join(tmpdir(), `srwan-answer-${process.pid}.json`)

  before(async () => {
    const scenario = await deriveScenario(CLOUD12, (text) => {
      text.network = { ...text.network, pulseInterval: '2s', epoch: `${EPOCH_SECONDS}s` }
    })
    testnet = await Testnet.start(scenario)
    nodes = await testnet.nodes()
  })
  after(async () => {
    await testnet?.down()
    await rm(answerFile, { force: true })
  })

  const peerOf = ({ underlayAddress, peerId }: TestnetNode): string => `/ip4/${underlayAddress}/tcp/4801/p2p/${peerId}`
  const network = (): string => join(nodes[0]?.home ?? '', 'network.yaml')
  /** Asks a node from inside another one's namespace (the stranger has no namespace of its own), with no home. */
  const ask = async (node: TestnetNode, ...question: readonly string[]): Promise<Asked> => {
    const from = nodes.find(({ name }) => name !== node.name)
    const command = [process.execPath, SRWAN, 'ditex', 'query', '--peer', peerOf(node), '--network', network(), '--home', '/nonexistent', '--json', ...question]
    const ended = await testnet.exec(from?.name ?? '', 'bash', '-c', 'TIMEFORMAT="%R %U %S"; time "$@"', 'bash', ...command)
    if (ended.code !== 0) throw new Error(`${node.name}: ${ended.stderr}`)
    const [wall = Number.NaN, user = Number.NaN, system = Number.NaN] = (ended.stderr.trim().split('\n').at(-1) ?? '').split(' ').map(Number)
    return { ...ended, wallSeconds: wall, cpuSeconds: user + system }
  }
  const everythingOf = (epoch: number): readonly string[] => ['--history', '--since', `epoch:${epoch}`, '--until', `epoch:${epoch}`]
  /** All that was written into the newest anchored epoch, once everybody proves all of it; what reached the signer too late has no proof, so it may take another epoch. */
  const provenQuestion = async (): Promise<readonly string[]> => {
    const [first] = nodes as [TestnetNode]
    const epoch = Math.max(...answerOf(await ask(first, '--kind', 'router')).anchors.map((anchor) => anchor.epoch))
    const question = everythingOf(epoch)
    for (const node of nodes) {
      const answer = answerOf(await ask(node, ...question))
      const unproven = unprovenOf(answer).map(({ author, scope }) => `${nodes.find(({ peerId }) => peerId === author)?.name} (${scope})`)
      if (answer.entries.length === 0 || unproven.length > 0)
        throw new Error(`${node.name}: ${answer.entries.length} entries in ${epoch}, without proof those of ${unproven.join()}`)
    }
    return question
  }
  const verified = async (asked: Asked): Promise<Verification> => {
    await writeFile(answerFile, asked.stdout)
    const { stdout } = await srwan('ditex', 'verify', answerFile, '--network', network(), '--json')
    return JSON.parse(stdout) as Verification
  }

  it('gets the same routers from each of them', async () => {
    const answers: Answer[] = []
    for (const node of nodes) {
      // Until every router's entry has reached it.
      const whole = async (): Promise<Answer> => {
        const answer = answerOf(await ask(node, '--kind', 'router'))
        if (answer.entries.length !== nodes.length) throw new Error(`${node.name} holds ${answer.entries.length} entries`)
        return answer
      }
      answers.push(await eventually(whole, WHOLE_MS))
    }
    expect(answers[0]?.entries.map(({ author }) => author).sort()).to.deep.equal(nodes.map(({ peerId }) => peerId).sort())
    for (const answer of answers) expect(answer.entries).to.deep.equal(answers[0]?.entries)
  })

  it('and of an anchored epoch the same entries, proven under the same root, in a second of CPU', async () => {
    const question = await eventually(provenQuestion, ANCHORED_MS)
    const idleBefore = await idleShare()
    const tries: Asked[][] = []
    for (const node of nodes) {
      const asked: Asked[] = []
      for (let i = 0; i < TRIES; i++) asked.push(await eventually(() => ask(node, ...question), WHOLE_MS))
      tries.push(asked)
    }
    const idle = Math.min(idleBefore, await idleShare())
    const answers = tries.map(([first]) => answerOf(first as Asked))
    expect(rootsOf(answers[0] as Answer)).to.have.lengthOf(1)
    for (const [index, [first]] of tries.entries()) {
      expect(answers[index]?.entries).to.deep.equal(answers[0]?.entries)
      expect(rootsOf(answers[index] as Answer)).to.deep.equal(rootsOf(answers[0] as Answer))
      const { ok, entries, anchors } = await verified(first as Asked)
      const proofs = [...new Set(entries.map(({ proof }) => proof))]
      expect({ ok, proofs, signed: anchors.every(({ signature }) => signature) }, nodes[index]?.name).to.deep.equal({ ok: true, proofs: ['anchored'], signed: true })
    }
    const best = (field: 'wallSeconds' | 'cpuSeconds'): readonly number[] => tries.map((asked) => Math.min(...asked.map((one) => one[field])))
    const shown = (seconds: readonly number[]): string => nodes.map(({ name }, index) => `${name} ${seconds[index]?.toFixed(2)}`).join(', ')
    const report = `CPU s: ${shown(best('cpuSeconds'))}; wall s: ${shown(best('wallSeconds'))}; ${Math.round(idle * 100)} % of the machine idle`
    process.stdout.write(`      ${answers[0]?.entries.length} entries, best of ${TRIES}, ${report}\n`)
    // The clock on the wall holds the emulated way there and back several times, and whatever else runs here: it is told, not judged.
    expect(median(best('cpuSeconds')), report).to.be.at.most(MAX_SECONDS)
  })

  it('checks the saved answer offline', async () => {
    const { code, stdout } = await srwan('ditex', 'verify', answerFile, '--network', network())
    expect(code, stdout).to.equal(0)
    expect(stdout).to.match(/✔ [1-9]\d* entries verified/)
    expect(stdout).to.match(/ 0 under roots whose signer is not known here, 0 without proof, 0 with a wrong one/)
  })

  it('asks the own node, which compares with two others', async () => {
    const { code, stdout, stderr } = await srwan('--home', nodes[0]?.home ?? '', 'ditex', 'query', '--kind', 'router', '--peers', '3', '--json')
    expect(code, stderr).to.equal(0)
    const { completeness } = JSON.parse(stdout) as { completeness: { checked: boolean; peers: { missing: number }[] } }
    expect({ checked: completeness.checked, missing: completeness.peers.map(({ missing }) => missing) }).to.deep.equal({ checked: true, missing: [0, 0, 0] })
  })
})
