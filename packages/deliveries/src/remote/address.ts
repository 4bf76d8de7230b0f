import { z } from 'zod'

/** A URL that an operator names. One with a user or a password in it would be asked by nobody, and shown to whoever reads the route. */
export function address(protocol = /^https?$/) {
  return z.url({ protocol }).max(2_000).refine(hasNobodyIn, 'holds a user or a password; name them by a header or a secret')
}

function hasNobodyIn(text: string): boolean {
  const url = URL.parse(text)
  // What is no URL is told by another check.
  return url === null || url.username + url.password === ''
}
