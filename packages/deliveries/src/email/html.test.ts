import { describe, expect, test } from 'vitest'

import { bodyOf, textOf } from './html.ts'

describe('the text of HTML', () => {
  test.each([
    ['<p>It is <b>done</b>.</p><p>Now</p>', 'It is done.\nNow'],
    ['a<br>b<BR/>c<div>d</div>e', 'a\nb\ncd\ne'],
    ['<head><title>x</title></head ><style>p{}</STYLE\n><script>if (a < b) c()</script>seen', 'seen'],
    ['1 < 2<br>and 2 > 1', '1 < 2\nand 2 > 1'],
    ['<!-- left out -->in', 'in'],
    ['<style>never ends', 'never ends'],
    ['it ends <b', 'it ends <b'],
    ['a &amp; b', 'a & b'],
  ])('%j is %j', (html, text) => {
    expect(textOf(html)).toBe(text)
  })
})

describe('the body of a page', () => {
  test.each([
    ['<html><body class="a"><p>x</p></body></html>', '<p>x</p>'],
    ['<p>x</p>', '<p>x</p>'],
    ['<body>x', '<body>x'],
    ['</body><body>', '</body><body>'],
    ['<body>a</body>b</BODY\n>c', 'a</body>b'],
  ])('%j is %j', (html, body) => {
    expect(bodyOf(html)).toBe(body)
  })
})

// As long as a delivery may be. A pattern that looks from each `<` to the end would take hours for one of these.
const hostile = ['<', '<style', '<style>', '<style></style ', '<br ', '<body', '<body>', '</body ', '<b>', '&a', '\n\n']

test.each(hostile)('a mail of %j over and over is read once', (part) => {
  const html = part.repeat((4 * 1024 * 1024) / part.length)
  expect(textOf(html).length).toBeLessThanOrEqual(html.length)
  expect(bodyOf(html).length).toBeLessThanOrEqual(html.length)
})
