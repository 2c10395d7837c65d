-- Where and why the log's epoch was raised. Events of the partition with a position above `after` carry this
-- epoch or a later one, those up to it an earlier one; positions stay dense and go on. Whoever holds
-- something of an older epoch from a position above `after` holds what the log no longer has.
create table log.epoch (
    partition smallint not null check (partition >= 0),
    epoch integer not null check (epoch >= 2),
    after bigint not null check (after >= 0),
    raised_at timestamptz not null default now(),
    reason text not null check (reason <> ''),
    constraint epoch_of_partition primary key (partition, epoch)
);
grant select on log.epoch to annals_engine;

create trigger append_only before update or delete or truncate on log.epoch
    for each statement execute function log.refuse_change();

-- Epochs that were raised by hand before this table was there.
insert into log.epoch (partition, epoch, after, reason)
select partition, epoch, head, 'raised before reasons were kept' from log.partition where epoch > 1;
