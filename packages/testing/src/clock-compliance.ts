import { ms } from '@srwan/interface'
import type { Clock } from '@srwan/interface'
import { expect } from 'chai'

/** A clock under test, and how its time passes. */
export interface ClockHarness {
  readonly clock: Clock
  /** Lets the promise settle: runs a virtual clock, awaits a real one. */
  readonly settle: <T>(promise: Promise<T>) => Promise<T>
}

/**
 * What every `Clock` does.
 *
 * @param name - of the implementation, for the report
 * @param factory - a fresh clock for each test
 */
export function clockCompliance(name: string, factory: () => ClockHarness): void {
  describe(`clock compliance: ${name}`, () => {
    it('never runs backwards, and a sleep takes at least its delay less a millisecond', async () => {
      const { clock, settle } = factory()
      const before = clock.now()
      await settle(clock.sleep(ms(15)))
      expect(clock.now() - before).to.be.at.least(14)
    })

    it('fires timers in the order of their delays', async () => {
      const { clock, settle } = factory()
      const seen: number[] = []
      for (const delay of [30, 10, 20]) clock.setTimeout(() => seen.push(delay), ms(delay))
      await settle(clock.sleep(ms(60)))
      expect(seen).to.deep.equal([10, 20, 30])
    })

    it('a cancelled timer never fires, and cancelling again does nothing', async () => {
      const { clock, settle } = factory()
      let fired = 0
      const timers = [clock.setTimeout(() => fired++, ms(5)), clock.setInterval(() => fired++, ms(5))]
      for (const timer of [...timers, ...timers]) timer.cancel()
      await settle(clock.sleep(ms(30)))
      expect(fired).to.equal(0)
    })

    it('an interval repeats until it is cancelled', async () => {
      const { clock, settle } = factory()
      let count = 0
      await settle(
        new Promise<void>((resolve) => {
          const timer = clock.setInterval(() => {
            if (++count < 3) return
            timer.cancel()
            resolve()
          }, ms(2))
        })
      )
      await settle(clock.sleep(ms(20)))
      expect(count).to.equal(3)
    })

    it('an aborted sleep rejects with the reason of its signal, before and during', async () => {
      const { clock, settle } = factory()
      const controller = new AbortController()
      const during = clock.sleep(ms(60_000), controller.signal).then(
        () => 'slept',
        (error: Error) => error.message
      )
      controller.abort(new Error('enough'))
      expect(await settle(during)).to.equal('enough')
      expect(
        await settle(
          clock.sleep(ms(1), controller.signal).then(
            () => 'slept',
            (error: Error) => error.message
          )
        )
      ).to.equal('enough')
    })

    it('wall time is a plausible date', () => {
      const { clock } = factory()
      expect(new Date(clock.wallTime()).getUTCFullYear()).to.be.within(2020, 2200)
    })
  })
}
