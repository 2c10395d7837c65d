-- One row of log.event's shape a transaction, with keys that rise as those of the log do.
with n as (select nextval('bench.position') as v, now() as t)
insert into bench.event (position, tenant_position, stream_version, effective_at, recorded_at, partition,
                         schema_version, event_id, tenant_id, stream_id, actor_id, command_id, causation_id,
                         correlation_id, category, type, actor_kind, leaf_hash, line)
select v, v, 1, t, t, (v % 8)::smallint, 1::smallint, lpad(to_hex(v), 32, '0')::uuid,
       lpad((v % 6)::text, 32, '0')::uuid, lpad(to_hex(v), 32, '0')::uuid,
       '00000000-0000-7000-8000-000000000001', lpad(to_hex(v), 32, '0')::uuid, null,
       lpad(to_hex(v), 32, '0')::uuid, 'task', 'prj.TaskCreated', 'user',
       '\xabababababababababababababababababababababababababababababababab', :line
from n;
