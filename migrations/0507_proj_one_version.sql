-- Works with binaries that know 0505.

-- Two versions of one projection must not write the same tables. Before an insert the check did not see the
-- version that a switch was just committing: the insert waited for the switch afterwards, at the unique key,
-- and then went through. After the insert it has been waited for. Those that begin at once wait for each
-- other at the lock, so that the second sees the first.
create or replace function proj.refuse_second_version() returns trigger
    language plpgsql set search_path = '' as $$
declare
    other text;
begin
    if new.projection like '%#beside' then return null; end if;
    perform pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('annals one_version', 0));
    select c.projection into other from proj.checkpoint c
    where pg_catalog.split_part(c.projection, '@', 1) = pg_catalog.split_part(new.projection, '@', 1)
      and c.projection <> new.projection and c.projection not like '%#beside' limit 1;
    if other is not null then
        raise exception 'the query tables are those of %, this process has %', other, new.projection
            using errcode = 'AN004',
                  hint = 'Run annals projections rebuild with the newer program, or end the older one.';
    end if;
    return null;
end $$;
drop trigger one_version on proj.checkpoint;
create trigger one_version after insert on proj.checkpoint
    for each row execute function proj.refuse_second_version();
