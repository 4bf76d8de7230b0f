import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { JsonObject, AdapterEvent } from '@engine/core/plugin'

import { Collector } from './collector.ts'
import type { Fact } from './facts.ts'
import { LineSplitter } from './lines.ts'

/** What a program that plays a CLI does, in order. It ends with exit code 0 after the last step. */
export type Step =
  | { readonly out: string }
  /** Written byte by byte. */
  | { readonly bytes: string }
  | { readonly err: string }
  | { readonly waitMs: number }
  /** Starts a process that leaves its group, session and parents, ignores the request to end and holds the output open. */
  | { readonly escape: true }
  /** Prints the token of the tools of Engine, to stdout in two pieces. */
  | { readonly printsToken: true }
  | { readonly ignoreTerm: true }
  | { readonly hang: true }
  /** Calls a tool of Engine, at the address that this program takes from where the real one would. */
  | { readonly tool: string; readonly input: JsonObject }
  | { readonly exit: number }

export interface FakeCall {
  readonly args: readonly string[]
  readonly stdin: string
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
}

export interface FakeCli {
  readonly folder: string
  readonly command: string
  calls(): FakeCall[]
  /** What the tools of Engine answered it, `!` before what was an error. */
  answers(): string[]
  /** How many of its `out` steps the last call has got rid of. */
  written(): number
  /** Its living processes. */
  processes(): string[]
  remove(): void
}

const program = `
const fs = require('node:fs')
const { spawn } = require('node:child_process')
const script = __filename
const runs = JSON.parse(fs.readFileSync(script + '.json', 'utf8'))
if (process.argv[2] === '--version') { console[runs.version.startsWith('stderr') ? 'error' : 'log'](runs.version); process.exit(runs.version === '' ? 1 : 0) }
const record = script + '.calls'
const number = fs.existsSync(record) ? fs.readFileSync(record, 'utf8').trim().split('\\n').length : 0
const expanded = (text) => text.replace(/[$]{?(\\w+)}?|{env:(\\w+)}/g, (_, one, two) => process.env[one ?? two])
/** As Claude Code, Codex, opencode and Gemini CLI are told of a server; others have nothing but their variables. */
function engineServer() {
  const { argv, env } = process
  const claude = argv.find((arg) => arg.startsWith('{"mcpServers"'))
  if (claude) return JSON.parse(expanded(claude)).mcpServers.engine
  const setting = (name) => JSON.parse(argv.find((arg) => arg.startsWith('mcp_servers.engine.' + name + '='))?.split('=').slice(1).join('=') ?? 'null')
  if (setting('url')) return { url: setting('url'), headers: { Authorization: 'Bearer ' + env[setting('bearer_token_env_var')] } }
  if (env.OPENCODE_CONFIG_CONTENT) return JSON.parse(expanded(env.OPENCODE_CONFIG_CONTENT)).mcp.engine
  const gemini = env.HOME + '/.gemini/settings.json'
  const settings = fs.existsSync(gemini) && JSON.parse(expanded(fs.readFileSync(gemini, 'utf8'))).mcpServers?.engine
  if (settings) return { url: settings.httpUrl, headers: settings.headers }
  return { url: env.ENGINE_MCP_URL, headers: { Authorization: 'Bearer ' + env.ENGINE_MCP_TOKEN } }
}
async function useTool(name, input) {
  const { url, headers } = engineServer()
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: input } })
  const accept = 'application/json, text/event-stream'
  const answer = await fetch(url, { method: 'POST', body, headers: { ...headers, 'content-type': 'application/json', accept } })
  const { result } = JSON.parse(/{.*}/.exec(await answer.text())?.[0] ?? '{"result":{"isError":true,"content":[{"text":"' + answer.status + '"}]}}')
  return (result.isError ? '!' : '') + result.content[0].text
}
let stdin = ''
process.stdin.setEncoding('utf8').on('data', (data) => (stdin += data)).on('end', async () => {
  fs.appendFileSync(record, JSON.stringify({ args: process.argv.slice(2), stdin, cwd: process.cwd(), env: process.env }) + '\\n')
  const write = (stream, data) => new Promise((resolve) => stream.write(data, resolve))
  const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
  const stay = "process.on('SIGTERM', () => {}); console.log('escaped'); setInterval(() => {}, 1000)"
  const away = { detached: true, stdio: 'inherit' }
  fs.writeFileSync(script + '.written', '')
  for (const step of runs.calls[Math.min(number, runs.calls.length - 1)]) {
    if (step.out !== undefined) await write(process.stdout, step.out)
    // A byte each: whoever is killed while it writes a number leaves none.
    if (step.out !== undefined) fs.appendFileSync(script + '.written', '.')
    if (step.bytes !== undefined) for (const byte of Buffer.from(step.bytes)) await write(process.stdout, Buffer.from([byte]))
    if (step.err !== undefined) await write(process.stderr, step.err)
    if (step.tool !== undefined) fs.appendFileSync(script + '.answers', JSON.stringify(await useTool(step.tool, step.input)) + '\\n')
    if (step.waitMs !== undefined) await wait(step.waitMs)
    if (step.escape) {
      const middle = 'require("node:child_process").spawn(process.execPath, ["-e", ' + JSON.stringify(stay) + '], { detached: true, stdio: "inherit" }).unref()'
      spawn(process.execPath, ['-e', middle], away).unref()
    }
    if (step.printsToken) {
      const token = process.env.ENGINE_MCP_TOKEN
      await write(process.stderr, 'token: ' + token + '\\n')
      await write(process.stdout, 'token: ' + token.slice(0, 20))
      await wait(50)
      await write(process.stdout, token.slice(20) + '\\n')
    }
    if (step.ignoreTerm) process.on('SIGTERM', () => {})
    if (step.hang) { setInterval(() => {}, 1000); await new Promise(() => {}) }
    if (step.exit !== undefined) process.exit(step.exit)
  }
})
`

/** A program on disk that plays these runs, one a call and the last one ever after, and records how it was called. */
export function fakeCli(calls: readonly (readonly Step[])[], version = '1.2.3 (fake)'): FakeCli {
  const folder = mkdtempSync(join(tmpdir(), 'engine-cli-'))
  const command = join(folder, 'fake.cjs')
  writeFileSync(command, `#!${process.execPath}\n${program}`)
  chmodSync(command, 0o755)
  writeFileSync(`${command}.json`, JSON.stringify({ calls, version }))
  const record = `${command}.calls`
  return {
    folder,
    command,
    calls() {
      if (!existsSync(record)) return []
      const lines = readFileSync(record, 'utf8').trim().split('\n')
      // The cast is safe: the program above writes nothing else.
      return lines.map((line) => JSON.parse(line) as FakeCall)
    },
    answers: () => linesOf(`${command}.answers`),
    written: () => (existsSync(`${command}.written`) ? readFileSync(`${command}.written`).length : 0),
    processes: () => readdirSync('/proc').filter((name) => /^\d+$/.test(name) && commandLineOf(name).includes(command)),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

function linesOf(file: string): string[] {
  if (!existsSync(file)) return []
  // The program above writes texts.
  return readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as string)
}

function commandLineOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    // It ended meanwhile.
    return ''
  }
}

export function jsonLines(...lines: readonly object[]): string {
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('')
}

export interface ReadTranscript {
  readonly facts: readonly Fact[]
  readonly events: readonly AdapterEvent[]
  readonly unknown: readonly JsonObject[]
  readonly collector: Collector
}

/** Reads a whole transcript as a run would, with a clock that stands still. */
export function readTranscript(bytes: Buffer, readLine: (line: JsonObject) => Fact[] | null): ReadTranscript {
  const splitter = new LineSplitter()
  const collector = new Collector(() => 0)
  const facts: Fact[] = []
  const unknown: JsonObject[] = []
  for (const line of [...splitter.push(bytes), ...splitter.push(null)]) {
    const found = line.type === 'object' ? readLine(line.value) : []
    if (found === null && line.type === 'object') unknown.push(line.value)
    facts.push(...(found ?? []))
  }
  const events = [...facts.flatMap((fact) => collector.take(fact)), ...collector.end()]
  return { facts, events, unknown, collector }
}
