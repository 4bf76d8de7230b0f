import { createEngine, type Storage } from '@engine/core'

import { linkTo } from './access.ts'

/** Prints a link by which somebody sets their password: for who has the database and has forgotten their own. */
export async function passwordLinkCommand(storage: Storage, given: { email: string; server: string }): Promise<void> {
  const engine = await createEngine({ storage })
  try {
    const { key, expiresAt } = await engine.accounts.createLink({ email: given.email })
    console.log(`${linkTo('password', { server: given.server, key })}\nIt works once, until ${expiresAt}. Give it to nobody else.`)
  } finally {
    await engine.stop()
  }
}
