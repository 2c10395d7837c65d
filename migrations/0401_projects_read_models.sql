create table prj.project (
    tenant_id uuid not null,
    id uuid not null,
    key text collate "C" not null,
    name text not null,
    description text,
    type text not null,
    lead uuid,
    columns jsonb not null,
    archived boolean not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    version bigint not null,
    primary key (tenant_id, id)
);
create index project_key on prj.project (tenant_id, key, id);
create index project_name on prj.project (tenant_id, name, id);
create index project_created on prj.project (tenant_id, created_at, id);
create index project_updated on prj.project (tenant_id, updated_at, id);
select proj.protect('prj.project');

create table prj.task (
    tenant_id uuid not null,
    id uuid not null,
    project_id uuid not null,
    number bigint not null,
    key text collate "C" not null,
    title text not null,
    description text,
    type text not null,
    column_id uuid not null,
    category text not null,
    priority text not null,
    assignees jsonb not null,
    reporter uuid not null,
    start date,
    due date,
    estimate_min bigint,
    labels jsonb not null,
    parent uuid,
    rank text collate "C" not null,  -- sorts by its bytes
    completed_at timestamptz,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    version bigint not null,
    priority_order smallint not null generated always as (
        case priority when 'urgent' then 0 when 'high' then 1 when 'medium' then 2 when 'low' then 3
        else 4 end
    ) stored,
    primary key (tenant_id, id)
) with (fillfactor = 80);
-- A board, the end of a column, the card beside another one.
create index task_column on prj.task (tenant_id, project_id, column_id, rank, id);
-- One index for each order of a project's list. Lists over all projects sort what the realm has.
create index task_rank on prj.task (tenant_id, project_id, rank, id);
create index task_due on prj.task (tenant_id, project_id, (coalesce(due, 'infinity'::date)), id);
create index task_priority on prj.task (tenant_id, project_id, priority_order, id);
create index task_created on prj.task (tenant_id, project_id, created_at, id);
create index task_updated on prj.task (tenant_id, project_id, updated_at, id);
create index task_assignees on prj.task using gin (assignees jsonb_path_ops);
select proj.protect('prj.task');

create table prj.task_history (
    tenant_id uuid not null,
    id uuid not null,
    task_id uuid not null,
    version bigint not null,
    type text not null,
    actor_kind text not null,
    actor_id uuid not null,
    effective_at timestamptz not null,
    recorded_at timestamptz not null,
    reason text not null,
    changes json not null,
    primary key (tenant_id, id)
);
create index task_history_version on prj.task_history (tenant_id, task_id, version, id);
select proj.protect('prj.task_history');
