/** A line of a value of several lines is looked for by itself from this length on. */
const leastLine = 16
/** The widths at which tools break long base64. */
const base64Widths = [64, 76]

/** The texts in which a value may turn up: itself, its lines, and what common encoders make of it. Pure. */
export function formsOf(value: string): string[] {
  // Blanks around a value are as good as never printed with it, and it is found without them too.
  const text = value.trim()
  const forms = [text, ...linesOf(text), ...jsonForms(text), ...urlForms(text), ...hexForms(text), ...base64Forms(value)]
  return [...new Set(forms)].filter((form) => form.length >= 4)
}

function linesOf(text: string): string[] {
  const lines = text.split(/[\r\n]+/).map((line) => line.trim())
  return lines.length === 1 ? [] : lines.filter((line) => line.length >= leastLine)
}

/** As a string of JSON, in JSON that is itself a string of JSON, by encoders that write ASCII only, or a slash as `\/`. */
function jsonForms(text: string): string[] {
  const plain = [text, text.replaceAll('/', '\\/')]
  const once = [escapeJson(text), escapeJson(text).replaceAll('/', '\\/'), escapeAscii(escapeJson(text))]
  return [...plain, ...once, ...once.map(escapeJson)]
}

function escapeJson(text: string): string {
  return JSON.stringify(text).slice(1, -1)
}

function escapeAscii(text: string): string {
  return text.replaceAll(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** Encoders differ in what they leave as it is, in how they write a blank, and in the case of their digits. */
function urlForms(text: string): string[] {
  // Half a pair has no encoding; no value has one.
  const component = encodeURIComponent(text)
  const strict = component.replaceAll(/[!'()*]/g, percent)
  const encoded = [component, strict, encodeURI(text), component.replaceAll('%2F', '/'), strict.replaceAll('%2F', '/')]
  const withPlus = encoded.flatMap((form) => [form, form.replaceAll('%20', '+')])
  const formEncoded = new URLSearchParams([['', text]]).toString().slice(1)
  return [...withPlus, formEncoded].flatMap((form) => [form, form.replaceAll(/%[0-9A-F]{2}/g, (code) => code.toLowerCase())])
}

function percent(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`
}

function hexForms(text: string): string[] {
  const hex = Buffer.from(text).toString('hex')
  return [hex, hex.toUpperCase()]
}

/** Encoded by itself, and as a part of something longer that is encoded, where it begins at any of three places of a group. */
function base64Forms(value: string): string[] {
  const text = value.trim()
  const whole = [text, value].map((given) => Buffer.from(given).toString('base64'))
  const broken = whole.flatMap((form) => base64Widths.filter((width) => form.length > width).map((width) => breakLines(form, width)))
  const parts = [0, 1, 2].map((before) => certainPart(Buffer.from(text), before))
  const standard = [...whole, ...whole.map((form) => form.replace(/=+$/, '')), ...broken, ...parts]
  return standard.flatMap((form) => [form, form.replaceAll('+', '-').replaceAll('/', '_')])
}

function breakLines(text: string, width: number): string {
  return text.replaceAll(new RegExp(`.{${width}}(?=.)`, 'g'), '$&\n')
}

/** The characters of base64 that these bytes alone decide, when `before` bytes of a group stand in front of them. */
function certainPart(bytes: Buffer, before: number): string {
  const text = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64')
  return text.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6))
}
