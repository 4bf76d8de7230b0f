import { defineMachine } from '../kernel/machine.ts'

/** What a plugin is to a company. One that was uninstalled can be installed again, on the same row. */
export const pluginMachine = defineMachine('plugin', {
  installed: { ready: ['approve', 'install'], uninstalled: ['uninstall', 'dismiss'] },
  ready: { installed: ['install'], disabled: ['disable'], error: ['fail'], quarantined: ['quarantine'], uninstalled: ['uninstall'] },
  disabled: { installed: ['install'], ready: ['enable'], uninstalled: ['uninstall'] },
  error: { installed: ['install'], ready: ['enable'], disabled: ['disable'], quarantined: ['quarantine'], uninstalled: ['uninstall'] },
  quarantined: { installed: ['install'], ready: ['enable'], disabled: ['disable'], uninstalled: ['uninstall'] },
  uninstalled: { installed: ['install'], ready: ['install'] },
})
