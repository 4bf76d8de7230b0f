import { securityPromises } from '../test/security/index.ts'
import type { SecurityPromise } from '../test/security/promise.ts'

/** docs/security-proof.md: each promise, the tests that show it, and what none shows. */
export function securityPage(note: string): string {
  const intro = [
    'What Engine promises about security, and the tests that show it. Each is named by its file and by words that only its own name has;',
    '`test/security-proof.test.ts` fails when one is not there, or does not run. What no test shows is said so.',
    'Run one of them with `npx vitest run <file>`.',
  ].join(' ')
  const gaps = securityPromises.filter(({ notShown }) => notShown !== undefined)
  const list = gaps.map(({ id, title, notShown }) => `- [${id} ${title}](#${anchor(id, title)}): ${notShown}`).join('\n')
  return (
    ['# Security, promise by promise', note, intro, '## Not shown by any test', list, ...securityPromises.map(section)].join('\n\n') + '\n'
  )
}

function section({ id, title, promise, shownBy, notShown }: SecurityPromise): string {
  const files = [...new Set(shownBy.map(({ file }) => file))]
  const rows = files.map((file) => {
    const names = shownBy.filter((named) => named.file === file).map(({ test }) => test.replaceAll('|', '\\|'))
    return `| [${file}](../${file}) | ${names.join('<br>')} |`
  })
  const table = ['| file | tests |', '| --- | --- |', ...rows].join('\n')
  return [`## ${id} ${title}`, promise, table, ...(notShown === undefined ? [] : [`Not shown: ${notShown}`])].join('\n\n')
}

/** As GitHub makes the address of a heading. */
function anchor(id: string, title: string): string {
  return `${id} ${title}`
    .toLowerCase()
    .replaceAll(/[^\w -]/g, '')
    .replaceAll(' ', '-')
}
