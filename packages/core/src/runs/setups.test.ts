import { expect, it } from 'vitest'

import { adapterTypesOf, setupsOf, withLast } from './setups.ts'

const agent = {
  adapter_type: 'one',
  adapter_config: '{"model":"big"}',
  profiles: JSON.stringify({ cheap: { adapterConfig: { model: 'small' } } }),
  fallbacks: JSON.stringify([
    { adapterType: 'two', adapterConfig: {} },
    { adapterType: 'gone', adapterConfig: {} },
    { adapterType: 'three', adapterConfig: { model: 'other' } },
  ]),
}
const types = ['one', 'two', 'three']
const places = (profile: 'primary' | 'cheap' | null, known = types) => setupsOf(agent, { types: known, profile }).map(({ place }) => place)

it('the ways to run an agent are its own adapter, then its fallbacks in their order, without those that are not here', () => {
  expect(places(null)).toEqual(['own', 'fallback_1', 'fallback_3'])
  expect(setupsOf(agent, { types, profile: null })[2]).toEqual({
    place: 'fallback_3',
    adapterType: 'three',
    adapterConfig: { model: 'other' },
  })
})

it('an agent may come to be executed by its own adapter, by those of its profiles and by its fallbacks', () => {
  expect(adapterTypesOf(agent)).toEqual(['one', 'two', 'gone', 'three'])
})

it('the profile that is asked for comes first, by the adapter of the agent where it names none', () => {
  expect(places('cheap')).toEqual(['cheap', 'own', 'fallback_1', 'fallback_3'])
  expect(setupsOf(agent, { types, profile: 'cheap' })[0]).toEqual({ place: 'cheap', adapterType: 'one', adapterConfig: { model: 'small' } })
})

it('a profile that the agent has not is as if none were asked for', () => {
  expect(places('primary')).toEqual(places(null))
})

it('its own adapter is always among them', () => {
  expect(places(null, [])).toEqual(['own'])
})

it('the one that failed comes last', () => {
  expect(withLast(setupsOf(agent, { types, profile: null }), 'own').map(({ place }) => place)).toEqual(['fallback_1', 'fallback_3', 'own'])
})
