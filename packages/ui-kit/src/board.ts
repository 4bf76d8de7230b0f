/** The folder of the built board, for `serve({ board: boardFolder })` of @engine/http. There is none before `pnpm build`. */
export const boardFolder = new URL(import.meta.url.endsWith('.ts') ? '../dist/board/' : './board/', import.meta.url)
