"""Rows in bulk, made by SQL where only the size of the tables matters: such a log can be served and grown,
but its lines do not verify."""

ROWS_AT_ONCE = 500_000  # bounds one transaction


def add_tasks(instance, wanted):
    """Fills prj.task up to so many rows, spread over the projects that are there."""
    have = int(instance.sql("select count(*) from prj.task"))
    instance.sql(f"""insert into prj.task (tenant_id, id, project_id, number, key, title, description, type,
                column_id, category, priority, assignees, reporter, start, due, estimate_min, labels, parent,
                rank, completed_at, created_at, updated_at, version)
            select t.tenant_id, gen_random_uuid(), t.project_id, 1000000 + n, 'P-' || n, t.title,
                t.description, t.type, t.column_id, t.category,
                (array['urgent', 'high', 'medium', 'low', 'none'])[1 + n % 5], t.assignees, t.reporter,
                t.start, t.due, t.estimate_min, t.labels, t.parent, t.rank || to_hex(n), t.completed_at,
                t.created_at - n * interval '1 second', t.updated_at - n * interval '1 second', 1
            from generate_series(1, {max(0, wanted - have)}) n
            join (select *, row_number() over () - 1 as k, count(*) over () as projects
                  from (select distinct on (project_id) * from prj.task) each) t on t.k = n % t.projects""")
    instance.sql("vacuum analyze prj.task")


def add_events(instance, wanted):
    """Grows the log to so many events or a few more, each with its command, four to a stream, a thousand
    realms to a partition; projections count as having them. The server must not be running."""
    for table in ("log.event", "log.command"):  # vacuumed at the end, not all the time and into the loads
        instance.sql(f"alter table {table} set (autovacuum_enabled = off)")
    while (missing := wanted - instance.events()) > 0:
        instance.sql(f"""with n as (
                select p.partition, p.head + k as position, k,
                    md5(p.partition || '/' || p.head + k)::uuid as id,
                    md5('realm ' || p.partition || '/' || (p.head + k) % 1000)::uuid as realm,
                    md5('stream ' || p.partition || '/' || (p.head + k) / 4)::uuid as stream
                from log.partition p, generate_series(
                    1, 1 + {min(missing, ROWS_AT_ONCE)} / (select count(*) from log.partition)) k
            ), template as (select line from log.event where type = 'prj.TaskCreated' limit 1
            ), events as (
                insert into log.event (position, tenant_position, stream_version, effective_at, recorded_at,
                    partition, schema_version, event_id, tenant_id, stream_id, actor_id, command_id,
                    correlation_id, category, type, actor_kind, leaf_hash, line)
                select position, position, 1 + position % 4, now(), now(), partition, 1, id, realm, stream,
                    realm, id, id, 'task', 'prj.TaskCreated', 'user', sha256('bench'), line
                from n, template order by partition, position
            ), commands as (
                insert into log.command (tenant_id, command_id, request_hash, response)
                select realm, id, sha256('bench'), '{{"id":"' || id || '","version":1,"position":"1-0-1"}}'
                from n
            )
            update log.partition p set head = m.head
            from (select partition, max(position) as head from n group by 1) m
            where m.partition = p.partition""")
    instance.sql("""update proj.checkpoint c set position = p.head
                    from log.partition p where p.partition = c.partition""")
    for table in ("log.event", "log.command"):
        instance.sql(f"vacuum analyze {table}")
        instance.sql(f"alter table {table} reset (autovacuum_enabled)")
