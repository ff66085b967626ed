-- Many sets of books in one store: keys, and how one tenant's part of the journal is found among others'.

-- Who may ask, as what, and about whose books. Rows are never deleted.
create table api_key (
    -- No secret: it stands in lists, in logs and in the audit trail. Grows with the time of creation.
    key_id text collate "C" not null primary key,
    -- The books that it is for.
    tenant_id text collate "C" not null references tenant,
    -- What people call it.
    name text collate "C" not null,
    role text collate "C" not null check (role in ('BILLING', 'FINANCE', 'READER', 'ADMIN')),
    -- SHA-256 of the secret, which is kept nowhere.
    secret_hash bytea not null check (octet_length(secret_hash) = 32),
    created_at timestamptz not null,
    -- Who made it.
    created_by text collate "C" not null,
    -- It is worth nothing from then on; null: never.
    expires_at timestamptz check (expires_at > created_at),
    -- It is worth nothing since; null: it was not taken back. Never set to null again.
    revoked_at timestamptz,
    revoked_by text collate "C",
    -- To the minute or so; null: never.
    last_used_at timestamptz,
    check ((revoked_at is null) = (revoked_by is null))
);

create function refuse_other_key() returns trigger language plpgsql as $$
begin
    raise exception 'a key can only be used and taken back' using errcode = 'DB002';
end $$;
create trigger api_key_changed before update on api_key for each row
    when ((new.key_id, new.tenant_id, new.name, new.role, new.secret_hash, new.created_at, new.created_by, new.expires_at)
        is distinct from
        (old.key_id, old.tenant_id, old.name, old.role, old.secret_hash, old.created_at, old.created_by, old.expires_at)
        or (old.revoked_at is not null
            and (new.revoked_at, new.revoked_by) is distinct from (old.revoked_at, old.revoked_by)))
    execute function refuse_other_key();
create trigger api_key_stays before delete or truncate on api_key
    for each statement execute function refuse_change();

-- A tenant's keys, in the order of their creation.
create index api_key_of_tenant on api_key (tenant_id, key_id);

-- Readers that follow a tenant's journal, and look-ups by movement id. It grows at the end of each tenant's part.
drop index entry_sequence;
create index entry_place on entry (tenant_id, sequence);
