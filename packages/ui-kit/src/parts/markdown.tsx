import ReactMarkdown from 'react-markdown'
import remarkGfm from 'remark-gfm'

const plugins = [remarkGfm]

/** Text by people and agents. HTML in it is shown as text, and pictures of other servers are not asked for. */
export default function MarkdownText({ text }: { text: string }) {
  return (
    <ReactMarkdown remarkPlugins={plugins} disallowedElements={['img']} components={{ a: Outside, pre: Block, table: Wide, input: Ticked }}>
      {text}
    </ReactMarkdown>
  )
}

function Outside({ href, children }: { href?: string | undefined; children?: React.ReactNode }) {
  return (
    <a href={href} target="_blank" rel="noreferrer noopener nofollow">
      {children}
    </a>
  )
}

/** A table that is wider than the page is scrolled, and its words stay whole. */
function Wide({ children }: { children?: React.ReactNode }) {
  return (
    <div className="eng-scroll" tabIndex={0}>
      <table>{children}</table>
    </div>
  )
}

/** What `- [x]` is written for; it is shown, and cannot be changed here. */
function Ticked({ checked = false }: { checked?: boolean | undefined }) {
  return <input type="checkbox" checked={checked} disabled readOnly aria-label={checked ? 'done' : 'open'} />
}

/** Whoever has no pointer can scroll it too. */
function Block({ children }: { children?: React.ReactNode }) {
  return <pre tabIndex={0}>{children}</pre>
}
