import { createVirtualClock } from '@srwan/clock'
import { ms, sid } from '@srwan/interface'
import type { DatapathEvents } from '@srwan/interface'
import { expect } from 'chai'
import { SwitchLog } from '../src/switch-log.ts'

type Switched = DatapathEvents['switched']

const sidOf = (index: number): ReturnType<typeof sid> => sid((index + 1).toString(16).padStart(16, '0'))

describe('the log of path switches', () => {
  it('keeps the last switch of each policy with its cause, latest first', async () => {
    const clock = createVirtualClock()
    const log = new SwitchLog(clock)
    const event = (index: number, cause: Switched['cause'], color = 1): Switched => ({ endpoint: sidOf(index), color, forward: [], reverse: [], cause, gapMs: ms(200) })
    const start = clock.now()
    log.add(event(0, 'both'))
    await clock.advance(1000)
    log.add(event(1, 'reverse'))
    await clock.advance(1000)
    log.add(event(0, 'forward'))
    log.add(event(0, 'both', 2))
    expect(log.list()).to.deep.equal([
      { endpoint: sidOf(0), color: 2, at: start + 2000, count: 1, cause: 'both' },
      { endpoint: sidOf(0), color: 1, at: start + 2000, count: 2, cause: 'forward' },
      { endpoint: sidOf(1), color: 1, at: start + 1000, count: 1, cause: 'reverse' }
    ])
  })

  it('forgets the quietest where there are too many', () => {
    const log = new SwitchLog(createVirtualClock())
    for (let index = 0; index < 1025; index++) log.add({ endpoint: sidOf(index), color: 1, forward: [], reverse: [], cause: 'both', gapMs: ms(200) })
    const list = log.list()
    expect(list).to.have.length(1024)
    expect(list[0]?.endpoint).to.equal(sidOf(1024))
    expect(list.at(-1)?.endpoint).to.equal(sidOf(1))
  })
})
