import { createVirtualClock } from '@srwan/clock'
import { sid } from '@srwan/interface'
import { expect } from 'chai'
import { SwitchLog } from '../src/switch-log.ts'

const sidOf = (index: number): ReturnType<typeof sid> => sid((index + 1).toString(16).padStart(16, '0'))

describe('the log of path switches', () => {
  it('keeps the last switch of each policy with its cause, latest first', async () => {
    const clock = createVirtualClock()
    const log = new SwitchLog(clock)
    const event = (index: number, color = 1): { endpoint: ReturnType<typeof sid>; color: number; forward: []; reverse: [] } => ({
      endpoint: sidOf(index),
      color,
      forward: [],
      reverse: []
    })
    const start = clock.now()
    log.add({ ...event(0), cause: 'no answer' })
    await clock.advance(1000)
    log.add(event(1))
    await clock.advance(1000)
    log.add(event(0))
    log.add(event(0, 2))
    expect(log.list()).to.deep.equal([
      { endpoint: sidOf(0), color: 2, at: start + 2000, count: 1 },
      { endpoint: sidOf(0), color: 1, at: start + 2000, count: 2 },
      { endpoint: sidOf(1), color: 1, at: start + 1000, count: 1 }
    ])
  })

  it('forgets the quietest where there are too many', () => {
    const log = new SwitchLog(createVirtualClock())
    for (let index = 0; index < 1025; index++) log.add({ endpoint: sidOf(index), color: 1, forward: [], reverse: [] })
    const list = log.list()
    expect(list).to.have.length(1024)
    expect(list[0]?.endpoint).to.equal(sidOf(1024))
    expect(list.at(-1)?.endpoint).to.equal(sidOf(1))
  })
})
