import { expect, it } from 'vitest'

import { createCompanyTurns, type CompanyLock } from './company-turns.ts'

function record() {
  const turns = createCompanyTurns()
  const begun: string[] = []
  const ends = new Map<string, () => void>()
  const ask = (name: string, lock: CompanyLock, companyId = 'acme') =>
    void turns.take(companyId, lock).then((end) => {
      begun.push(name)
      ends.set(name, end)
    })
  const settle = () => new Promise((resolve) => setImmediate(resolve))
  return { begun, ask, settle, end: (name: string) => ends.get(name)?.() }
}

it('lets commands that lock rows go together, and one that locks the company alone, in the order of asking', async () => {
  const { begun, ask, settle, end } = record()
  ask('row 1', 'rows')
  ask('row 2', 'rows')
  ask('alone', 'company')
  ask('row 3', 'rows')
  await settle()
  expect(begun).toEqual(['row 1', 'row 2'])
  end('row 1')
  await settle()
  expect(begun).toEqual(['row 1', 'row 2'])
  end('row 2')
  await settle()
  expect(begun).toEqual(['row 1', 'row 2', 'alone'])
  end('alone')
  await settle()
  expect(begun).toEqual(['row 1', 'row 2', 'alone', 'row 3'])
})

it('lets no company wait for another, and no company have more than its share', async () => {
  const { begun, ask, settle } = record()
  for (let number = 1; number <= 9; number += 1) ask(`acme ${number}`, 'rows')
  ask('other', 'company', 'other')
  await settle()
  expect(begun).toEqual(['acme 1', 'acme 2', 'acme 3', 'acme 4', 'acme 5', 'acme 6', 'other'])
})
