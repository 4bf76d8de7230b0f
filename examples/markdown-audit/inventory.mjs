import { composeComment, inlineText, plural } from './comment.mjs'
import { visitMarkdown } from './files.mjs'

/** Counts what there is. */
export async function inventory(job) {
  const items = []
  const { files, unreadable } = await visitMarkdown(job, (file, { words, headings, links }) => {
    items.push({ file, words, headings: headings.length, links: links.length })
  })
  const totals = { files: files.length, words: sum(items, 'words'), headings: sum(items, 'headings'), links: sum(items, 'links') }
  const comment = composeComment({
    head: '## Inventory\n\n| file | words | headings | links |\n| --- | ---: | ---: | ---: |\n',
    lines: items.map((item) => `| ${inlineText(item.file)} | ${item.words} | ${item.headings} | ${item.links} |`),
    tail: `\n\nTotals: ${describe(totals)}.`,
    data: { job: 'inventory', totals, notChecked: unreadable },
    itemsName: 'files',
    items,
  })
  return { comment, outcome: { kind: 'done', summary: describe(totals) } }
}

function describe({ files, words, headings, links }) {
  return [plural(files, 'file'), plural(words, 'word'), plural(headings, 'heading'), plural(links, 'link')].join(', ')
}

function sum(items, name) {
  return items.reduce((total, item) => total + item[name], 0)
}
