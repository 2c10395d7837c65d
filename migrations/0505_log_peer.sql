-- Works with binaries that know 0504.

-- API processes that pass commands on to each other, so that one of them decides for each partition. A
-- process says that it lives by moving `expires_at` on, by the database's clock. Nothing rests on it: an
-- append checks the heads whoever sends it.
create table log.peer (
    member text primary key,
    address text not null,
    expires_at timestamptz not null
) with (fillfactor = 50);
grant select, insert, update, delete on log.peer to annals_engine;
