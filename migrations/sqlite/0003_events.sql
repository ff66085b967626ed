-- Events on their way out: what each customer's movements, trials and charges call for, in the order in which it goes
-- out, and how far each sink has come.

alter table tenant add column time_zone text not null default 'UTC';

-- When the next event of the customer is due that has not gone out yet; null: none is known to come. Set for everybody
-- whose events were never derived, so that they are.
alter table customer add column next_event_at integer;
update customer set next_event_at = created_at;
create index customer_next_event on customer (next_event_at) where next_event_at is not null;

-- Was never written.
drop table outbox;

-- Events that are due, one row each, written with what they tell of, or by whoever finds that they are due. Rows are
-- never changed, but for their body, which goes when they have been kept for long enough.
create table outbox (
    tenant_id text not null,
    customer_id text not null,
    -- Names the event among those of the customer: what went out once never goes out again.
    event_key text not null,
    -- The place in the outbox. A customer's events go out in this order.
    sequence integer not null check (sequence > 0),
    recorded_at integer not null,
    -- The event; null when it is no longer kept.
    body text check (json_valid(body)),
    primary key (tenant_id, customer_id, event_key)
) strict, without rowid;

-- Readers that follow the outbox. It grows at its end.
create index outbox_place on outbox (tenant_id, sequence);

-- A receiver of events, and how far it has come.
create table sink (
    tenant_id text not null,
    sink text not null,
    -- Everything up to this place of the outbox is delivered, or is in `delivery`.
    position integer not null default 0,
    -- The same of the journal, for sinks that get that too.
    journal_position integer not null default 0,
    -- Attempts in a row that failed, and until when there is to be none.
    failures integer not null default 0,
    paused_until integer,
    delivered_at integer,
    -- Why it gets nothing any more.
    disabled text,
    -- Grows whenever another relay takes the sink over: what an earlier one still wants to note does not count.
    generation integer not null default 0,
    primary key (tenant_id, sink)
) strict, without rowid;

-- Events that a sink has not taken yet although later ones have passed them, and those that it will never take.
create table delivery (
    tenant_id text not null,
    sink text not null,
    customer_id text not null,
    -- The place in the outbox.
    sequence integer not null,
    is_dead integer not null default 0 check (is_dead in (0, 1)),
    attempts integer not null default 0,
    -- When it was tried first; null: not yet.
    first_tried_at integer,
    next_at integer not null,
    reason text not null default '',
    primary key (tenant_id, sink, customer_id, sequence)
) strict, without rowid;
create index delivery_place on delivery (tenant_id, sink, is_dead, sequence);

-- The seconds under which KISSmetrics is told of events: it drops a second event with the same person, name and second,
-- and what it is told of a person twice in a second. So no two events of a person share one.
create table kissmetrics_second (
    tenant_id text not null,
    sink text not null,
    identity text not null,
    second integer not null,
    -- The place in the outbox.
    sequence integer not null,
    primary key (tenant_id, sink, identity, second)
) strict, without rowid;
create unique index kissmetrics_second_of on kissmetrics_second (tenant_id, sink, sequence);
