-- Which process projects which partition.

-- A process that takes part. It says that it lives by moving `expires_at` on; only the database's clock
-- counts, so that no process's clock can make a lease longer or shorter.
create table proj.member (
    member text primary key,
    expires_at timestamptz not null
) with (fillfactor = 50);
grant select, insert, update, delete on proj.member to annals_engine;

-- A lease lives as long as its owner. `epoch` rises with each taking, so it names the owner's term: whoever
-- writes with an older one is fenced. Renewing does not touch this row, which the owner's batches lock.
alter table proj.lease drop column expires_at;
alter table proj.lease alter column owner drop not null;
alter table proj.lease set (fillfactor = 10);

-- When a projector moved the checkpoint last: tells one that is stuck from one that is behind.
alter table proj.checkpoint add column applied_at timestamptz not null default clock_timestamp();

-- Moves checkpoints that are where the caller believes them to be, or fails: then the whole transaction, with
-- the rows that were reduced from those positions, is undone. The arrays have equal lengths. A lease epoch of
-- null is somebody who holds no lease (an operator's tool); the checkpoint itself still fences it.
drop function proj.move_checkpoints(text[], smallint[], bigint[], bigint[], bigint[], bigint[], bigint[]);
create function proj.move_checkpoints(
    projections text[], partitions smallint[], sources bigint[], targets bigint[],
    generations bigint[], new_generations bigint[], kafka_offsets bigint[], lease_epochs bigint[]
) returns void
    language plpgsql set search_path = '' as $$
declare
    held bigint;
    moved bigint;
begin
    -- The share lock lets nobody take a lease away between this check and the commit.
    perform from proj.lease as l
    join (select distinct u.partition, u.epoch from unnest(partitions, lease_epochs) as u (partition, epoch)
          where u.epoch is not null) as mine on mine.partition = l.partition and mine.epoch = l.epoch
    for share of l;
    get diagnostics held = row_count;
    if held <> (select count(distinct u.partition)
                from unnest(partitions, lease_epochs) as u (partition, epoch) where u.epoch is not null) then
        raise exception 'a partition was taken over by another projector' using errcode = 'AN002';
    end if;
    if exists (select from (select u.partition, max(u.target) as target
                            from unnest(partitions, targets) as u (partition, target) group by 1) as t
               where not exists (select from log.partition as p
                                 where p.partition = t.partition and p.head >= t.target)) then
        raise exception 'the log does not have the position that was applied' using errcode = 'AN003';
    end if;
    update proj.checkpoint c
    set position = m.target, generation = m.new_generation,
        kafka_offset = coalesce(m.kafka_offset, c.kafka_offset),
        applied_at = case when m.target > m.source then clock_timestamp() else c.applied_at end
    from (select * from unnest(
              projections, partitions, sources, targets, generations, new_generations, kafka_offsets)
          as u (projection, partition, source, target, generation, new_generation, kafka_offset)) as m
    where c.projection = m.projection and c.partition = m.partition
      and c.position = m.source and c.generation = m.generation;
    get diagnostics moved = row_count;
    if moved <> pg_catalog.cardinality(projections) then
        raise exception 'a checkpoint was moved by somebody else' using errcode = 'AN002';
    end if;
end $$;
grant execute on function proj.move_checkpoints to annals_engine;
