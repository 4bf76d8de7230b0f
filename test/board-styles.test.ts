import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import { expect, it } from 'vitest'

const folder = fileURLToPath(new URL('../packages/ui-kit/src', import.meta.url))
const read = (pattern: string) =>
  globSync(pattern, { cwd: folder }).map((file) => ({ file, text: readFileSync(`${folder}/${file}`, 'utf8') }))
const styles = read('styles/*.css')
const rules = styles.flatMap(({ file, text }) =>
  [...text.matchAll(/^\s*([.#:\w*[][^{}@;]*)\{/gm)].map((match) => ({ file, selector: (match[1] ?? '').trim() })),
)
const parts = read('{app,frames,parts,screens}/**/*.tsx')
const classes = parts.flatMap(({ file, text }) =>
  [...text.matchAll(/className="([^"]*)"/g)].flatMap((match) => (match[1] ?? '').split(' ').map((name) => ({ file, name }))),
)

it('no style reaches beyond what stands in an element of ours', () => {
  expect(rules.length).toBeGreaterThan(150)
  const loose = rules.flatMap(({ file, selector }) => selector.split(/,(?![^(]*\))/).map((each) => `${file}: ${each.trim()}`))
  expect(loose.filter((line) => !/: (textarea)?\.eng-/.test(line))).toEqual([])
})

it('every style lies in the layer that a host may overrule', () => {
  const index =
    styles
      .find(({ file }) => file === 'styles/index.css')
      ?.text.trim()
      .split('\n') ?? []
  expect(index.length).toBe(styles.length - 1)
  for (const line of index) expect(line).toMatch(/^@import '\.\/\w+\.css' layer\(engine\);$/)
})

it('every class that is used has our prefix and a style', () => {
  expect(classes.length).toBeGreaterThan(150)
  const known = styles.map(({ text }) => text).join('\n')
  expect(classes.filter(({ name }) => !name.startsWith('eng-') || !new RegExp(`\\.${name}(?![\\w-])`).test(known))).toEqual([])
})
