import { ms } from '@srwan/interface'
import { expect } from 'chai'
import { createVirtualClock } from '../src/index.ts'

describe('virtual clock', () => {
  it('runs callbacks by time, then by order of creation', async () => {
    const clock = createVirtualClock()
    const seen: string[] = []
    clock.setTimeout(() => seen.push('b'), ms(20))
    clock.setTimeout(() => seen.push('a'), ms(10))
    clock.setTimeout(() => seen.push('c'), ms(20))
    clock.setTimeout(() => seen.push('late'), ms(20.001))
    await clock.advance(20)
    expect(seen).to.deep.equal(['a', 'b', 'c'])
    expect(clock.now()).to.equal(20)
  })

  it('lets promises settle between two callbacks of one instant', async () => {
    const clock = createVirtualClock({ start: ms(5) })
    const seen: string[] = []
    void clock.sleep(ms(10)).then(() => seen.push('after first'))
    clock.setTimeout(() => seen.push('second'), ms(10))
    await clock.advance(10)
    expect(seen).to.deep.equal(['after first', 'second'])
    expect(clock.now()).to.equal(15)
  })

  it('keeps many random timers in order', async () => {
    const clock = createVirtualClock()
    const seen: number[] = []
    for (let i = 0; i < 500; i++) {
      const delay = (i * 7919) % 211
      const timer = clock.setTimeout(() => seen.push(clock.now()), ms(delay))
      if (i % 3 === 0) timer.cancel()
    }
    await clock.advance(300)
    expect(seen).to.have.length(333)
    expect(seen).to.deep.equal([...seen].sort((x, y) => x - y))
  })

  it('repeats an interval until it is cancelled, also from within', async () => {
    const clock = createVirtualClock()
    let count = 0
    const timer = clock.setInterval(() => {
      if (++count === 3) timer.cancel()
    }, ms(10))
    await clock.advance(1000)
    expect(count).to.equal(3)
  })

  it('runUntil stops at the instant at which the promise settles', async () => {
    const clock = createVirtualClock()
    const result = await clock.runUntil(
      clock
        .sleep(ms(30))
        .then(() => clock.sleep(ms(12)))
        .then(() => 'done')
    )
    expect(result).to.equal('done')
    expect(clock.now()).to.equal(42)
  })

  it('runUntil says so when nothing can settle the promise any more', async () => {
    const clock = createVirtualClock()
    const outcome = await clock.runUntil(new Promise(() => {})).catch((error: Error) => error.message)
    expect(outcome).to.match(/nothing is left/)
  })

  it('runUntil says so when its limit is reached', async () => {
    const clock = createVirtualClock()
    clock.setInterval(() => {}, ms(10))
    const outcome = await clock.runUntil(new Promise(() => {}), 100).catch((error: Error) => error.message)
    expect(outcome).to.match(/100 ms/)
  })

  it('an aborted sleep rejects with the reason of the signal', async () => {
    const clock = createVirtualClock()
    const controller = new AbortController()
    const sleeping = clock.sleep(ms(100), controller.signal).catch((error: Error) => error.message)
    controller.abort(new Error('enough'))
    expect(await clock.runUntil(sleeping)).to.equal('enough')
    expect(await clock.sleep(ms(1), controller.signal).catch((error: Error) => error.message)).to.equal('enough')
  })

  it('keeps wall time and monotonic time in step', async () => {
    const clock = createVirtualClock({ wallStart: ms(1_000_000) })
    await clock.advance(250)
    expect(clock.wallTime()).to.equal(1_000_250)
  })
})
