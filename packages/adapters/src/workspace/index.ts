export { WorkspaceConfig } from './config.ts'
export { listWorkspaces, pruneWorkspaces, WorkspaceError, type Workspace, type WorkspaceOptions } from './workspace.ts'
