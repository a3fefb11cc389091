import { readFileSync } from 'node:fs'

/** Linux's default nearly everywhere. Others pace by timers, and a run would measure what those cost on the machine at hand. */
const CONGESTION_CONTROL = 'cubic'
const kernelSays = (name) => readFileSync(`/proc/sys/net/ipv4/${name}`, 'utf8').trim()

/** @returns {{ used: string, own: string }} congestion control of the TCP figures, and what this machine gives a program that asks for none */
export function congestionControl() {
  const own = kernelSays('tcp_congestion_control')
  return { used: kernelSays('tcp_available_congestion_control').split(' ').includes(CONGESTION_CONTROL) ? CONGESTION_CONTROL : own, own }
}
