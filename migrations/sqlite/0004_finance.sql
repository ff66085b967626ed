-- Closed months, the audit trail, and what the database itself refuses.

-- Grows whenever the policy or the periods change: what was decided under an older version is decided again.
alter table tenant add column version integer not null default 0;
-- The version that brought the policy: customers that were derived under an older one are to be derived anew.
alter table tenant add column policy_version integer not null default 0;
-- The first date of the first open month (R16): everything before is closed.
alter table tenant add column open_from text not null default '0001-01-01' check (open_from like '%-01');

-- The version of the books under which the customer was derived.
alter table customer add column books_version integer not null default 0;

-- Each closing and reopening of a month. Rows are never changed or deleted.
create table closing (
    tenant_id text not null,
    -- Counts them, from 1.
    sequence integer not null check (sequence > 0),
    -- Its first date.
    month text not null check (month like '%-01'),
    -- Else it was reopened.
    is_closed integer not null check (is_closed in (0, 1)),
    -- Of a closing: SHA-256 of the month's totals, in hexadecimal digits.
    digest text check (length(digest) = 64),
    recorded_at integer not null,
    actor text not null,
    reason text not null,
    primary key (tenant_id, sequence),
    check (is_closed = (digest is not null))
) strict, without rowid;

-- Who did what, when and why. Each row's hash covers the row and the hash of the one before, so that none can be
-- changed, added, taken out or moved unnoticed. Rows are never changed or deleted.
create table audit_entry (
    tenant_id text not null,
    -- Counts them, from 1, without a gap.
    sequence integer not null check (sequence > 0),
    recorded_at integer not null,
    -- Who, by the credential.
    actor text not null,
    -- What was done.
    action text not null,
    -- Whose books it is about; empty: not about one customer.
    customer_id text not null,
    -- What it was done to.
    subject text not null,
    -- As it was and as it is now; empty: nothing.
    before text not null,
    after text not null,
    reason text not null,
    -- The request that brought it.
    request_id text not null,
    -- SHA-256, in hexadecimal digits.
    hash text not null check (length(hash) = 64),
    primary key (tenant_id, sequence)
) strict, without rowid;
create index audit_entry_customer on audit_entry (tenant_id, customer_id, sequence) where customer_id <> '';
create index audit_entry_action on audit_entry (tenant_id, action, sequence);

-- The last row of the audit trail, which stands for all of them.
create table audit_head (
    tenant_id text not null primary key,
    sequence integer not null,
    hash text not null check (length(hash) = 64)
) strict, without rowid;
insert into audit_head select tenant_id, 0, hex(zeroblob(32)) from tenant;

-- Prior-period adjustments, for reports by effective date. They are few.
create index entry_adjustment on entry (tenant_id, effective_date) where posting_date <> effective_date;

-- Natural ends that may yet be renewed (R11), for the closing of their month.
create index entry_provisional on entry (tenant_id, provisional_until) where provisional_until is not null;

create trigger entry_in_open_month before insert on entry
when new.posting_date < (select open_from from tenant where tenant_id = new.tenant_id)
begin
    select raise(abort, 'the month of the posting date is closed');
end;

-- `insert or replace` takes a row away without being a delete.
create trigger fact_replaced before insert on fact
when exists (
    select 1 from fact where tenant_id = new.tenant_id and customer_id = new.customer_id and kind = new.kind
        and fact_id = new.fact_id and revision = new.revision)
begin select raise(abort, 'rows of fact are never changed or deleted'); end;
create trigger entry_replaced before insert on entry
when exists (
    select 1 from entry
    where tenant_id = new.tenant_id and customer_id = new.customer_id and sequence = new.sequence)
    or exists (
    select 1 from entry
    where tenant_id = new.tenant_id and customer_id = new.customer_id and reverses = new.reverses)
begin select raise(abort, 'rows of entry are never changed or deleted'); end;
create trigger closing_replaced before insert on closing
when exists (select 1 from closing where tenant_id = new.tenant_id and sequence = new.sequence)
begin select raise(abort, 'rows of closing are never changed or deleted'); end;
create trigger audit_entry_replaced before insert on audit_entry
when exists (select 1 from audit_entry where tenant_id = new.tenant_id and sequence = new.sequence)
begin select raise(abort, 'rows of audit_entry are never changed or deleted'); end;

create trigger fact_changed before update on fact
begin select raise(abort, 'rows of fact are never changed or deleted'); end;
create trigger fact_deleted before delete on fact
begin select raise(abort, 'rows of fact are never changed or deleted'); end;
create trigger entry_changed before update on entry
begin select raise(abort, 'rows of entry are never changed or deleted'); end;
create trigger entry_deleted before delete on entry
begin select raise(abort, 'rows of entry are never changed or deleted'); end;
create trigger closing_changed before update on closing
begin select raise(abort, 'rows of closing are never changed or deleted'); end;
create trigger closing_deleted before delete on closing
begin select raise(abort, 'rows of closing are never changed or deleted'); end;
create trigger audit_entry_changed before update on audit_entry
begin select raise(abort, 'rows of audit_entry are never changed or deleted'); end;
create trigger audit_entry_deleted before delete on audit_entry
begin select raise(abort, 'rows of audit_entry are never changed or deleted'); end;
