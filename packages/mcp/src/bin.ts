#!/usr/bin/env node
import { bridgeOverStdio } from './bridge.ts'
import { readSettings } from './settings.ts'

try {
  bridgeOverStdio(readSettings(process.env))
} catch (error) {
  // The standard output belongs to the protocol.
  process.stderr.write(`engine-mcp: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 2
}
