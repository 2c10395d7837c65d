-- Query tables of identity. Every row belongs to the realm of a person, but for the rosters.

create table idn.person (
    tenant_id uuid not null,
    id uuid not null,
    email text,
    display_name text,
    locked_until timestamptz,
    last_login_at timestamptz,
    registered_at timestamptz not null,
    version bigint not null,
    primary key (tenant_id, id)
);
select proj.protect('idn.person');

create table idn.session (
    tenant_id uuid not null,
    id uuid not null,
    user_id uuid not null,
    organization_id uuid,
    state text not null,
    device_name text,
    started_at timestamptz not null,
    expires_at timestamptz not null,
    generation bigint not null,
    version bigint not null,
    primary key (tenant_id, id)
) with (fillfactor = 80);
select proj.protect('idn.session');

create table idn.my_organization (
    tenant_id uuid not null,
    id uuid not null,
    name text not null,
    slug text not null,
    roles jsonb not null,
    joined_at timestamptz not null,
    primary key (tenant_id, id)
);
select proj.protect('idn.my_organization');

-- In the realm of the organization: who has a row in idn.my_organization.
create table idn.organization_roster (
    tenant_id uuid not null,
    id uuid not null,
    name text not null,
    slug text not null,
    members jsonb not null,
    primary key (tenant_id, id)
);
select proj.protect('idn.organization_roster');
