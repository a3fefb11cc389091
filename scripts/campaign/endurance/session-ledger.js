/**
 * What every host said last of every session, kept beyond the session's end. A replaced session drains for seconds without new packets, so the last word on
 * it is its final one.
 */
export class SessionLedger {
  #sessions = new Map()

  /** @param {number} host - index · @param {object[]} snapshots - of that host */
  note(host, snapshots) {
    for (const { session, ingress, egress, role, forwardOctets, reverseOctets } of snapshots) {
      const entry = this.#sessions.get(session) ?? { session, ingress, egress, roles: {} }
      entry.roles[role] = { host, forwardOctets, reverseOctets }
      this.#sessions.set(session, entry)
    }
  }

  /**
   * Octets that one end of each session sent and the other end accepted, for each direction; of those that both ends have known.
   *
   * @param {string} ingress - SID
   * @param {string} egress - SID
   */
  balances(ingress, egress) {
    return [...this.#sessions.values()]
      .filter((entry) => entry.ingress === ingress && entry.egress === egress && entry.roles.ingress !== undefined && entry.roles.egress !== undefined)
      .map(({ session, roles }) => ({
        session,
        forward: { sent: roles.ingress.forwardOctets, transit: roles.transit?.forwardOctets ?? 0, accepted: roles.egress.forwardOctets },
        reverse: { sent: roles.egress.reverseOctets, transit: roles.transit?.reverseOctets ?? 0, accepted: roles.ingress.reverseOctets }
      }))
  }
}
