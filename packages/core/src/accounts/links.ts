import type { CommandContext, PrepareContext } from '../kernel/command.ts'
import { hashSecret, isSecret, newSecret } from '../kernel/secret.ts'
import { isoTime } from '../ports/clock.ts'
import { linkRefused } from './errors.ts'
import { logAccount } from './log.ts'
import type { PasswordLink } from './schema.ts'
import { findLink, forgetLinksOf, replaceLink, takeLink } from './sql.ts'
import type { AccountLinkTable } from './table.ts'

/** How long a link is worth something, milliseconds. Whoever sets a server up sits before it. */
const openMs = { setup: 3_600_000, password: 24 * 3_600_000 } as const

/** Makes a link, in the place of the one before; its token is in the answer and nowhere else. */
export async function makeLink(context: CommandContext, link: Pick<AccountLinkTable, 'kind' | 'user_id'>): Promise<PasswordLink> {
  const { secret, hash } = newSecret(link.kind)
  const expiresAt = isoTime(context.clock.now() + openMs[link.kind])
  await replaceLink(context.tx, { ...link, id: context.newId(), token_hash: hash, expires_at: expiresAt, created_at: context.now })
  const type = link.kind === 'setup' ? 'setup.opened' : 'password.link_created'
  await logAccount(context, type, { userId: link.user_id, data: { expiresAt } })
  return { key: secret, expiresAt }
}

/**
 * Ends the links of a person whose rights grow in this transaction: whoever made one was allowed to for somebody with fewer. Called
 * once the new right is written, so that of a link made at the same moment either this or its maker sees the other.
 */
export async function endLinksOf(context: CommandContext, userId: string): Promise<void> {
  if (await forgetLinksOf(context.tx, userId)) await logAccount(context, 'password.link_ended', { userId, data: { reason: 'rights_grew' } })
}

/** The link of a token. Looked for before anything that costs time. @throws `link_refused` */
export async function requireLink(
  { db, now }: Pick<PrepareContext, 'db' | 'now'>,
  token: string,
  kind: AccountLinkTable['kind'],
): Promise<AccountLinkTable> {
  const link = isSecret(kind, token) ? await findLink(db, hashSecret(token)) : null
  if (link?.kind !== kind || link.expires_at <= now) throw linkRefused()
  return link
}

/** @throws `link_refused` when somebody else was faster */
export async function useLink(context: CommandContext, link: AccountLinkTable): Promise<void> {
  if (link.expires_at <= context.now || !(await takeLink(context.tx, link.id))) throw linkRefused()
}
