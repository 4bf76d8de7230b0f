// Who installs an app and runs its scripts. Those beside npm come from its registry, so that nothing has to be there before.
const viaNpx = (name, from) => ({ name, file: 'npx', before: ['--yes', from] })

const berry = { ...viaNpx('yarn', '@yarnpkg/cli-dist@4'), overridden: (manifest, resolutions) => ({ ...manifest, resolutions }) }

export const managers = {
  npm: { name: 'npm', file: 'npm', before: [], overridden: (manifest, overrides) => ({ ...manifest, overrides }) },
  pnpm: {
    ...viaNpx('pnpm', 'pnpm@10'),
    // It takes no file for a peer dependency.
    peersAreRanges: true,
    overridden: (manifest, overrides) => ({ ...manifest, pnpm: { ...manifest.pnpm, overrides } }),
  },
  yarn: { ...viaNpx('yarn', 'yarn@1'), overridden: (manifest, resolutions) => ({ ...manifest, resolutions }) },
  // Packages stay archives (Plug'n'Play), unless a setting asks for folders.
  berry,
  'berry-folders': { ...berry, files: { '.yarnrc.yml': 'nodeLinker: node-modules\n' } },
}
