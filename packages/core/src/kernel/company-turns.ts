/** How many commands of one company a process lets into the database at once: the others leave it its connections. */
const mostTogether = 6
/** How long a command waits for its turn before it is told to come again, milliseconds. */
const patienceMs = 20_000

export type CompanyLock = 'company' | 'rows'

/** Gives out turns in the order of asking: several at once that lock rows, one alone that locks the company. */
export interface CompanyTurns {
  /** Resolves with the function that ends the turn. @throws with the SQLSTATE of a lock that was not to be had */
  take(companyId: string, lock: CompanyLock): Promise<() => void>
}

interface Line {
  /** Commands that have their turn. */
  together: number
  isAlone: boolean
  readonly waiting: { readonly lock: CompanyLock; readonly begin: () => void }[]
}

/**
 * The queue of each company inside this process. The database has locks for the same, but who waits there holds a connection,
 * and a few busy companies would take all of them from the others.
 */
export function createCompanyTurns(): CompanyTurns {
  const lines = new Map<string, Line>()

  function next(companyId: string, line: Line): void {
    for (let first = line.waiting[0]; first && mayBegin(line, first.lock); first = line.waiting[0]) {
      line.waiting.shift()
      first.begin()
    }
    if (line.together === 0 && line.waiting.length === 0) lines.delete(companyId)
  }

  return {
    take(companyId, lock) {
      const line = lines.get(companyId) ?? { together: 0, isAlone: false, waiting: [] }
      lines.set(companyId, line)
      return new Promise((resolve, reject) => {
        const end = () => {
          line.together -= 1
          line.isAlone = false
          next(companyId, line)
        }
        const begin = () => {
          clearTimeout(timer)
          line.together += 1
          line.isAlone = lock === 'company'
          resolve(end)
        }
        const entry = { lock, begin }
        const timer = setTimeout(() => {
          line.waiting.splice(line.waiting.indexOf(entry), 1)
          reject(Object.assign(new Error('other commands of this company took too long'), { code: '55P03' }))
          next(companyId, line)
        }, patienceMs)
        line.waiting.push(entry)
        next(companyId, line)
      })
    },
  }
}

function mayBegin(line: Line, lock: CompanyLock): boolean {
  if (line.isAlone) return false
  return lock === 'company' ? line.together === 0 : line.together < mostTogether
}
