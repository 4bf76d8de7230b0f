// A page that tries everything that it may not, and tells its own plugin what came of it.
import { openFrame } from './engine-frame.js'

const frame = await openFrame()
// Where this test has a server that nobody may ask.
const elsewhere = 'http://127.0.0.1:1'

/** What an element with an address does: `loaded`, or why not. */
function load(tag, properties) {
  const { promise, resolve } = Promise.withResolvers()
  const element = Object.assign(document.createElement(tag), properties)
  element.onload = () => resolve('loaded')
  element.onerror = () => resolve('refused')
  document.body.append(element)
  return promise
}

function opened(make) {
  const { promise, resolve } = Promise.withResolvers()
  const made = make()
  made.onopen = () => resolve('opened')
  made.onerror = () => resolve('refused')
  return promise
}

const home = new URL('/', import.meta.url).href
const attacks = {
  'reads the page around it': () => parent.document.title,
  'reads the page on top': () => top.document.cookie,
  'reads the address of the board': () => parent.location.href,
  'reads cookies': () => document.cookie,
  'writes cookies': () => (document.cookie = 'a=b'),
  'reads what the board stores': () => localStorage.getItem('engine.theme'),
  'stores for a session': () => sessionStorage.setItem('a', 'b'),
  'opens a database': () => opened(() => indexedDB.open('x')),
  'keeps a cache': async () => (await caches.open('x')).keys(),
  'asks the API as who looks at it': async () => (await fetch(`${home}api/companies`, { credentials: 'include' })).status,
  'asks the API without credentials': async () => (await fetch(`${home}api/companies`, { credentials: 'omit' })).status,
  'asks the API the old way': async () => {
    const request = new XMLHttpRequest()
    request.open('GET', `${home}api/companies`, false)
    request.send()
    return request.status
  },
  'listens to the API': () => opened(() => new EventSource(`${home}api/companies`)),
  'opens a socket': () => opened(() => new WebSocket(elsewhere.replace('http', 'ws'))),
  'loads the API as a script': () => load('script', { src: `${home}api/companies` }),
  'loads the API as a module': async () => Object.keys(await import(`${home}api/companies`)),
  'loads the API as a style': () => load('link', { rel: 'stylesheet', href: `${home}api/companies` }),
  'loads a script of others': () => load('script', { src: `${elsewhere}/script.js` }),
  'loads a picture of others': () => load('img', { src: `${elsewhere}/picture.png?leak=1` }),
  'asks others': async () => (await fetch(`${elsewhere}/fetch?leak=1`, { mode: 'no-cors' })).type,
  'runs what stands in the page': () => {
    const script = Object.assign(document.createElement('script'), { textContent: 'globalThis.ran = true' })
    document.body.append(script)
    if (!globalThis.ran) throw new Error('it did not run')
    return 'ran'
  },
  'runs text': () => Reflect.construct(Function, ['return 1'])(),
  'runs a module of text': async () => Object.keys(await import('data:text/javascript,export const a = 1')),
  'holds the board in a frame': () => {
    const inner = Object.assign(document.createElement('iframe'), { src: home })
    document.body.append(inner)
    return inner.contentDocument?.title
  },
  'runs beside the page': () => opened(() => new Worker(`${home}assets/x.js`)),
  'stays when the page is gone': async () => (await navigator.serviceWorker.register('./attack.js')).scope,
  'opens another window': () => open(`${elsewhere}/window?leak=1`),
  'asks a person by a dialog': () => prompt('Your password?'),
  'leads the board elsewhere': () => {
    top.location.href = `${elsewhere}/top?leak=1`
    return 'led'
  },
  'reads the clipboard': async () => navigator.clipboard.readText(),
  'looks where somebody is': async () => {
    const { promise, resolve, reject } = Promise.withResolvers()
    navigator.geolocation.getCurrentPosition(resolve, reject)
    return promise
  },
  'asks for operations of Engine': () => frame.call('tasks.list'),
  'asks for operations of Engine by a way around': () => frame.call('../tasks.list'),
  'asks for operations of another plugin': () => frame.call('notes.list'),
  'asks for what all objects have': () => frame.call('constructor'),
}

const outcomes = {}
for (const [name, attack] of Object.entries(attacks)) {
  try {
    outcomes[name] = JSON.stringify((await attack()) ?? null)
  } catch (error) {
    outcomes[name] = `refused: ${error.code ?? error.name}`
  }
}
// Neither of these answers; whether they did anything is seen elsewhere.
navigator.sendBeacon(`${elsewhere}/beacon?leak=1`, 'x')
const form = Object.assign(document.createElement('form'), { action: `${elsewhere}/form?leak=1`, method: 'post' })
const link = Object.assign(document.createElement('a'), { href: `${elsewhere}/link?leak=1`, target: '_top' })
document.body.append(form, link, Object.assign(document.createElement('link'), { rel: 'prefetch', href: `${elsewhere}/prefetch` }))
form.submit()
link.click()
await frame.call('report', { what: 'attacks', said: outcomes, companyId: '00000000-0000-7000-8000-000000000000' })
