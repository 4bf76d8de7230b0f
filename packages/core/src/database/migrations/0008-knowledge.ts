import type { Migration } from '../migrate.ts'

// What agents should know: entries of a company or of one of its projects, their tags, and vectors of what they say.
export const migration0008: Migration = {
  id: '0008-knowledge',
  statements: [
    `create table knowledge_entries (
      id {uuid} primary key,
      company_id {uuid} not null references companies (id),
      project_id {uuid},
      title text not null,
      body text not null,
      tags {json} not null,
      source text,
      tokens {integer} not null,
      created_by_kind text not null,
      created_by_id text not null,
      updated_by_kind text not null,
      updated_by_id text not null,
      version {integer} not null,
      created_at {time} not null,
      updated_at {time} not null,
      deleted_at {time},
      constraint knowledge_entries_company_key unique (company_id, id),
      constraint knowledge_entries_project_fkey foreign key (company_id, project_id) references projects (company_id, id)
    ) {table}`,
    `create index knowledge_entries_live_index on knowledge_entries (company_id, id) where deleted_at is null`,
    `create index knowledge_entries_project_index on knowledge_entries (company_id, project_id, id) where deleted_at is null`,
    // What changed lately in all companies, for whoever makes vectors of it.
    `create index knowledge_entries_changed_index on knowledge_entries (updated_at, id) where deleted_at is null`,

    // The tags of entries that are not deleted, so that a list by tag comes out of an index.
    `create table knowledge_tags (
      company_id {uuid} not null,
      tag text not null,
      entry_id {uuid} not null,
      primary key (company_id, tag, entry_id),
      constraint knowledge_tags_entry_fkey foreign key (company_id, entry_id) references knowledge_entries (company_id, id)
    ) {table}`,
    `create index knowledge_tags_entry_index on knowledge_tags (company_id, entry_id)`,

    // A vector of one version of an entry, by one embedder: base64 of 32-bit floats, the lowest byte first.
    `create table knowledge_vectors (
      company_id {uuid} not null,
      embedder text not null,
      entry_id {uuid} not null,
      entry_version {integer} not null,
      vector text not null,
      primary key (company_id, embedder, entry_id),
      constraint knowledge_vectors_entry_fkey foreign key (company_id, entry_id) references knowledge_entries (company_id, id)
    ) {table}`,
    `create index knowledge_vectors_entry_index on knowledge_vectors (company_id, entry_id)`,
  ],
}
