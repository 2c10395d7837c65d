create table org.organization (
    tenant_id uuid not null,
    id uuid not null,
    name text not null,
    slug text not null,
    kind text not null,
    owner uuid not null,
    time_zone text,
    currency text,
    locale text,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    version bigint not null,
    primary key (tenant_id, id)
);
select proj.protect('org.organization');

create table org.member (
    tenant_id uuid not null,
    id uuid not null,
    membership_id uuid not null,
    roles jsonb not null,
    joined_at timestamptz not null,
    version bigint not null,
    primary key (tenant_id, id)
);
create index member_joined on org.member (tenant_id, joined_at, id);
select proj.protect('org.member');

create table org.invitation (
    tenant_id uuid not null,
    id uuid not null,
    email text,
    roles jsonb not null,
    status text not null,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    accepted_by uuid,
    version bigint not null,
    primary key (tenant_id, id)
);
create index invitation_created on org.invitation (tenant_id, created_at, id);
select proj.protect('org.invitation');
