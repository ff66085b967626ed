-- Closed months, the audit trail, and what the database itself refuses.

-- Grows whenever the policy or the periods change: what was decided under an older version is decided again.
alter table tenant add column version bigint not null default 0;
-- The version that brought the policy: customers that were derived under an older one are to be derived anew.
alter table tenant add column policy_version bigint not null default 0;
-- The first date of the first open month (R16): everything before is closed.
alter table tenant add column open_from date not null default '0001-01-01' check (extract(day from open_from) = 1);

-- The version of the books under which the customer was derived.
alter table customer add column books_version bigint not null default 0;

-- Each closing and reopening of a month. Rows are never changed or deleted.
create table closing (
    tenant_id text collate "C" not null,
    -- Counts them, from 1.
    sequence bigint not null check (sequence > 0),
    -- Its first date.
    month date not null check (extract(day from month) = 1),
    -- Else it was reopened.
    is_closed boolean not null,
    -- Of a closing: SHA-256 of the month's totals, in hexadecimal digits.
    digest text collate "C" check (length(digest) = 64),
    recorded_at timestamptz not null,
    actor text collate "C" not null,
    reason text collate "C" not null,
    primary key (tenant_id, sequence),
    check (is_closed = (digest is not null))
);

-- Who did what, when and why. Each row's hash covers the row and the hash of the one before, so that none can be
-- changed, added, taken out or moved unnoticed. Rows are never changed or deleted.
create table audit_entry (
    tenant_id text collate "C" not null,
    -- Counts them, from 1, without a gap.
    sequence bigint not null check (sequence > 0),
    recorded_at timestamptz not null,
    -- Who, by the credential.
    actor text collate "C" not null,
    -- What was done.
    action text collate "C" not null,
    -- Whose books it is about; empty: not about one customer.
    customer_id text collate "C" not null,
    -- What it was done to.
    subject text collate "C" not null,
    -- As it was and as it is now; empty: nothing.
    before text collate "C" not null,
    after text collate "C" not null,
    reason text collate "C" not null,
    -- The request that brought it.
    request_id text collate "C" not null,
    -- SHA-256, in hexadecimal digits.
    hash text collate "C" not null check (length(hash) = 64),
    primary key (tenant_id, sequence)
);
create index audit_entry_customer on audit_entry (tenant_id, customer_id, sequence) where customer_id <> '';
create index audit_entry_action on audit_entry (tenant_id, action, sequence);

-- The last row of the audit trail, which stands for all of them. Who appends locks it.
create table audit_head (
    tenant_id text collate "C" not null primary key,
    sequence bigint not null,
    hash text collate "C" not null check (length(hash) = 64)
);
insert into audit_head select tenant_id, 0, repeat('0', 64) from tenant;

-- Prior-period adjustments, for reports by effective date. They are few; the statistics tell the planner, which would
-- read the whole journal for them otherwise.
create index entry_adjustment on entry (tenant_id, effective_date) where posting_date - effective_date > 0;
create statistics entry_posting_delay on (posting_date - effective_date) from entry;

-- Natural ends that may yet be renewed (R11), for the closing of their month.
create index entry_provisional on entry (tenant_id, provisional_until) where provisional_until is not null;

-- What was not yet known at an instant. Entries lie in the order in which they came.
create index entry_recorded on entry using brin (recorded_at) with (pages_per_range = 32, autosummarize = on);

-- Keeps the books as they are until the transaction ends, and tells their version. Whoever changes the version holds
-- the lock alone, and so waits for those who write. A function, because what it reads must be read after it waited.
create function hold_books(books text) returns bigint language plpgsql as $$
begin
    perform pg_advisory_xact_lock_shared(('tenant'::regclass::oid::bigint << 32 >> 32)::int, hashtext(books));
    return (select version from tenant where tenant_id = books);
end $$;

create function refuse_closed_month() returns trigger language plpgsql as $$
begin
    perform hold_books(tenant_id) from (select distinct tenant_id from posted) as written;
    if exists (
        select 1 from (select tenant_id, min(posting_date) as first_date from posted group by tenant_id) as batch
        join tenant using (tenant_id) where batch.first_date < tenant.open_from) then
        raise exception 'the month of the posting date is closed' using errcode = 'DB001';
    end if;
    return null;
end $$;
create trigger entry_in_open_month after insert on entry
    referencing new table as posted for each statement execute function refuse_closed_month();

create function refuse_change() returns trigger language plpgsql as $$
begin
    raise exception 'rows of % are never changed or deleted', tg_table_name using errcode = 'DB002';
end $$;
create trigger fact_stays before update or delete or truncate on fact
    for each statement execute function refuse_change();
create trigger entry_stays before update or delete or truncate on entry
    for each statement execute function refuse_change();
create trigger closing_stays before update or delete or truncate on closing
    for each statement execute function refuse_change();
create trigger audit_entry_stays before update or delete or truncate on audit_entry
    for each statement execute function refuse_change();
