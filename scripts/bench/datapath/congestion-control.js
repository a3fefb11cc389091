import { readFileSync, writeFileSync } from 'node:fs'

/** Linux's default nearly everywhere. Others pace by timers, and a run would measure what those cost on the machine at hand. */
const CONGESTION_CONTROL = 'cubic'
const ALLOWED = 'tcp_allowed_congestion_control'
const setting = (name) => `/proc/sys/net/ipv4/${name}`
const kernelSays = (name) => readFileSync(setting(name), 'utf8').trim()

/** @returns {{ used: string, own: string }} congestion control of the TCP figures, and what this machine gives a program that asks for none */
export function congestionControl() {
  const own = kernelSays('tcp_congestion_control')
  return { used: kernelSays('tcp_available_congestion_control').split(' ').includes(CONGESTION_CONTROL) ? CONGESTION_CONTROL : own, own }
}

/**
 * A network namespace takes for its own only what the machine allows every program. Adds what the TCP figures use, until the leavings are taken away.
 *
 * @param {import('./leavings.js').Leavings} leavings
 */
export function allowCongestionControl(leavings) {
  const allowed = kernelSays(ALLOWED)
  const { used } = congestionControl()
  if (allowed.split(' ').includes(used)) return
  writeFileSync(setting(ALLOWED), `${allowed} ${used}`)
  leavings.add(() => writeFileSync(setting(ALLOWED), allowed))
}
