import { spawnSync } from 'node:child_process'
import { ms } from '@srwan/interface'
import { expect } from 'chai'
import { systemClock } from '../src/index.ts'

describe('system clock', () => {
  it('sleeps at least as long as asked, less a millisecond of rounding, on a monotonic clock', async () => {
    const clock = systemClock()
    const before = clock.now()
    await clock.sleep(ms(20))
    expect(clock.now() - before).to.be.greaterThan(18)
    expect(clock.wallTime()).to.be.closeTo(Date.now(), 1000)
  })

  it('does not fire a timer of more than 2³¹ ms at once', async () => {
    const clock = systemClock()
    let fired = false
    const timer = clock.setTimeout(
      () => {
        fired = true
      },
      ms(2 ** 33)
    )
    await clock.sleep(ms(10))
    timer.cancel()
    expect(fired).to.equal(false)
  })

  it('a cancelled interval is silent', async () => {
    const clock = systemClock()
    let count = 0
    await new Promise<void>((resolve) => {
      const timer = clock.setInterval(() => {
        if (++count === 3) {
          timer.cancel()
          resolve()
        }
      }, ms(1))
    })
    await clock.sleep(ms(10))
    expect(count).to.equal(3)
  })

  it('an aborted sleep rejects with the reason', async () => {
    const clock = systemClock()
    const outcome = await clock.sleep(ms(60_000), AbortSignal.abort(new Error('stop'))).catch((error: Error) => error.message)
    expect(outcome).to.equal('stop')
  })

  it('does not keep a process alive', () => {
    const program = "import { systemClock } from '@srwan/clock'; systemClock().setTimeout(() => {}, 60_000); systemClock().setInterval(() => {}, 1000)"
    const result = spawnSync(process.execPath, ['--conditions=source', '--import=tsx', '--input-type=module', '-e', program], { timeout: 30_000 })
    expect(result.status).to.equal(0)
  }).timeout(40_000)
})
