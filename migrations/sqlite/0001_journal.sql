-- Facts, the journal that is derived from them, and the outbox. Every table is keyed by (tenant, customer), so that one
-- customer's rows lie together and the tables can be distributed on the customer.
-- Amounts are whole micro-units (6 decimals). Dates are 'YYYY-MM-DD' in the tenant's time zone. Instants are
-- microseconds since 1970-01-01 UTC.

create table tenant (
    tenant_id text not null primary key,
    -- Days that a natural end stays provisional (R11).
    lapse_grace_days integer not null default 0 check (lapse_grace_days between 0 and 65535),
    created_at integer not null
) strict, without rowid;

create table customer (
    tenant_id text not null references tenant,
    customer_id text not null,
    -- Grows by one with every recording: tells other processes that the customer changed.
    version integer not null check (version > 0),
    created_at integer not null,
    changed_at integer not null,
    primary key (tenant_id, customer_id)
) strict, without rowid;

-- Everything that was said, every revision of it. Rows are never changed or deleted.
create table fact (
    tenant_id text not null,
    customer_id text not null,
    kind text not null check (kind in ('CUSTOMER', 'SUBSCRIPTION_LINE', 'CHANGE_ORDER', 'CHARGE', 'OVERRIDE')),
    -- Unique with the kind within a customer; empty for the customer itself.
    fact_id text not null,
    -- The highest holds (R17).
    revision integer not null check (revision >= 0),
    -- The fact in its one spelling: equal facts have equal bodies.
    body text not null check (json_valid(body)),
    -- The recording that brought it: the customer's version then.
    version integer not null check (version > 0),
    recorded_at integer not null,
    primary key (tenant_id, customer_id, kind, fact_id, revision),
    foreign key (tenant_id, customer_id) references customer
) strict, without rowid;

-- The journal: movements as they were derived, corrected by reversals (R16). Rows are never changed or deleted.
create table entry (
    tenant_id text not null,
    customer_id text not null,
    -- The place in the journal, and the movement's id.
    sequence integer not null check (sequence > 0),
    -- The recording that brought it: the customer's version then.
    version integer not null check (version > 0),
    recorded_at integer not null,
    -- The date by which reports count it: the effective date, unless that month was closed (R16).
    posting_date text not null,
    effective_date text not null,
    -- The entry that this one cancels.
    reverses integer,
    level text not null check (level in ('CONTRACT', 'CUSTOMER')),
    category text not null,
    subcategory text not null,
    -- At CONTRACT level.
    subscription_id text,
    -- At CONTRACT level, but for a renewal by link.
    line_id text,
    item_id text not null,
    currency text not null,
    delta_micros integer not null,
    mrr_before_micros integer not null,
    mrr_after_micros integer not null,
    -- Exact decimals: quantities have up to 10 decimals and are never added here.
    quantity_before text not null,
    quantity_after text not null,
    -- R12; both or neither.
    quantity_effect_micros integer,
    price_effect_micros integer,
    -- Of a RENEWAL (R9).
    renewed_mrr_micros integer,
    -- What changed, in the order of R4.
    causes text not null check (json_valid(causes)),
    -- The numbers of the rules that decided it.
    rules text not null check (json_valid(rules)),
    -- Reports take it up only from this date (R11).
    provisional_until text,
    primary key (tenant_id, customer_id, sequence),
    foreign key (tenant_id, customer_id) references customer,
    check ((level = 'CONTRACT') = (subscription_id is not null)),
    check ((quantity_effect_micros is null) = (price_effect_micros is null)),
    check (mrr_after_micros - mrr_before_micros = delta_micros)
) strict, without rowid;

-- Readers that follow the journal, and look-ups by movement id. It grows at its end.
create unique index entry_sequence on entry (sequence);

-- Whether an entry was reversed.
create index entry_reverses on entry (tenant_id, customer_id, reverses) where reverses is not null;

-- Events to deliver, written with the movements that they tell of.
create table outbox (
    tenant_id text not null,
    customer_id text not null,
    sequence integer not null check (sequence > 0),
    -- Not delivered before this instant.
    due_at integer not null,
    body text not null check (json_valid(body)),
    primary key (tenant_id, customer_id, sequence),
    foreign key (tenant_id, customer_id) references customer
) strict, without rowid;
