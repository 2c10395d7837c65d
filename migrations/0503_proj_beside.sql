-- Copies of query tables beside the live ones, and what operators do about parked events.

-- How often it was tried to apply the event: 0 for one that only waits behind another.
alter table proj.parked add column attempts integer not null default 0;
alter table proj.parked add column tried_at timestamptz not null default now();
-- A switch gives the parked events of both copies to each other.
create policy owner on proj.parked to annals_owner using (true) with check (true);

-- The copy of prj.task is beside.prj_task and its indexes have the prefix prj_ as well.
-- The API has no right here.
create schema beside;
grant usage on schema beside to annals_engine;

-- One row for each projection that has tables beside.
create table proj.beside (
    projection text primary key,  -- without its version
    version integer not null,
    former boolean not null default false,  -- true: these were the live tables before the last switch
    made_at timestamptz not null default now(),
    switched_at timestamptz
);
grant select on proj.beside to annals_engine;

create function proj.beside_name(target regclass) returns text
    language sql stable set search_path = '' as $$
    select n.nspname || '_' || c.relname
    from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace where c.oid = target
$$;

-- Makes an empty table beside that has the shape of a live one and its primary key, nothing when it is there.
-- The other indexes come later, by proj.index_beside: filling is faster without them.
create function proj.create_beside(target regclass) returns void
    language plpgsql set search_path = '' as $$
declare
    name text := proj.beside_name(target);
    prefix text := (select n.nspname || '_' from pg_catalog.pg_class c
                    join pg_catalog.pg_namespace n on n.oid = c.relnamespace where c.oid = target);
    options text := (select pg_catalog.array_to_string(reloptions, ', ')
                     from pg_catalog.pg_class where oid = target);
    each record;
begin
    if pg_catalog.to_regclass(pg_catalog.format('beside.%I', name)) is not null then return; end if;
    execute pg_catalog.format(
        'create table beside.%I (like %s including all excluding indexes)', name, target);
    if options is not null then
        execute pg_catalog.format('alter table beside.%I set (%s)', name, options);
    end if;
    for each in select conname, pg_catalog.pg_get_constraintdef(oid) as definition
                from pg_catalog.pg_constraint where conrelid = target and contype in ('p', 'u') loop
        execute pg_catalog.format('alter table beside.%I add constraint %I %s', name, prefix || each.conname,
                                  each.definition);
    end loop;
    perform proj.protect(pg_catalog.format('beside.%I', name)::regclass);
end $$;

-- Gives a table beside the indexes of the live one that it does not have yet.
create function proj.index_beside(target regclass) returns void
    language plpgsql set search_path = '' as $$
declare
    name text := proj.beside_name(target);
    prefix text := (select n.nspname || '_' from pg_catalog.pg_class c
                    join pg_catalog.pg_namespace n on n.oid = c.relnamespace where c.oid = target);
    each record;
begin
    for each in
        select c.relname, i.indisunique, pg_catalog.pg_get_indexdef(i.indexrelid) as definition
        from pg_catalog.pg_index i join pg_catalog.pg_class c on c.oid = i.indexrelid
        where i.indrelid = target
          and not exists (select from pg_catalog.pg_constraint k where k.conindid = i.indexrelid) loop
        execute pg_catalog.format(
            'create %s index if not exists %I on beside.%I using %s',
            case when each.indisunique then 'unique' else '' end, prefix || each.relname, name,
            pg_catalog.substr(each.definition, pg_catalog.strpos(each.definition, ' USING ') + 7));
    end loop;
    execute pg_catalog.format('analyze beside.%I', name);
end $$;

-- Exchanges a live table with the one beside it: names, schemas and the names of their indexes. Whoever reads
-- `target` by name reads the other table from the commit on; prepared statements are planned anew.
create function proj.swap_beside(target regclass) returns void
    language plpgsql set search_path = '' as $$
declare
    schema text := (select n.nspname from pg_catalog.pg_class c
                    join pg_catalog.pg_namespace n on n.oid = c.relnamespace where c.oid = target);
    plain text := (select relname from pg_catalog.pg_class where oid = target);
    name text := proj.beside_name(target);
    incoming regclass := pg_catalog.format('beside.%I', name)::regclass;
    prefix text := schema || '_';
    names text[];
    each record;
begin
    -- Out of the way first: both sides want each other's names.
    select pg_catalog.array_agg(c.relname order by c.oid) into names
    from pg_catalog.pg_index i join pg_catalog.pg_class c on c.oid = i.indexrelid where i.indrelid = incoming;
    for each in select c.oid, c.relname from pg_catalog.pg_index i
                join pg_catalog.pg_class c on c.oid = i.indexrelid where i.indrelid = incoming loop
        execute pg_catalog.format(
            'alter index beside.%I rename to %I', each.relname, 'swapping_' || each.oid);
    end loop;
    execute pg_catalog.format('alter table beside.%I rename to %I', name, 'swapping_' || incoming::oid);

    for each in select c.relname from pg_catalog.pg_index i
                join pg_catalog.pg_class c on c.oid = i.indexrelid where i.indrelid = target loop
        execute pg_catalog.format(
            'alter index %I.%I rename to %I', schema, each.relname, prefix || each.relname);
    end loop;
    execute pg_catalog.format('alter table %I.%I rename to %I', schema, plain, name);
    execute pg_catalog.format('alter table %I.%I set schema beside', schema, name);

    execute pg_catalog.format('alter table beside.%I set schema %I', 'swapping_' || incoming::oid, schema);
    execute pg_catalog.format('alter table %I.%I rename to %I', schema, 'swapping_' || incoming::oid, plain);
    for each in select c.oid, c.relname, pg_catalog.row_number() over (order by c.oid) as nth
                from pg_catalog.pg_index i join pg_catalog.pg_class c on c.oid = i.indexrelid
                where i.indrelid = incoming loop
        execute pg_catalog.format('alter index %I.%I rename to %I', schema, each.relname,
            case when pg_catalog.starts_with(names[each.nth], prefix)
                 then pg_catalog.substr(names[each.nth], pg_catalog.length(prefix) + 1)
                 else names[each.nth] end);
    end loop;
end $$;

-- Two versions of one projection must not write the same tables. A process whose version is not the live one
-- gets this error when it would begin at position 0, and its projections wait until it is replaced.
create function proj.refuse_second_version() returns trigger
    language plpgsql set search_path = '' as $$
declare
    other text;
begin
    if new.projection like '%#beside' then return new; end if;
    select c.projection into other from proj.checkpoint c
    where pg_catalog.split_part(c.projection, '@', 1) = pg_catalog.split_part(new.projection, '@', 1)
      and c.projection <> new.projection and c.projection not like '%#beside' limit 1;
    if other is not null then
        raise exception 'the query tables are those of %, this process has %', other, new.projection
            using errcode = 'AN004',
                  hint = 'Run annals projections rebuild with the newer program, or end the older one.';
    end if;
    return new;
end $$;
create trigger one_version before insert on proj.checkpoint
    for each row execute function proj.refuse_second_version();
