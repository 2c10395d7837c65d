-- How far each projection is, who applies which partition, and the events that could not be applied.

create table proj.checkpoint (
    projection text not null,
    partition smallint not null,
    position bigint not null check (position >= 0),
    kafka_offset bigint,  -- of the last record that came over Kafka; null: none did
    -- Rises when something other than the projector changes the rows (a retry of parked events, a rebuild),
    -- so that the projector notices.
    generation bigint not null default 0,
    primary key (projection, partition)
) with (fillfactor = 50);
grant select, insert, update, delete on proj.checkpoint to annals_engine;
grant select on proj.checkpoint to annals_api;

-- A projector writes a partition only while the epoch it was given is still the one here (fencing).
create table proj.lease (
    partition smallint primary key,
    owner text not null,
    epoch bigint not null,
    expires_at timestamptz not null
);
grant select, insert, update, delete on proj.lease to annals_engine;

-- An event a projection could not apply, and the later ones of its stream, until an operator retries.
create table proj.parked (
    projection text not null,
    partition smallint not null,
    position bigint not null,
    tenant_id uuid not null,
    stream_id uuid not null,
    event_type text not null,
    code text not null,  -- "waiting": behind an event of its stream that failed
    detail text not null,
    parked_at timestamptz not null default now(),
    primary key (projection, partition, position)
);
create index parked_stream on proj.parked (projection, stream_id);
grant select, insert, update, delete on proj.parked to annals_engine;
select proj.isolate('proj.parked');
