-- Many sets of books in one store: keys, and how one tenant's part of the journal is found among others'.

-- Who may ask, as what, and about whose books. Rows are never deleted.
create table api_key (
    -- No secret: it stands in lists, in logs and in the audit trail. Grows with the time of creation.
    key_id text not null primary key,
    -- The books that it is for.
    tenant_id text not null references tenant,
    -- What people call it.
    name text not null,
    role text not null check (role in ('BILLING', 'FINANCE', 'READER', 'ADMIN')),
    -- SHA-256 of the secret, which is kept nowhere.
    secret_hash blob not null check (length(secret_hash) = 32),
    created_at integer not null,
    -- Who made it.
    created_by text not null,
    -- It is worth nothing from then on; null: never.
    expires_at integer check (expires_at > created_at),
    -- It is worth nothing since; null: it was not taken back. Never set to null again.
    revoked_at integer,
    revoked_by text,
    -- To the minute or so; null: never.
    last_used_at integer,
    check ((revoked_at is null) = (revoked_by is null))
) strict, without rowid;

create trigger api_key_changed before update on api_key
when (new.key_id, new.tenant_id, new.name, new.role, new.secret_hash, new.created_at, new.created_by, new.expires_at)
    is not (old.key_id, old.tenant_id, old.name, old.role, old.secret_hash, old.created_at, old.created_by, old.expires_at)
    or (old.revoked_at is not null and (new.revoked_at, new.revoked_by) is not (old.revoked_at, old.revoked_by))
begin select raise(abort, 'a key can only be used and taken back'); end;
create trigger api_key_deleted before delete on api_key
begin select raise(abort, 'rows of api_key are never changed or deleted'); end;
create trigger api_key_replaced before insert on api_key
when exists (select 1 from api_key where key_id = new.key_id)
begin select raise(abort, 'rows of api_key are never changed or deleted'); end;

-- A tenant's keys, in the order of their creation.
create index api_key_of_tenant on api_key (tenant_id, key_id);

-- Readers that follow a tenant's journal, and look-ups by movement id. It grows at the end of each tenant's part.
drop index entry_sequence;
create index entry_place on entry (tenant_id, sequence);
