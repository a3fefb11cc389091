import { expect } from 'chai'
import { MAX_WAITING_DECISIONS } from '../src/constants.ts'
import { DecisionQueue } from '../src/decision-queue.ts'

describe('decision queue', () => {
  const gate = (): { promise: Promise<void>; open: () => void } => {
    let open = (): void => {}
    const promise = new Promise<void>((resolve) => {
      open = resolve
    })
    return { promise, open }
  }

  it('runs one at a time: broken paths first, then requests, then routine', async () => {
    const queue = new DecisionQueue<string>()
    const first = gate()
    const order: string[] = []
    let running = 0
    const job = (name: string) => async (): Promise<string> => {
      expect(++running).to.equal(1)
      if (name === 'first') await first.promise
      order.push(name)
      running--
      return name
    }
    const all = [
      queue.run('0', 'routine', job('first')),
      queue.run('1', 'routine', job('routine')),
      queue.run('2', 'request', job('request')),
      queue.run('3', 'broken', job('broken'))
    ]
    first.open()
    await Promise.all(all)
    expect(order).to.deep.equal(['first', 'broken', 'request', 'routine'])
  })

  it('shares a waiting or running job of the same key and takes over the greater urgency', async () => {
    const queue = new DecisionQueue<string>()
    const first = gate()
    const order: string[] = []
    const running = queue.run('a', 'routine', async () => {
      await first.promise
      return 'a'
    })
    expect(queue.run('a', 'broken', () => Promise.resolve('other'))).to.equal(running)
    const waiting = queue.run('b', 'routine', () => {
      order.push('b')
      return Promise.resolve('b')
    })
    const third = queue.run('c', 'request', () => {
      order.push('c')
      return Promise.resolve('c')
    })
    expect(queue.run('b', 'broken', () => Promise.resolve('other'))).to.equal(waiting)
    first.open()
    expect(await Promise.all([running, waiting, third])).to.deep.equal(['a', 'b', 'c'])
    expect(order).to.deep.equal(['b', 'c'])
  })

  it('is bounded', async () => {
    const queue = new DecisionQueue<string>()
    const jobs = Array.from({ length: MAX_WAITING_DECISIONS + 1 }, (_, index) => queue.run(`${index}`, 'routine', () => new Promise<string>(() => {})))
    expect(jobs).to.have.length(MAX_WAITING_DECISIONS + 1)
    const code = await queue.run('one more', 'broken', () => Promise.resolve('')).catch((error: { code: string }) => error.code)
    expect(code).to.equal('ERR_LIMIT_EXCEEDED')
  })

  it('a job that fails does not hold up the next, and clear rejects what runs and what waits', async () => {
    const queue = new DecisionQueue<string>()
    const failed = queue.run('a', 'routine', () => Promise.reject(new Error('broken'))).catch((error: Error) => error.message)
    expect(await queue.run('b', 'routine', () => Promise.resolve('b'))).to.equal('b')
    expect(await failed).to.equal('broken')
    const running = queue
      .run(
        'c',
        'routine',
        (signal) =>
          new Promise((_, reject) => {
            signal.addEventListener('abort', () => {
              reject(signal.reason as Error)
            })
          })
      )
      .catch((error: Error) => error.message)
    const waiting = queue.run('d', 'routine', () => Promise.resolve('d')).catch((error: Error) => error.message)
    queue.clear(new Error('stopped'))
    expect(await Promise.all([running, waiting])).to.deep.equal(['stopped', 'stopped'])
    expect(await queue.run('e', 'routine', () => Promise.resolve('e'))).to.equal('e')
  })
})
