-- Events on their way out: what each customer's movements, trials and charges call for, in the order in which it goes
-- out, and how far each sink has come.

alter table tenant add column time_zone text collate "C" not null default 'UTC';

-- When the next event of the customer is due that has not gone out yet; null: none is known to come. Set for everybody
-- whose events were never derived, so that they are.
alter table customer add column next_event_at timestamptz;
update customer set next_event_at = created_at;
create index customer_next_event on customer (next_event_at) where next_event_at is not null;

-- Was never written.
drop table outbox;

-- Events that are due, one row each, written with what they tell of, or by whoever finds that they are due. Rows are
-- never changed, but for their body, which goes when they have been kept for long enough.
create table outbox (
    tenant_id text collate "C" not null,
    customer_id text collate "C" not null,
    -- Names the event among those of the customer: what went out once never goes out again.
    event_key text collate "C" not null,
    -- The place in the outbox. A customer's events go out in this order.
    sequence bigint not null check (sequence > 0),
    recorded_at timestamptz not null,
    -- The event; null when it is no longer kept.
    body jsonb,
    primary key (tenant_id, customer_id, event_key)
);

-- Readers that follow the outbox. It grows at its end.
create index outbox_place on outbox (tenant_id, sequence);

-- Numbers for the outbox, taken and followed as those of the journal.
create sequence outbox_sequence;

-- A receiver of events, and how far it has come.
create table sink (
    tenant_id text collate "C" not null,
    sink text collate "C" not null,
    -- Everything up to this place of the outbox is delivered, or is in `delivery`.
    position bigint not null default 0,
    -- The same of the journal, for sinks that get that too.
    journal_position bigint not null default 0,
    -- Attempts in a row that failed, and until when there is to be none.
    failures integer not null default 0,
    paused_until timestamptz,
    delivered_at timestamptz,
    -- Why it gets nothing any more.
    disabled text collate "C",
    -- Grows whenever another relay takes the sink over: what an earlier one still wants to note does not count.
    generation bigint not null default 0,
    primary key (tenant_id, sink)
);

-- Events that a sink has not taken yet although later ones have passed them, and those that it will never take.
create table delivery (
    tenant_id text collate "C" not null,
    sink text collate "C" not null,
    customer_id text collate "C" not null,
    -- The place in the outbox.
    sequence bigint not null,
    is_dead boolean not null default false,
    attempts integer not null default 0,
    -- When it was tried first; null: not yet.
    first_tried_at timestamptz,
    next_at timestamptz not null,
    reason text collate "C" not null default '',
    primary key (tenant_id, sink, customer_id, sequence)
);
create index delivery_place on delivery (tenant_id, sink, is_dead, sequence);

-- The seconds under which KISSmetrics is told of events: it drops a second event with the same person, name and second,
-- and what it is told of a person twice in a second. So no two events of a person share one.
create table kissmetrics_second (
    tenant_id text collate "C" not null,
    sink text collate "C" not null,
    identity text collate "C" not null,
    second bigint not null,
    -- The place in the outbox.
    sequence bigint not null,
    primary key (tenant_id, sink, identity, second)
);
create unique index kissmetrics_second_of on kissmetrics_second (tenant_id, sink, sequence);
