-- Works with binaries that know 0505.

-- A project's list by time that asks for one priority or one category passes over what has another. With both
-- in the index it does so without reading the tasks: 60 pages instead of 289 for 50 tasks of one in five.
drop index prj.task_updated;
create index task_updated on prj.task (tenant_id, project_id, updated_at, id, priority, category);
drop index prj.task_created;
create index task_created on prj.task (tenant_id, project_id, created_at, id, priority, category);
drop index prj.task_due;
create index task_due on prj.task
    (tenant_id, project_id, (coalesce(due, 'infinity'::date)), id, priority, category);
