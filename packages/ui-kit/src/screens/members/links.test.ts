import { expect, it } from 'vitest'

import { entryLink } from './links.ts'

it('is a page where people log in, with its token where no server sees it', () => {
  const account = { name: 'Ada', logOut: () => undefined }
  expect(entryLink({ url: 'https://e.example', account }, 'invitation', 'eng_x')).toBe('https://e.example/invitation#eng_x')
})

it('is the token alone where nobody logs in', () => {
  expect(entryLink({ url: 'https://e.example' }, 'password', 'eng_x')).toBe('eng_x')
})
