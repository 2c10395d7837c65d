-- Moves checkpoints that are where the caller believes them to be, or fails: then the whole transaction, with
-- the rows that were reduced from those positions, is undone. The arrays have equal lengths.
create function proj.move_checkpoints(
    projections text[], partitions smallint[], sources bigint[], targets bigint[],
    generations bigint[], new_generations bigint[], kafka_offsets bigint[]
) returns void
    language plpgsql set search_path = '' as $$
declare
    moved bigint;
begin
    update proj.checkpoint c
    set position = m.target, generation = m.new_generation,
        kafka_offset = coalesce(m.kafka_offset, c.kafka_offset)
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
