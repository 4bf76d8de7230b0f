import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

import { expect, it } from 'vitest'

import { fileOfUrl } from './file-url.ts'

it.each([
  ['file:./engine.db', resolve('engine.db')],
  ['file:engine.db', resolve('engine.db')],
  ['file:/var/lib/engine.db', '/var/lib/engine.db'],
  ['file:///var/lib/engine.db', '/var/lib/engine.db'],
  ['file://localhost/var/lib/engine.db', '/var/lib/engine.db'],
  ['FILE:./engine.db', resolve('engine.db')],
  ['file:./100% ours #1.db', resolve('100% ours #1.db')],
  [pathToFileURL('/var/lib/100% ours #1?.db').href, '/var/lib/100% ours #1?.db'],
  ['file::memory:', ':memory:'],
])('%s is the file %s', (url, file) => {
  expect(fileOfUrl(url)).toBe(file)
})

it.each([
  ['file:', 'names no place'],
  ['file:./engine.db?mode=ro', 'takes no options'],
  ['file:///var/lib/engine.db?connection_limit=1', 'takes no options'],
  ['file://data/engine.db', 'a third /'],
  ['file://./engine.db', 'a third /'],
  ['file:~/engine.db', 'only a shell'],
  ['file:///var/lib/engine.db#1', 'written %23'],
  ['file:///var/lib/100%.db', 'written %25'],
])('%s is refused, and no other file is made', (url, why) => {
  expect(() => fileOfUrl(url)).toThrow(why)
})
