import { expect, it } from 'vitest'

import { readAccess } from './access.ts'
import { readAllowed, readPlugins } from './config.ts'

it('lists in the environment have commas or blanks between their values, whatever they are of', () => {
  for (const between of [',', ' ', ', ', '\n', ' , \t']) {
    const list = (...values: string[]) => ` ${values.join(between)} `
    const environment = {
      ENGINE_PUBLIC_URL: list('https://one.example', 'https://two.example'),
      ENGINE_TRUST_PROXY: list('10.0.0.5', '10.0.1.0/24'),
      ENGINE_ALLOW_TARGETS: list('10.0.0.0/8', '192.168.0.1:80'),
    }
    expect(readAccess({}, environment)).toMatchObject({
      publicUrls: ['https://one.example', 'https://two.example'],
      trustedProxies: ['10.0.0.5', '10.0.1.0/24'],
    })
    expect(readAllowed({}, environment).targets).toEqual(['10.0.0.0/8', '192.168.0.1:80'])
  }
})

it('paths in lists of the environment may have blanks', () => {
  const environment = {
    ENGINE_ALLOW_FOLDERS: '/srv/our work, /srv/shop',
    ENGINE_ALLOW_PROGRAMS: '/opt/my tools/report,python3',
    ENGINE_PLUGINS: './our plugins/mine.mjs,@engine/plugin-notes',
  }
  expect(readAllowed({}, environment)).toMatchObject({
    folders: ['/srv/our work', '/srv/shop'],
    programs: ['/opt/my tools/report', 'python3'],
  })
  expect(readPlugins({}, environment)).toEqual(['./our plugins/mine.mjs', '@engine/plugin-notes'])
})
