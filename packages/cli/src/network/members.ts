import type { Context } from '../context.ts'
import { columnsOf, safe } from '../text/quantities.ts'
import { knownMembers } from './known-members.ts'

/** `srwan network members` */
export async function members(context: Context): Promise<undefined> {
  const document = await knownMembers(context)
  if (context.json(document)) return
  const { colors } = context
  const rows = document.members.map(({ name, overlayAddress, peerId, prefixes, endpoints, self }) => [
    `${self ? colors.green('●') : ' '} ${colors.bold(safe(name))}`,
    overlayAddress,
    endpoints?.[0] ?? '',
    prefixes.join(' '),
    colors.dim(peerId)
  ])
  for (const line of columnsOf(rows)) context.print(line)
  for (const { name, peerId } of document.revoked) context.print(colors.dim(`✖ ${safe(name ?? '')} revoked  ${peerId}`))
  if (document.source === 'files') context.note('  the daemon does not run: this is what the home remembers')
}
