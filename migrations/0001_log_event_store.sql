-- The event log: the only source of truth. Everything a command changes is written here in one statement.
-- Run by annals_owner; the server connects as annals_engine and annals_api, which own nothing.

alter default privileges revoke execute on functions from public;

create schema log;
create schema vault;
create schema proj;
create schema idn;
create schema org;
create schema prj;
grant usage on schema log, vault, proj, idn, org, prj to annals_engine;
grant usage on schema proj, idn, org, prj to annals_api;

-- Shuts a table with a tenant_id for everybody but the engine. The restrictive policy stands even where a
-- later migration grants the API more than it should: no realm set is an error, another realm's rows are not
-- there. Row-level security is forced for the owner too, who has no policy: a migration sees no rows.
create function proj.isolate(target regclass) returns void
    language plpgsql set search_path = '' as $$
begin
    if not exists (select from pg_catalog.pg_attribute
                   where attrelid = target and attname = 'tenant_id' and not attisdropped) then
        raise exception '% has no tenant_id', target;
    end if;
    execute pg_catalog.format('alter table %s enable row level security', target);
    execute pg_catalog.format('alter table %s force row level security', target);
    execute pg_catalog.format(
        'create policy engine on %s to annals_engine using (true) with check (true)', target);
    execute pg_catalog.format(
        'create policy realm on %s as restrictive to annals_api
         using (tenant_id = pg_catalog.current_setting(''app.tenant'')::uuid)
         with check (tenant_id = pg_catalog.current_setting(''app.tenant'')::uuid)', target);
end $$;

-- Makes a table with a tenant_id a query table: the projector writes it, the API reads its own realm's rows.
-- Every query table is one line in its migration: select proj.protect('prj.task');
create function proj.protect(target regclass) returns void
    language plpgsql set search_path = '' as $$
begin
    perform proj.isolate(target);
    execute pg_catalog.format(
        'create policy api on %s for select to annals_api
         using (tenant_id = pg_catalog.current_setting(''app.tenant'')::uuid)', target);
    execute pg_catalog.format(
        'grant select, insert, update, delete, truncate on %s to annals_engine', target);
    execute pg_catalog.format('grant select on %s to annals_api', target);
end $$;

create function log.refuse_change() returns trigger
    language plpgsql set search_path = '' as $$
begin
    raise exception '%.% is append-only: % is refused', tg_table_schema, tg_table_name, tg_op
        using errcode = 'AN001';
end $$;

-- One row: which log this is. Copies of a log have its id and another epoch.
create table log.installation (
    one boolean primary key default true check (one),
    log_id uuid not null default gen_random_uuid(),
    created_at timestamptz not null default now(),
    partitions smallint not null check (partitions between 1 and 256),
    schema integer not null
);
grant select on log.installation to annals_engine;

-- The head of each partition. Whoever appends holds its row lock; positions are dense because of that alone.
create table log.partition (
    partition smallint primary key check (partition >= 0),
    head bigint not null default 0 check (head >= 0),
    epoch integer not null default 1 check (epoch >= 1)
) with (fillfactor = 10);
grant select, update (head) on log.partition to annals_engine;

-- Fixed-width columns first, the wide ones without padding between them.
create table log.event (
    position bigint not null check (position >= 1),
    tenant_position bigint not null check (tenant_position >= 1),
    stream_version bigint not null check (stream_version >= 1),
    effective_at timestamptz not null,
    recorded_at timestamptz not null,
    partition smallint not null,
    schema_version smallint not null check (schema_version >= 1),
    event_id uuid not null,
    tenant_id uuid not null,
    stream_id uuid not null,
    actor_id uuid not null,
    command_id uuid not null,
    causation_id uuid,
    correlation_id uuid not null,
    category text not null,
    type text not null,
    actor_kind text not null,
    leaf_hash bytea not null check (octet_length(leaf_hash) = 32),
    line text not null,
    constraint event_position primary key (partition, position),
    constraint event_stream_version unique (partition, stream_id, stream_version),
    constraint event_tenant_position unique (tenant_id, tenant_position)
);
grant select, insert on log.event to annals_engine;

-- What each command answered, so that a repeat gets the same answer and a commit in doubt can be resolved.
create table log.command (
    tenant_id uuid not null,
    command_id uuid not null,
    request_hash bytea not null check (octet_length(request_hash) = 32),
    response text not null,
    constraint command_id primary key (tenant_id, command_id)
);
grant select, insert on log.command to annals_engine;

create trigger append_only before update or delete or truncate on log.event
    for each statement execute function log.refuse_change();
create trigger append_only before update or delete or truncate on log.command
    for each statement execute function log.refuse_change();

-- Uniqueness, decided in the append itself. Personal keys are keyed hashes.
create table log.reservation (
    tenant_id uuid not null,
    scope text not null,
    key text not null,
    owner_stream uuid not null,
    owner_realm uuid not null,
    constraint reservation_key primary key (tenant_id, scope, key)
);
grant select, insert, update, delete on log.reservation to annals_engine;

-- Gap-free numbers, such as the n of PROJ-n.
create table log.counter (
    tenant_id uuid not null,
    scope text not null,
    value bigint not null,
    constraint counter_scope primary key (tenant_id, scope)
) with (fillfactor = 50);
grant select, insert, update on log.counter to annals_engine;

-- The key of a person's sealed data, wrapped by the master key. Destroying it erases the person everywhere.
create table log.subject_key (
    subject_id uuid primary key,
    tenant_id uuid not null,
    wrapped_key bytea,
    destroyed_at timestamptz,
    constraint subject_key_or_end check ((wrapped_key is null) = (destroyed_at is not null))
);
grant select, insert, update (wrapped_key, destroyed_at) on log.subject_key to annals_engine;

-- Secrets: hashes of passwords and tokens. Never in the log, never on Kafka, never in an export.
create table vault.credential (
    credential_id uuid primary key,
    tenant_id uuid not null,
    kind text not null,
    secret text not null,
    changed_at timestamptz not null default now()
);
grant select, insert, update, delete on vault.credential to annals_engine;

select proj.isolate('log.event');
select proj.isolate('log.command');
select proj.isolate('log.reservation');
select proj.isolate('log.counter');
select proj.isolate('log.subject_key');
select proj.isolate('vault.credential');
