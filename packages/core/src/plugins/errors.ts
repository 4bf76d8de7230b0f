import { defineErrors } from '../kernel/errors.ts'

export const pluginErrors = defineErrors({
  plugin_invalid: { kind: 'rule', help: 'Correct what the message names in the definition of the plugin; the engine was not started.' },
  plugin_incompatible: { kind: 'rule', help: 'Use a version of the plugin that is made for this version of Engine.' },
  plugin_duplicate: { kind: 'rule', help: 'Load each plugin once, under a name that nothing else has.' },
  plugin_missing: { kind: 'rule', help: 'Load the plugins that this one requires too, or leave it out.' },
  plugin_cycle: { kind: 'rule', help: 'Plugins that require each other can not be started; take one `requires` away.' },
  plugin_migration_refused: { kind: 'rule', help: 'A plugin changes tables only whose names begin with its prefix; nothing was changed.' },
  plugin_schema_changed: { kind: 'unavailable', help: 'Start the version of the plugin that migrated this database, or a later one.' },
  plugin_start_failed: { kind: 'unavailable', help: 'The cause says why the plugin did not start; correct it, or leave the plugin out.' },
  plugin_not_installed: { kind: 'rule', help: 'An admin installs it in this company, or approves that it is installed.' },
  plugin_disabled: { kind: 'rule', help: 'An admin enables it in this company.' },
  plugin_changed: { kind: 'rule', help: 'Install it again, which shows what it asks for now, and have that approved.' },
  plugin_unavailable: { kind: 'unavailable', help: 'The plugin failed and was stopped. An admin looks at its log and enables it again.' },
  plugin_failed: { kind: 'unavailable', help: 'The plugin gave no proper answer; nothing was changed. Try again, or look at its log.' },
  plugin_table_refused: {
    kind: 'internal',
    help: 'A defect of the plugin: its statements name its own tables and the company of the call.',
  },
  capability_denied: { kind: 'denied', help: 'The plugin was not granted this. Its capabilities are shown when it is installed.' },
  policy_refused: { kind: 'rule', help: 'The message of the policy says what would satisfy it. Nothing was changed.' },
  policy_failed: {
    kind: 'unavailable',
    help: 'A policy could not decide, so nothing was changed. Try again, or look at the log of the plugin.',
  },
})
