/** How long a worker that is gone stays in the list, milliseconds. */
export const keptMs = 24 * 3_600_000

/** Workers are of the installation: the log of no company is theirs, and none of them is archived. */
export const ofInstallation = {
  unaudited: 'a worker is of no company, in whose log it would stand; its row says who changed it',
  whenArchived: 'a worker is of no company',
  locks: 'rows',
} as const
