import { healthRule, visibleHealth } from '@srwan/api'
import type { HealthEntry } from '@srwan/api'
import type { Clock, Milliseconds } from '@srwan/interface'
import type { Node } from '@srwan/node'

/** Most codes whose age is remembered. */
const MAX_CODES = 256

/** Remembers since when each finding has stood, so that blips do not show. */
export interface HealthWatch {
  /** @returns what a person should see now, most severe first */
  readonly current: () => HealthEntry[]
}

/** @param node - asked at each call; ages count from the first call that saw a finding */
export function watchHealth(node: Pick<Node, 'health'>, clock: Clock): HealthWatch {
  let since = new Map<string, Milliseconds>()
  return {
    current: () => {
      const now = clock.now()
      const findings = node
        .health()
        .slice(0, MAX_CODES)
        .map((finding): HealthEntry => {
          const rule = healthRule(finding.code)
          return { code: finding.code, severity: finding.severity, title: finding.title || (rule?.title ?? finding.code), remedy: finding.remedy || (rule?.remedy ?? '') }
        })
      since = new Map(findings.map(({ code }) => [code, since.get(code) ?? now]))
      return visibleHealth(findings, (code) => now - (since.get(code) ?? now))
    }
  }
}
