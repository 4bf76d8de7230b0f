import { defineErrors } from '../kernel/errors.ts'

export const pluginErrors = defineErrors({
  plugin_invalid: {
    kind: 'rule',
    cause: 'The definition of the plugin is not in the shape that Engine takes.',
    help: 'Correct what the message names in the definition of the plugin; the engine was not started.',
  },
  plugin_incompatible: {
    kind: 'rule',
    cause: 'The plugin was made for another version of the interface of plugins.',
    help: 'Use a version of the plugin that is made for this version of Engine.',
  },
  plugin_duplicate: {
    kind: 'rule',
    cause: 'Two plugins have one id, or claim one namespace, operation, event or prefix of tables.',
    help: 'Load each plugin once, under a name that nothing else has.',
  },
  plugin_missing: {
    kind: 'rule',
    cause: 'A plugin requires another one that was not loaded.',
    help: 'Load the plugins that this one requires too, or leave it out.',
  },
  plugin_cycle: {
    kind: 'rule',
    cause: 'Of several plugins each requires the next, and the last the first.',
    help: 'Plugins that require each other can not be started; take one `requires` away.',
  },
  plugin_migration_refused: {
    kind: 'rule',
    cause: 'A migration of the plugin names tables that are not its own.',
    help: 'A plugin changes tables only whose names begin with its prefix; nothing was changed.',
  },
  plugin_schema_changed: {
    kind: 'unavailable',
    cause: 'The migrations that were applied to this database are not those of the plugin that was loaded.',
    help: 'Start the version of the plugin that migrated this database, or a later one.',
  },
  plugin_start_failed: {
    kind: 'unavailable',
    cause: 'The plugin threw while it was started.',
    help: 'The cause says why the plugin did not start; correct it, or leave the plugin out.',
  },
  plugin_not_installed: {
    kind: 'rule',
    cause: 'The plugin is loaded in this process, and not installed in this company.',
    help: 'An admin installs it in this company, or approves that it is installed.',
  },
  plugin_disabled: { kind: 'rule', cause: 'An admin disabled the plugin in this company.', help: 'An admin enables it in this company.' },
  plugin_unconfigured: {
    kind: 'rule',
    cause: 'The schema of the plugin does not take the configuration that it has in this company, or needs one that was never given.',
    help: 'An admin installs it with a configuration, or changes the one that it has; the message names what does not fit.',
  },
  plugin_changed: {
    kind: 'rule',
    cause: 'The plugin asks for other capabilities than those that were approved.',
    help: 'Install it again, which shows what it asks for now, and have that approved.',
  },
  plugin_unavailable: {
    kind: 'unavailable',
    cause: 'The process of the plugin crashed, or used more than it may, and was stopped.',
    help: 'The plugin failed and was stopped. An admin looks at its log and enables it again.',
  },
  plugin_failed: {
    kind: 'unavailable',
    cause: 'The plugin threw, took too long, or answered with something else than it declares.',
    help: 'The plugin gave no proper answer; nothing was changed. Try again, or look at its log.',
  },
  plugin_table_refused: {
    kind: 'internal',
    cause: 'A statement of the plugin names a table of others, or rows of no company.',
    help: 'A defect of the plugin: its statements name its own tables and the company of the call.',
  },
  capability_denied: {
    kind: 'denied',
    cause: 'The plugin asked its host for something that is not among its approved capabilities.',
    help: 'The plugin was not granted this. Its capabilities are shown when it is installed.',
  },
  policy_refused: {
    kind: 'rule',
    cause: 'A policy of a plugin decided against the call.',
    help: 'The message of the policy says what would satisfy it. Nothing was changed.',
  },
  policy_failed: {
    kind: 'unavailable',
    cause: 'A policy of a plugin threw or took too long, and without its decision nothing goes on.',
    help: 'A policy could not decide, so nothing was changed. Try again, or look at the log of the plugin.',
  },
})
