import { createContext, useContext, useMemo, type ReactNode } from 'react'

import { problemsOf, type Problem } from '../data/failure.ts'

const Context = createContext<readonly Problem[]>([])

/** Says to the fields within what is wrong with each. */
export function Problems({ of, children }: { of: unknown; children: ReactNode }) {
  const problems = useMemo(() => problemsOf(of), [of])
  return <Context.Provider value={problems}>{children}</Context.Provider>
}

/** What is wrong with the fields of these names, or within them; null for nothing. */
export function useProblem(...paths: readonly (string | undefined)[]): string | null {
  const found = useContext(Context).filter(({ path }) => paths.some((each) => each !== undefined && isWithin(path, each)))
  return found.length === 0 ? null : found.map(({ message }) => message).join(' ')
}

function isWithin(path: string, whole: string): boolean {
  return path === whole || path.startsWith(`${whole}.`)
}
