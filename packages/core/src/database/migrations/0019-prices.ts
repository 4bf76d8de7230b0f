import type { Migration } from '../migrate.ts'

// What a company pays for a model, where that is not what the list says.
export const migration0019: Migration = {
  id: '0019-prices',
  statements: [
    // Micro-dollars for a million tokens; model is '*' for all models of a provider that have no price of their own.
    `create table prices (
      id {uuid} primary key,
      company_id {uuid} not null references companies (id),
      provider text not null,
      model text not null,
      effective_from {time} not null,
      input_micros {integer} not null,
      cached_input_micros {integer} not null,
      cache_write_micros {integer} not null,
      output_micros {integer} not null,
      tiers {json} not null,
      version {integer} not null,
      created_at {time} not null,
      updated_at {time} not null,
      constraint prices_company_key unique (company_id, id),
      constraint prices_effective_key unique (company_id, provider, model, effective_from),
      constraint prices_not_negative check (input_micros >= 0 and cached_input_micros >= 0 and cache_write_micros >= 0 and output_micros >= 0)
    ) {table}`,
    `create index prices_provider_index on prices (company_id, provider, id)`,
  ],
}
