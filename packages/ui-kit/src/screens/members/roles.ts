import type { ItemOf } from '../../data/operations.ts'

export type MemberItem = ItemOf<'members.list'>
export type RoleName = MemberItem['role']

/** What each role may, from least to most. */
export const roles: Readonly<Record<RoleName, string>> = {
  viewer: 'sees everything',
  reviewer: 'also reviews, decides approvals and comments',
  operator: 'also makes tasks, pauses and resumes agents',
  admin: 'also hires, sets budgets and routes, and lets people in',
  owner: 'also names and removes other owners',
}

// Object.keys forgets literal keys.
export const roleNames = Object.keys(roles) as RoleName[]

export function asRole(text: string): RoleName {
  return roleNames.find((role) => role === text) ?? 'viewer'
}
