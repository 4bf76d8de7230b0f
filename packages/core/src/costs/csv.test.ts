import { describe, expect, it } from 'vitest'

import { csvLine } from './csv.ts'

describe('a line of a table', () => {
  it('quotes what would end a cell or a line', () => {
    expect(csvLine(['a', 'b,c', 'say "x"', 'two\r\nlines', ' spaced '])).toBe('a,"b,c","say ""x""","two\r\nlines"," spaced "\r\n')
  })

  it('says numbers and truths as they are, and nothing as nothing', () => {
    expect(csvLine([1, -2.5, true, false, null, ''])).toBe('1,-2.5,true,false,,\r\n')
  })

  it.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', '\n=1', '=HYPERLINK("http://x","y")', '＝1'])(
    'shows %j as text, which no spreadsheet works out',
    (formula) => {
      const line = csvLine([formula])
      expect(line.replace(/^"/, '')).toMatch(/^'/)
      expect(line).toContain(formula.replaceAll('"', '""'))
    },
  )
})
