import { readFileSync } from 'node:fs'
import { join, normalize } from 'node:path'

/** llms.txt: what the index of the documentation lists, each page by its title and its first sentence. */
export function llmsIndex(root: string): string {
  const index = readFileSync(join(root, 'docs/README.md'), 'utf8')
  const sections = index.split(/^## /m).slice(1)
  const parts = sections.map((section) => {
    const [name = ''] = section.split('\n')
    const paths = [...section.matchAll(/\]\(([^)#\s]+\.md)(?:#[\w-]+)?\)/g)].map(([, path = '']) => normalize(join('docs', path)))
    return [`## ${name}`, '', ...[...new Set(paths)].map((path) => lineOf(root, path))].join('\n')
  })
  const about =
    'Engine runs AI agents as a governed workforce: a TypeScript library on SQLite or Postgres, and a server with HTTP, MCP and a board.'
  return [`# Engine`, '', `> ${about}`, '', ...parts.flatMap((part) => [part, ''])].join('\n')
}

function lineOf(root: string, path: string): string {
  const text = readFileSync(join(root, path), 'utf8')
  const title = /^# (.+)$/m.exec(text)?.[1] ?? path
  const paragraph = text.split(/\n{2,}/).find((part) => /^(?!```)[\w"*`[]/.test(part)) ?? ''
  const plain = paragraph.replaceAll(/\s+/g, ' ').replaceAll(/\[([^\]]+)\]\([^)]*\)/g, '$1')
  const sentence = /^.+?\.(?= |$)/.exec(plain)?.[0] ?? plain
  return `- [${title}](${path}): ${sentence.slice(0, 240)}`
}
