const blank = (text) => text.replace(/[^\n]/g, ' ')
const fenceStart = /^[\s>]*(?:(?:[-*+]|\d+[.)])\s+)*(?:(`{3,})[^`]*|(~{3,}).*)$/
const startsBlock = /^\s*(?:$|#{1,6}(?:\s|$)|>|\||[-*+]\s|\d+[.)]\s)/

/**
 * Blanks out what is not prose, and keeps every position.
 * @returns `prose` without code blocks, comments and front matter; `visible` without code spans too.
 */
export function blankCode(text) {
  const prose = blankBlocks(text.replace(/^---\n(?=[\w-]+[ \t]*:)[\s\S]*?\n---(?=\n|$)/, blank)).replace(/<!--[\s\S]*?(?:-->|$)/g, blank)
  return { prose, visible: blankSpans(prose) }
}

function blankBlocks(text) {
  const state = { fence: null, isAfterBlank: true, isInList: false, isIndentedCode: false }
  return text
    .split('\n')
    .map((line) => (isCodeLine(line, state) ? blank(line) : line))
    .join('\n')
}

function isCodeLine(line, state) {
  if (state.fence) {
    if (new RegExp(`^[\\s>]*${state.fence[0]}{${state.fence.length},}\\s*$`).test(line)) state.fence = null
    return true
  }
  const fence = fenceStart.exec(line)
  if (fence) {
    state.fence = fence[1] ?? fence[2]
    return true
  }
  return isIndentedCode(line, state)
}

/** Four blanks after an empty line are code, but inside of a list they are its text. */
function isIndentedCode(line, state) {
  const isEmpty = line.trim() === ''
  const isListItem = /^\s*(?:[-*+]|\d+[.)])\s/.test(line)
  const isIndented = /^(?: {4}|\t)/.test(line)
  if (!isEmpty && !isIndented)
    state.isInList = isListItem || (state.isInList && !state.isAfterBlank) || (state.isInList && /^\s/.test(line))
  const isCode = !isEmpty && isIndented && !state.isInList && (state.isAfterBlank || state.isIndentedCode)
  if (!isEmpty) state.isIndentedCode = isCode
  state.isAfterBlank = isEmpty
  return isCode
}

/** A span can run over lines, but not out of its paragraph, item or row. */
function blankSpans(prose) {
  const blocks = []
  for (const line of prose.split('\n')) {
    const isNewBlock = startsBlock.test(line) || blocks.length === 0 || startsOwnBlock(blocks.at(-1))
    if (isNewBlock) blocks.push([line])
    else blocks.at(-1).push(line)
  }
  return blocks.map((lines) => blankSpansOfBlock(lines.join('\n'))).join('\n')
}

function startsOwnBlock(lines) {
  return /^\s*(?:$|#{1,6}(?:\s|$)|\|)/.test(lines[0])
}

function blankSpansOfBlock(block) {
  return block.replace(/\\`|(`+)(?!`)([\s\S]*?[^`])\1(?!`)|`+/g, (match, ticks) => (ticks === undefined ? match : blank(match)))
}
