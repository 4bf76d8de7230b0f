import { openFrame } from './engine-frame.js'

const [text, write, told, list, none] = ['text', 'write', 'told', 'notes', 'none'].map((id) => document.getElementById(id))
const frame = await openFrame()
const { taskId, locale } = frame.context
const time = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' })

/** Carries something out, and says why when it fails. @returns whether it was done */
async function attempt(work) {
  try {
    await work()
    told.textContent = ''
    return true
  } catch (problem) {
    told.textContent = problem.message
    return false
  }
}

let isReading = false
let isStale = false

/** Reads what there is; what changes meanwhile is read once more, however often it changed. */
async function read() {
  isStale = isReading
  if (isReading) return
  isReading = true
  await attempt(async () => show((await frame.call('list', { taskId })).items))
  isReading = false
  if (isStale) await read()
}

function show(notes) {
  // What somebody is about to press stays under their finger.
  const focused = document.activeElement?.dataset?.note
  list.replaceChildren(...notes.map(toItem))
  none.hidden = notes.length > 0
  list.querySelector(`[data-note="${focused}"]`)?.focus()
}

function toItem(note) {
  const item = document.createElement('li')
  const words = document.createElement('p')
  words.textContent = note.text
  const written = document.createElement('time')
  written.dateTime = note.createdAt
  written.textContent = time.format(new Date(note.createdAt))
  const remove = document.createElement('button')
  remove.type = 'button'
  remove.dataset.note = note.id
  remove.textContent = 'Remove'
  remove.setAttribute('aria-label', `Remove “${note.text.slice(0, 60)}”`)
  remove.addEventListener('click', () => void takeAway(note))
  const foot = document.createElement('footer')
  foot.append(written, remove)
  item.append(words, foot)
  return item
}

async function takeAway(note) {
  if (await attempt(() => frame.call('remove', { noteId: note.id }))) text.focus()
  await read()
}

async function add() {
  const written = text.value
  if (written.trim() === '') return text.focus()
  if (!(await attempt(() => frame.call('add', { taskId, text: written })))) return
  text.value = ''
  text.focus()
  await read()
}

write.addEventListener('click', () => void add())
text.addEventListener('keydown', (event) => {
  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) void add()
})
frame.onChange(() => void read())
await read()
