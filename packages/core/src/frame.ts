// What the page of a plugin talks to the board with: one module without any other, since Engine gives it out as it is.

/** What a page is told when it is shown. */
export interface FrameContext {
  readonly companyId: string
  /** The plugin that the page is of. */
  readonly plugin: string
  readonly slot: 'task' | 'agent' | 'dashboard' | 'settings' | 'page'
  /** The id of the task that it stands beside; null in all slots but `task`. */
  readonly taskId: string | null
  /** The same for `agent`. */
  readonly agentId: string | null
  /** How the person writes, as a BCP 47 tag such as `de-CH`. */
  readonly locale: string
  readonly theme: FrameTheme
}

/** How what is around a page looks. */
export interface FrameTheme {
  readonly scheme: 'light' | 'dark'
  /** Values of custom properties by their names, such as `--eng-accent`, as they are in this scheme. */
  readonly variables: Readonly<Record<string, string>>
}

/** An event of the plugin itself that may concern what its page shows. */
export interface FrameEvent {
  /** Such as `notes.added`. */
  readonly type: string
  readonly entity: { readonly type: string; readonly id: string }
  readonly data: Readonly<Record<string, unknown>>
}

/** Why an operation failed, as the API says it. */
export interface FrameProblem {
  readonly code: string
  readonly kind: string
  readonly message: string
  readonly details: Readonly<Record<string, unknown>>
}

/** From the page, over the port that it sent. Nothing in it is believed. */
export type FromFrame =
  | { readonly type: 'ask'; readonly id: number; readonly operation: string; readonly input: object }
  | { readonly type: 'height'; readonly height: number }

/** To the page. */
export type ToFrame =
  | { readonly type: 'context'; readonly context: FrameContext }
  | { readonly type: 'theme'; readonly theme: FrameTheme }
  | { readonly type: 'answer'; readonly id: number; readonly value: unknown }
  | { readonly type: 'answer'; readonly id: number; readonly problem: FrameProblem }
  | { readonly type: 'changed'; readonly event: FrameEvent | null }

/** The board, as the page of a plugin knows it. */
export interface Frame {
  readonly context: FrameContext
  /**
   * Has one of the plugin's own operations carried out in this company, as the person who looks at the page.
   * @param operation without the id of the plugin, such as `list`
   * @throws a `FrameProblem` with what the API says; `limited` when too many are under way
   */
  call(operation: string, input?: object): Promise<unknown>
  /**
   * Is told of events of the plugin that may concern what is shown; null when nobody listened for a while, and anything may have
   * changed. @returns the function that ends it
   */
  onChange(listener: (event: FrameEvent | null) => void): () => void
  /** Is told when the theme changed; the page has its variables and its scheme already. @returns the function that ends it */
  onTheme(listener: (theme: FrameTheme) => void): () => void
}

/** The version of what goes over the port. */
const frameVersion = 1

interface Port {
  onmessage: ((message: { readonly data: ToFrame }) => void) | null
  postMessage(message: FromFrame): void
}

/** What of a browser is used; the page runs in one, and this file is compiled with everything else. */
interface Page {
  readonly MessageChannel: new () => { readonly port1: Port; readonly port2: Port }
  readonly parent: { postMessage(message: unknown, origin: string, transfer: readonly unknown[]): void }
  readonly document: {
    readonly documentElement: {
      readonly style: { colorScheme: string; setProperty(name: string, value: string): void }
      getBoundingClientRect(): { readonly height: number }
    }
  }
  readonly ResizeObserver: new (listener: () => void) => { observe(element: unknown): void }
}

interface Waiting {
  resolve(value: unknown): void
  reject(problem: unknown): void
}

/**
 * Says to the board that the page is ready, and resolves when the board has answered. From then on the page follows the theme of
 * the board, and is as high as what it shows. Call it once.
 */
export async function openFrame(): Promise<Frame> {
  // A browser gives a page these; the types of this program do not know them.
  const page = globalThis as unknown as Page
  const { port1: port, port2 } = new page.MessageChannel()
  const waiting = new Map<number, Waiting>()
  const onChange = createListeners<FrameEvent | null>()
  const onTheme = createListeners<FrameTheme>()
  const opened = Promise.withResolvers<FrameContext>()
  let newest = 0
  port.onmessage = ({ data }) => {
    if (data.type === 'context') opened.resolve(data.context)
    else if (data.type === 'changed') onChange.tell(data.event)
    else if (data.type === 'theme') {
      wear(page, data.theme)
      onTheme.tell(data.theme)
    } else settle(waiting, data)
  }
  // The origin of the board is nothing that a page in a sandbox knows, and the message holds nothing to keep from others.
  page.parent.postMessage({ engine: 'frame', version: frameVersion }, '*', [port2])
  const context = await opened.promise
  wear(page, context.theme)
  new page.ResizeObserver(() => {
    const height = Math.ceil(page.document.documentElement.getBoundingClientRect().height)
    port.postMessage({ type: 'height', height })
  }).observe(page.document.documentElement)
  return {
    context,
    async call(operation, input = {}) {
      const id = (newest += 1)
      const answered = Promise.withResolvers<unknown>()
      port.postMessage({ type: 'ask', id, operation, input })
      waiting.set(id, answered)
      return answered.promise
    },
    onChange: onChange.add,
    onTheme: onTheme.add,
  }
}

function settle(waiting: Map<number, Waiting>, answer: Extract<ToFrame, { type: 'answer' }>): void {
  const asked = waiting.get(answer.id)
  waiting.delete(answer.id)
  if ('problem' in answer) asked?.reject(answer.problem)
  else asked?.resolve(answer.value)
}

function wear({ document: { documentElement } }: Page, { scheme, variables }: FrameTheme): void {
  documentElement.style.colorScheme = scheme
  for (const [name, value] of Object.entries(variables)) documentElement.style.setProperty(name, value)
}

function createListeners<Told>() {
  const listeners = new Set<(told: Told) => void>()
  return {
    tell(told: Told): void {
      for (const listener of listeners) listener(told)
    },
    add(listener: (told: Told) => void): () => void {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}
