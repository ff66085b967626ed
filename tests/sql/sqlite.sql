-- Every statement as SQLite gets it. UPDATE_GOLDEN=1 cargo test --test suite golden

-- access::api_key::ANY
select exists (select 1 from api_key);

-- access::api_key::INSERT
insert into api_key (key_id, tenant_id, name, role, secret_hash, created_at, created_by, expires_at)
values ($1, $2, $3, $4, $5, $6, $7, $8);

-- access::api_key::NOTE_USE
update api_key set last_used_at = $2 where key_id = $1 and (last_used_at is null or last_used_at < $3);

-- access::api_key::ONE
select key_id, tenant_id, name, role, secret_hash, created_at, created_by, expires_at, revoked_at, revoked_by,
    last_used_at
from api_key where key_id = $1;

-- access::api_key::PAGE
select key_id, tenant_id, name, role, secret_hash, created_at, created_by, expires_at, revoked_at, revoked_by,
    last_used_at
from api_key where tenant_id = $1 and key_id > $2 order by key_id limit $3;

-- access::api_key::REVOKE
update api_key set revoked_at = $3, revoked_by = $4 where tenant_id = $1 and key_id = $2 and revoked_at is null;

-- audit::AFTER
select sequence, recorded_at, actor, action, customer_id, subject, before, after, reason, request_id, hash
from audit_entry where tenant_id = $1 and sequence > $2 order by sequence limit $3;

-- audit::APPEND
insert into audit_entry (tenant_id, sequence, recorded_at, actor, action, customer_id, subject, before, after, reason, request_id, hash) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- audit::BEGIN
insert into audit_head (tenant_id, sequence, hash) values ($1, 0, $2) on conflict (tenant_id) do nothing;

-- audit::HEAD
select sequence, hash from audit_head where tenant_id = $1;

-- audit::LAST_OF
select sequence, recorded_at, actor, action, customer_id, subject, before, after, reason, request_id, hash
from audit_entry where tenant_id = $1 and action = $2 and subject = $3 order by sequence desc limit 1;

-- audit::LOCK_HEAD
select sequence, hash from audit_head where tenant_id = $1;

-- audit::MOVE_HEAD
update audit_head set sequence = $2, hash = $3 where tenant_id = $1;

-- audit::PAGE
select sequence, recorded_at, actor, action, customer_id, subject, before, after, reason, request_id, hash
from audit_entry
where tenant_id = $1 and sequence < $2 and cast($3 as text) is null
    and (cast($4 as text) is null or action = $4)
    and (cast($5 as text) is null or actor = $5)
    and (cast($6 as timestamptz) is null or recorded_at >= $6)
    and (cast($7 as timestamptz) is null or recorded_at < $7)
order by sequence desc limit $8;

-- audit::PAGE_OF_CUSTOMER
select sequence, recorded_at, actor, action, customer_id, subject, before, after, reason, request_id, hash
from audit_entry
where tenant_id = $1 and sequence < $2 and customer_id = $3 and customer_id <> ''
    and (cast($4 as text) is null or action = $4)
    and (cast($5 as text) is null or actor = $5)
    and (cast($6 as timestamptz) is null or recorded_at >= $6)
    and (cast($7 as timestamptz) is null or recorded_at < $7)
order by sequence desc limit $8;

-- db::KEEP_ALIVE
select 1;

-- db::schema::VERSION
select coalesce(max(version), 0) from _sqlx_migrations where success;

-- events::delivery::COUNT
select count(*) from delivery where tenant_id = $1 and sink = $2 and is_dead = $3;

-- events::delivery::FAILING
select count(*) from delivery where tenant_id = $1 and sink = $2 and is_dead = false and attempts > 0;

-- events::delivery::HELD_BACK
select distinct customer_id from delivery
where tenant_id = $1 and sink = $2 and is_dead = false and customer_id in (select value from json_each($3));

-- events::delivery::HURRY
update delivery set next_at = $3
where tenant_id = $1 and sink = $2 and is_dead = false and next_at > $3 and first_tried_at >= $4;

-- events::delivery::OLDEST
select min(recorded_at) from outbox where tenant_id = $1 and sequence = (
select min(sequence) from delivery where tenant_id = $1 and sink = $2 and is_dead = false);

-- events::delivery::PAGE
select delivery.customer_id, delivery.sequence, is_dead, attempts, first_tried_at, next_at, reason, body
from delivery left join outbox on outbox.tenant_id = delivery.tenant_id
    and outbox.customer_id = delivery.customer_id and outbox.sequence = delivery.sequence
where delivery.tenant_id = $1 and delivery.sink = $2
    and is_dead = $3 and delivery.sequence > $4
order by delivery.sequence limit $5;

-- events::delivery::PUT
insert into delivery (tenant_id, sink, customer_id, sequence, is_dead, attempts, first_tried_at, next_at, reason) values (?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict (tenant_id, sink, customer_id, sequence) do update
    set is_dead = excluded.is_dead, attempts = excluded.attempts, first_tried_at = excluded.first_tried_at,
        next_at = excluded.next_at, reason = excluded.reason;

-- events::delivery::READY
select delivery.customer_id, delivery.sequence, is_dead, attempts, first_tried_at, next_at, reason, body
from delivery left join outbox on outbox.tenant_id = delivery.tenant_id
    and outbox.customer_id = delivery.customer_id and outbox.sequence = delivery.sequence
where delivery.tenant_id = $1 and delivery.sink = $2
    and is_dead = false and not exists (
        select 1 from delivery as earlier
        where earlier.tenant_id = $1 and earlier.sink = $2 and earlier.customer_id = delivery.customer_id
            and not earlier.is_dead and earlier.sequence <= delivery.sequence and earlier.next_at > $3)
order by delivery.sequence limit $4;

-- events::delivery::REMOVE
delete from delivery where tenant_id = $1 and sink = $2 and is_dead = false and sequence in (select value from json_each($3));

-- events::kissmetrics::GIVEN
select sequence, second from kissmetrics_second where tenant_id = $1 and sink = $2 and sequence in (select value from json_each($3));

-- events::kissmetrics::KEEP
insert into kissmetrics_second (tenant_id, sink, identity, second, sequence) values (?, ?, ?, ?, ?);

-- events::kissmetrics::TAKEN
select identity, second from kissmetrics_second
where tenant_id = $1 and sink = $2 and identity in (select value from json_each($3)) and second >= $4;

-- events::outbox::APPEND
insert into outbox (tenant_id, customer_id, event_key, sequence, recorded_at, body) values (?, ?, ?, ?, ?, ?);

-- events::outbox::BETWEEN
select sequence, customer_id, body from outbox
where tenant_id = $3 and sequence > $1 and sequence <= $2 and body is not null order by sequence limit $4;

-- events::outbox::FIRST
select sequence, recorded_at from outbox
where tenant_id = $3 and sequence > $1 and sequence <= $2 and body is not null order by sequence limit 1;

-- events::outbox::KEYS
select customer_id, event_key from outbox
where tenant_id = $1 and customer_id in (select value from json_each($2));

-- events::outbox::LAST
select max(sequence) from outbox where tenant_id = $1 and sequence <= $2;

-- events::outbox::PRUNE
update outbox set body = null
where sequence > $1 and sequence <= $2 and tenant_id = $3 and body is not null and recorded_at < $4
    and sequence not in (
        select sequence from delivery
        where tenant_id = $3 and sink in (select sink from sink where tenant_id = $3) and is_dead in (false, true)
            and sequence > $1 and sequence <= $2);

-- events::redrive::DEAD
update delivery set is_dead = false, attempts = 0, first_tried_at = null, next_at = $3
where tenant_id = $1 and sink = $2 and is_dead and ($4 = '' or customer_id = $4);

-- events::redrive::RANGE
insert into delivery (tenant_id, sink, customer_id, sequence, next_at)
select tenant_id, $2, customer_id, sequence, $3 from outbox
where tenant_id = $1 and sequence > $4 and sequence <= $5 and body ->> 'date' between $6 and $7
    and ($8 = '' or customer_id = $8)
on conflict (tenant_id, sink, customer_id, sequence) do update
set is_dead = false, attempts = 0, first_tried_at = null, next_at = excluded.next_at;

-- events::sink::ALL
select sink, generation, position, journal_position, failures, paused_until, delivered_at, disabled
from sink where tenant_id = $1 order by sink;

-- events::sink::ENABLE
update sink set disabled = null, failures = 0, paused_until = null, generation = generation + 1
where tenant_id = $1 and sink = $2 and (disabled is not null or paused_until is not null);

-- events::sink::NOTE
update sink
set position = $4, journal_position = $5, failures = $6, paused_until = $7, delivered_at = $8, disabled = $9
where tenant_id = $1 and sink = $2 and generation = $3;

-- events::sink::ONE
select sink, generation, position, journal_position, failures, paused_until, delivered_at, disabled
from sink where tenant_id = $1 and sink = $2;

-- events::sink::REWIND_JOURNAL
update sink set journal_position = 0, generation = generation + 1 where tenant_id = $1 and sink = $2;

-- events::sink::TAKE_OVER
insert into sink (tenant_id, sink, generation) values ($1, $2, 1)
on conflict (tenant_id, sink) do update set generation = sink.generation + 1
returning sink, generation, position, journal_position, failures, paused_until, delivered_at, disabled;

-- facts::customer::DERIVED_BEFORE
select customer_id from customer where tenant_id = $1 and customer_id > $2 and books_version < $3
order by customer_id limit $4;

-- facts::customer::DUE
select customer_id from customer where tenant_id = $1 and next_event_at <= $2 order by next_event_at limit $3;

-- facts::customer::LOCK
select customer_id, version from customer
where tenant_id = $1 and customer_id in (select value from json_each($2));

-- facts::customer::MISSING
select customer_id from fact where tenant_id = $1 and not exists (
    select 1 from customer
    where customer.tenant_id = fact.tenant_id and customer.customer_id = fact.customer_id)
union select customer_id from entry where tenant_id = $1 and not exists (
    select 1 from customer
    where customer.tenant_id = entry.tenant_id and customer.customer_id = entry.customer_id)
order by 1 limit $2;

-- facts::customer::PAGE
select customer_id from customer where tenant_id = $1 and customer_id > $2 order by customer_id limit $3;

-- facts::customer::TIMES
select customer_id, changed_at, next_event_at from customer
where tenant_id = $1 and customer_id in (select value from json_each($2));

-- facts::customer::TOUCH
insert into customer (tenant_id, customer_id, version, previous_version, created_at, changed_at, next_event_at, books_version) values (?, ?, ?, ?, ?, ?, ?, ?) on conflict (tenant_id, customer_id) do update
    set version = excluded.version, previous_version = excluded.previous_version, changed_at = excluded.changed_at,
        next_event_at = excluded.next_event_at, books_version = excluded.books_version
    where customer.version = excluded.previous_version;

-- facts::customer::VERSIONS
select customer_id, version from customer
where tenant_id = $1 and customer_id in (select value from json_each($2));

-- facts::fact::APPEND
insert into fact (tenant_id, customer_id, kind, fact_id, revision, body, version, recorded_at) values (?, ?, ?, ?, ?, ?, ?, ?);

-- facts::fact::OF_CUSTOMERS
select customer_id, kind, fact_id, revision, body, version, recorded_at from fact
where tenant_id = $1 and customer_id in (select value from json_each($2))
order by customer_id, kind, fact_id, revision;

-- facts::overrides::ALL
select customer_id, kind, fact_id, revision, body, version, recorded_at, coalesce((
        select actor from audit_entry as audit
        where audit.tenant_id = fact.tenant_id and audit.customer_id = fact.customer_id
            and audit.customer_id <> '' and audit.recorded_at = fact.recorded_at
            and audit.action in ('OVERRIDE_SET', 'OVERRIDE_CLEARED') and audit.subject = $7 || fact.fact_id
        limit 1), '') as actor from fact
where tenant_id = $1 and kind = 'OVERRIDE' and cast($2 as text) is null
    and (customer_id, fact_id, revision) > ($3, $4, $5)
order by customer_id, fact_id, revision limit $6;

-- facts::overrides::ALL_OF_CUSTOMER
select customer_id, kind, fact_id, revision, body, version, recorded_at, coalesce((
        select actor from audit_entry as audit
        where audit.tenant_id = fact.tenant_id and audit.customer_id = fact.customer_id
            and audit.customer_id <> '' and audit.recorded_at = fact.recorded_at
            and audit.action in ('OVERRIDE_SET', 'OVERRIDE_CLEARED') and audit.subject = $7 || fact.fact_id
        limit 1), '') as actor from fact
where tenant_id = $1 and kind = 'OVERRIDE' and customer_id = $2
    and (customer_id, fact_id, revision) > ($3, $4, $5)
order by customer_id, fact_id, revision limit $6;

-- facts::overrides::CURRENT
select customer_id, kind, fact_id, revision, body, version, recorded_at, coalesce((
        select actor from audit_entry as audit
        where audit.tenant_id = fact.tenant_id and audit.customer_id = fact.customer_id
            and audit.customer_id <> '' and audit.recorded_at = fact.recorded_at
            and audit.action in ('OVERRIDE_SET', 'OVERRIDE_CLEARED') and audit.subject = $7 || fact.fact_id
        limit 1), '') as actor from fact
where tenant_id = $1 and kind = 'OVERRIDE' and cast($2 as text) is null
    and (customer_id, fact_id, revision) > ($3, $4, $5)
    and body -> 'override' ->> 'modification_type' is not null
    and not exists (
        select 1 from fact as later
        where later.tenant_id = fact.tenant_id and later.customer_id = fact.customer_id
            and later.kind = 'OVERRIDE' and later.fact_id = fact.fact_id
            and later.revision > fact.revision)
order by customer_id, fact_id, revision limit $6;

-- facts::overrides::CURRENT_OF_CUSTOMER
select customer_id, kind, fact_id, revision, body, version, recorded_at, coalesce((
        select actor from audit_entry as audit
        where audit.tenant_id = fact.tenant_id and audit.customer_id = fact.customer_id
            and audit.customer_id <> '' and audit.recorded_at = fact.recorded_at
            and audit.action in ('OVERRIDE_SET', 'OVERRIDE_CLEARED') and audit.subject = $7 || fact.fact_id
        limit 1), '') as actor from fact
where tenant_id = $1 and kind = 'OVERRIDE' and customer_id = $2
    and (customer_id, fact_id, revision) > ($3, $4, $5)
    and body -> 'override' ->> 'modification_type' is not null
    and not exists (
        select 1 from fact as later
        where later.tenant_id = fact.tenant_id and later.customer_id = fact.customer_id
            and later.kind = 'OVERRIDE' and later.fact_id = fact.fact_id
            and later.revision > fact.revision)
order by customer_id, fact_id, revision limit $6;

-- facts::overrides::CUSTOMERS
select distinct customer_id from fact
where tenant_id = $1 and kind = 'OVERRIDE' and customer_id in (select value from json_each($2))
order by customer_id;

-- journal::BETWEEN
select version, sequence, level, customer_id, effective_date, posting_date, recorded_at, currency, item_id, subscription_id, line_id, category, subcategory, delta_micros, mrr_before_micros, mrr_after_micros, quantity_before, quantity_after, quantity_effect_micros, price_effect_micros, renewed_mrr_micros, causes, rules, provisional_until, reverses from entry
where sequence > $1 and sequence <= $2 and tenant_id = $3 order by sequence limit $4;

-- journal::BY_SEQUENCE
select version, sequence, level, customer_id, effective_date, posting_date, recorded_at, currency, item_id, subscription_id, line_id, category, subcategory, delta_micros, mrr_before_micros, mrr_after_micros, quantity_before, quantity_after, quantity_effect_micros, price_effect_micros, renewed_mrr_micros, causes, rules, provisional_until, reverses from entry where sequence = $1 and tenant_id = $2;

-- journal::COUNT_OF_RECORDING
select count(*) from entry where tenant_id = $1 and customer_id = $2 and version = $3;

-- journal::LAST
select max(sequence) from entry where tenant_id = $1 and sequence <= $2;

-- journal::LIVE_OF_CUSTOMERS
select version, sequence, level, customer_id, effective_date, posting_date, recorded_at, currency, item_id, subscription_id, line_id, category, subcategory, delta_micros, mrr_before_micros, mrr_after_micros, quantity_before, quantity_after, quantity_effect_micros, price_effect_micros, renewed_mrr_micros, causes, rules, provisional_until, reverses from entry
where tenant_id = $1 and customer_id in (select value from json_each($2)) and reverses is null and not exists (
        select 1 from entry as later
        where later.tenant_id = entry.tenant_id and later.customer_id = entry.customer_id
            and later.reverses = entry.sequence)
order by customer_id, sequence;

-- journal::OF_CUSTOMERS
select version, sequence, level, customer_id, effective_date, posting_date, recorded_at, currency, item_id, subscription_id, line_id, category, subcategory, delta_micros, mrr_before_micros, mrr_after_micros, quantity_before, quantity_after, quantity_effect_micros, price_effect_micros, renewed_mrr_micros, causes, rules, provisional_until, reverses from entry
where tenant_id = $1 and customer_id in (select value from json_each($2))
order by customer_id, sequence;

-- journal::OF_RECORDING
select version, sequence, level, customer_id, effective_date, posting_date, recorded_at, currency, item_id, subscription_id, line_id, category, subcategory, delta_micros, mrr_before_micros, mrr_after_micros, quantity_before, quantity_after, quantity_effect_micros, price_effect_micros, renewed_mrr_micros, causes, rules, provisional_until, reverses from entry
where tenant_id = $1 and customer_id = $2 and version = $3 order by sequence limit $4;

-- journal::PROVISIONAL
select distinct customer_id from entry
where tenant_id = $1 and provisional_until > $2 and posting_date < $3 and reverses is null and not exists (
        select 1 from entry as later
        where later.tenant_id = entry.tenant_id and later.customer_id = entry.customer_id
            and later.reverses = entry.sequence)
order by customer_id limit $4;

-- journal::REVERSED
select reverses from entry
where tenant_id = $1 and reverses is not null and customer_id in (select value from json_each($2));

-- journal::REVERSED_ELSEWHERE
select it.customer_id, it.currency, it.activity_change, it.effective_date, it.delta_micros, it.provisional_until,
    it.posting_date, later.posting_date as reversed_on
from entry as later
join entry as it on it.tenant_id = later.tenant_id and it.customer_id = later.customer_id
    and it.sequence = later.reverses
where later.tenant_id = $1 and later.customer_id in (select value from json_each($2))
    and later.reverses is not null and later.level = 'CUSTOMER' and later.posting_date <> it.posting_date;

-- journal::entry_row::APPEND
insert into entry (tenant_id, version, sequence, level, customer_id, effective_date, posting_date, recorded_at, currency, item_id, subscription_id, line_id, category, subcategory, delta_micros, mrr_before_micros, mrr_after_micros, quantity_before, quantity_after, quantity_effect_micros, price_effect_micros, renewed_mrr_micros, causes, rules, provisional_until, reverses, activity_change, renewal_outcome) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- journal::movement_page::EFFECTIVE_DATE_DESCENDING_OF_ADJUSTMENTS
select json_array(version, sequence, level, customer_id, effective_date, posting_date, recorded_at, currency, item_id, subscription_id, line_id, category, subcategory, delta_micros, mrr_before_micros, mrr_after_micros, quantity_before, quantity_after, quantity_effect_micros, price_effect_micros, renewed_mrr_micros, json(causes), json(rules), provisional_until, reverses) from entry
where tenant_id = $1
        and (cast($2 as text) is null or level = $2)
        and ($3 = '[]' or category in (select value from json_each($3)))
        and ($4 = '[]' or subcategory in (select value from json_each($4)))
        and (cast($5 as date) is null or effective_date >= $5)
        and (cast($6 as date) is null or effective_date <= $6)
        and (cast($8 as text) is null or subscription_id = $8)
        and (cast($9 as text) is null or item_id = $9)
        and (cast($10 as text) is null or currency = $10)
        and (not $11 or (reverses is null and coalesce((
            select 1 from entry as later
            where later.tenant_id = entry.tenant_id and later.customer_id = entry.customer_id
                and later.reverses = entry.sequence limit 1), 0) <> 1))
        and posting_date >= $15 and posting_date <= $16
    and posting_date <> effective_date and (cast($7 as text) is null or customer_id = $7)
    and (effective_date, sequence) < ($12, $13)
order by effective_date desc, sequence desc limit $14;

-- journal::movement_page::EFFECTIVE_DATE_DESCENDING_OF_ALL
select json_array(version, sequence, level, customer_id, effective_date, posting_date, recorded_at, currency, item_id, subscription_id, line_id, category, subcategory, delta_micros, mrr_before_micros, mrr_after_micros, quantity_before, quantity_after, quantity_effect_micros, price_effect_micros, renewed_mrr_micros, json(causes), json(rules), provisional_until, reverses) from entry
where tenant_id = $1
        and (cast($2 as text) is null or level = $2)
        and ($3 = '[]' or category in (select value from json_each($3)))
        and ($4 = '[]' or subcategory in (select value from json_each($4)))
        and (cast($5 as date) is null or effective_date >= $5)
        and (cast($6 as date) is null or effective_date <= $6)
        and (cast($8 as text) is null or subscription_id = $8)
        and (cast($9 as text) is null or item_id = $9)
        and (cast($10 as text) is null or currency = $10)
        and (not $11 or (reverses is null and coalesce((
            select 1 from entry as later
            where later.tenant_id = entry.tenant_id and later.customer_id = entry.customer_id
                and later.reverses = entry.sequence limit 1), 0) <> 1))
        and posting_date >= $15 and posting_date <= $16
    and cast($7 as text) is null and posting_date = effective_date
    and (posting_date, sequence) < ($12, $13)
order by posting_date desc, sequence desc limit $14;

-- journal::movement_page::EFFECTIVE_DATE_DESCENDING_OF_CUSTOMER
select json_array(version, sequence, level, customer_id, effective_date, posting_date, recorded_at, currency, item_id, subscription_id, line_id, category, subcategory, delta_micros, mrr_before_micros, mrr_after_micros, quantity_before, quantity_after, quantity_effect_micros, price_effect_micros, renewed_mrr_micros, json(causes), json(rules), provisional_until, reverses) from entry
where tenant_id = $1
        and (cast($2 as text) is null or level = $2)
        and ($3 = '[]' or category in (select value from json_each($3)))
        and ($4 = '[]' or subcategory in (select value from json_each($4)))
        and (cast($5 as date) is null or effective_date >= $5)
        and (cast($6 as date) is null or effective_date <= $6)
        and (cast($8 as text) is null or subscription_id = $8)
        and (cast($9 as text) is null or item_id = $9)
        and (cast($10 as text) is null or currency = $10)
        and (not $11 or (reverses is null and coalesce((
            select 1 from entry as later
            where later.tenant_id = entry.tenant_id and later.customer_id = entry.customer_id
                and later.reverses = entry.sequence limit 1), 0) <> 1))
        and posting_date >= $15 and posting_date <= $16
    and customer_id = $7
    and (effective_date, sequence) < ($12, $13)
order by effective_date desc, sequence desc limit $14;

-- journal::movement_page::EFFECTIVE_DATE_OF_ADJUSTMENTS
select json_array(version, sequence, level, customer_id, effective_date, posting_date, recorded_at, currency, item_id, subscription_id, line_id, category, subcategory, delta_micros, mrr_before_micros, mrr_after_micros, quantity_before, quantity_after, quantity_effect_micros, price_effect_micros, renewed_mrr_micros, json(causes), json(rules), provisional_until, reverses) from entry
where tenant_id = $1
        and (cast($2 as text) is null or level = $2)
        and ($3 = '[]' or category in (select value from json_each($3)))
        and ($4 = '[]' or subcategory in (select value from json_each($4)))
        and (cast($5 as date) is null or effective_date >= $5)
        and (cast($6 as date) is null or effective_date <= $6)
        and (cast($8 as text) is null or subscription_id = $8)
        and (cast($9 as text) is null or item_id = $9)
        and (cast($10 as text) is null or currency = $10)
        and (not $11 or (reverses is null and coalesce((
            select 1 from entry as later
            where later.tenant_id = entry.tenant_id and later.customer_id = entry.customer_id
                and later.reverses = entry.sequence limit 1), 0) <> 1))
        and posting_date >= $15 and posting_date <= $16
    and posting_date <> effective_date and (cast($7 as text) is null or customer_id = $7)
    and (effective_date, sequence) > ($12, $13)
order by effective_date, sequence limit $14;

-- journal::movement_page::EFFECTIVE_DATE_OF_ALL
select json_array(version, sequence, level, customer_id, effective_date, posting_date, recorded_at, currency, item_id, subscription_id, line_id, category, subcategory, delta_micros, mrr_before_micros, mrr_after_micros, quantity_before, quantity_after, quantity_effect_micros, price_effect_micros, renewed_mrr_micros, json(causes), json(rules), provisional_until, reverses) from entry
where tenant_id = $1
        and (cast($2 as text) is null or level = $2)
        and ($3 = '[]' or category in (select value from json_each($3)))
        and ($4 = '[]' or subcategory in (select value from json_each($4)))
        and (cast($5 as date) is null or effective_date >= $5)
        and (cast($6 as date) is null or effective_date <= $6)
        and (cast($8 as text) is null or subscription_id = $8)
        and (cast($9 as text) is null or item_id = $9)
        and (cast($10 as text) is null or currency = $10)
        and (not $11 or (reverses is null and coalesce((
            select 1 from entry as later
            where later.tenant_id = entry.tenant_id and later.customer_id = entry.customer_id
                and later.reverses = entry.sequence limit 1), 0) <> 1))
        and posting_date >= $15 and posting_date <= $16
    and cast($7 as text) is null and posting_date = effective_date
    and (posting_date, sequence) > ($12, $13)
order by posting_date, sequence limit $14;

-- journal::movement_page::EFFECTIVE_DATE_OF_CUSTOMER
select json_array(version, sequence, level, customer_id, effective_date, posting_date, recorded_at, currency, item_id, subscription_id, line_id, category, subcategory, delta_micros, mrr_before_micros, mrr_after_micros, quantity_before, quantity_after, quantity_effect_micros, price_effect_micros, renewed_mrr_micros, json(causes), json(rules), provisional_until, reverses) from entry
where tenant_id = $1
        and (cast($2 as text) is null or level = $2)
        and ($3 = '[]' or category in (select value from json_each($3)))
        and ($4 = '[]' or subcategory in (select value from json_each($4)))
        and (cast($5 as date) is null or effective_date >= $5)
        and (cast($6 as date) is null or effective_date <= $6)
        and (cast($8 as text) is null or subscription_id = $8)
        and (cast($9 as text) is null or item_id = $9)
        and (cast($10 as text) is null or currency = $10)
        and (not $11 or (reverses is null and coalesce((
            select 1 from entry as later
            where later.tenant_id = entry.tenant_id and later.customer_id = entry.customer_id
                and later.reverses = entry.sequence limit 1), 0) <> 1))
        and posting_date >= $15 and posting_date <= $16
    and customer_id = $7
    and (effective_date, sequence) > ($12, $13)
order by effective_date, sequence limit $14;

-- journal::movement_page::JOURNAL_DESCENDING_OF_ADJUSTMENTS
select json_array(version, sequence, level, customer_id, effective_date, posting_date, recorded_at, currency, item_id, subscription_id, line_id, category, subcategory, delta_micros, mrr_before_micros, mrr_after_micros, quantity_before, quantity_after, quantity_effect_micros, price_effect_micros, renewed_mrr_micros, json(causes), json(rules), provisional_until, reverses) from entry
where tenant_id = $1
        and (cast($2 as text) is null or level = $2)
        and ($3 = '[]' or category in (select value from json_each($3)))
        and ($4 = '[]' or subcategory in (select value from json_each($4)))
        and (cast($5 as date) is null or effective_date >= $5)
        and (cast($6 as date) is null or effective_date <= $6)
        and (cast($8 as text) is null or subscription_id = $8)
        and (cast($9 as text) is null or item_id = $9)
        and (cast($10 as text) is null or currency = $10)
        and (not $11 or (reverses is null and coalesce((
            select 1 from entry as later
            where later.tenant_id = entry.tenant_id and later.customer_id = entry.customer_id
                and later.reverses = entry.sequence limit 1), 0) <> 1))
        and posting_date >= $15 and posting_date <= $16
    and posting_date <> effective_date and (cast($7 as text) is null or customer_id = $7)
    and cast($12 as date) is not null and sequence < $13
order by sequence desc limit $14;

-- journal::movement_page::JOURNAL_DESCENDING_OF_ALL
select json_array(version, sequence, level, customer_id, effective_date, posting_date, recorded_at, currency, item_id, subscription_id, line_id, category, subcategory, delta_micros, mrr_before_micros, mrr_after_micros, quantity_before, quantity_after, quantity_effect_micros, price_effect_micros, renewed_mrr_micros, json(causes), json(rules), provisional_until, reverses) from entry
where tenant_id = $1
        and (cast($2 as text) is null or level = $2)
        and ($3 = '[]' or category in (select value from json_each($3)))
        and ($4 = '[]' or subcategory in (select value from json_each($4)))
        and (cast($5 as date) is null or effective_date >= $5)
        and (cast($6 as date) is null or effective_date <= $6)
        and (cast($8 as text) is null or subscription_id = $8)
        and (cast($9 as text) is null or item_id = $9)
        and (cast($10 as text) is null or currency = $10)
        and (not $11 or (reverses is null and coalesce((
            select 1 from entry as later
            where later.tenant_id = entry.tenant_id and later.customer_id = entry.customer_id
                and later.reverses = entry.sequence limit 1), 0) <> 1))
        and posting_date >= $15 and posting_date <= $16
    and cast($7 as text) is null
    and cast($12 as date) is not null and sequence < $13
order by sequence desc limit $14;

-- journal::movement_page::JOURNAL_DESCENDING_OF_CUSTOMER
select json_array(version, sequence, level, customer_id, effective_date, posting_date, recorded_at, currency, item_id, subscription_id, line_id, category, subcategory, delta_micros, mrr_before_micros, mrr_after_micros, quantity_before, quantity_after, quantity_effect_micros, price_effect_micros, renewed_mrr_micros, json(causes), json(rules), provisional_until, reverses) from entry
where tenant_id = $1
        and (cast($2 as text) is null or level = $2)
        and ($3 = '[]' or category in (select value from json_each($3)))
        and ($4 = '[]' or subcategory in (select value from json_each($4)))
        and (cast($5 as date) is null or effective_date >= $5)
        and (cast($6 as date) is null or effective_date <= $6)
        and (cast($8 as text) is null or subscription_id = $8)
        and (cast($9 as text) is null or item_id = $9)
        and (cast($10 as text) is null or currency = $10)
        and (not $11 or (reverses is null and coalesce((
            select 1 from entry as later
            where later.tenant_id = entry.tenant_id and later.customer_id = entry.customer_id
                and later.reverses = entry.sequence limit 1), 0) <> 1))
        and posting_date >= $15 and posting_date <= $16
    and customer_id = $7
    and cast($12 as date) is not null and sequence < $13
order by sequence desc limit $14;

-- journal::movement_page::JOURNAL_OF_ADJUSTMENTS
select json_array(version, sequence, level, customer_id, effective_date, posting_date, recorded_at, currency, item_id, subscription_id, line_id, category, subcategory, delta_micros, mrr_before_micros, mrr_after_micros, quantity_before, quantity_after, quantity_effect_micros, price_effect_micros, renewed_mrr_micros, json(causes), json(rules), provisional_until, reverses) from entry
where tenant_id = $1
        and (cast($2 as text) is null or level = $2)
        and ($3 = '[]' or category in (select value from json_each($3)))
        and ($4 = '[]' or subcategory in (select value from json_each($4)))
        and (cast($5 as date) is null or effective_date >= $5)
        and (cast($6 as date) is null or effective_date <= $6)
        and (cast($8 as text) is null or subscription_id = $8)
        and (cast($9 as text) is null or item_id = $9)
        and (cast($10 as text) is null or currency = $10)
        and (not $11 or (reverses is null and coalesce((
            select 1 from entry as later
            where later.tenant_id = entry.tenant_id and later.customer_id = entry.customer_id
                and later.reverses = entry.sequence limit 1), 0) <> 1))
        and posting_date >= $15 and posting_date <= $16
    and posting_date <> effective_date and (cast($7 as text) is null or customer_id = $7)
    and cast($12 as date) is not null and sequence > $13
order by sequence limit $14;

-- journal::movement_page::JOURNAL_OF_ALL
select json_array(version, sequence, level, customer_id, effective_date, posting_date, recorded_at, currency, item_id, subscription_id, line_id, category, subcategory, delta_micros, mrr_before_micros, mrr_after_micros, quantity_before, quantity_after, quantity_effect_micros, price_effect_micros, renewed_mrr_micros, json(causes), json(rules), provisional_until, reverses) from entry
where tenant_id = $1
        and (cast($2 as text) is null or level = $2)
        and ($3 = '[]' or category in (select value from json_each($3)))
        and ($4 = '[]' or subcategory in (select value from json_each($4)))
        and (cast($5 as date) is null or effective_date >= $5)
        and (cast($6 as date) is null or effective_date <= $6)
        and (cast($8 as text) is null or subscription_id = $8)
        and (cast($9 as text) is null or item_id = $9)
        and (cast($10 as text) is null or currency = $10)
        and (not $11 or (reverses is null and coalesce((
            select 1 from entry as later
            where later.tenant_id = entry.tenant_id and later.customer_id = entry.customer_id
                and later.reverses = entry.sequence limit 1), 0) <> 1))
        and posting_date >= $15 and posting_date <= $16
    and cast($7 as text) is null
    and cast($12 as date) is not null and sequence > $13
order by sequence limit $14;

-- journal::movement_page::JOURNAL_OF_CUSTOMER
select json_array(version, sequence, level, customer_id, effective_date, posting_date, recorded_at, currency, item_id, subscription_id, line_id, category, subcategory, delta_micros, mrr_before_micros, mrr_after_micros, quantity_before, quantity_after, quantity_effect_micros, price_effect_micros, renewed_mrr_micros, json(causes), json(rules), provisional_until, reverses) from entry
where tenant_id = $1
        and (cast($2 as text) is null or level = $2)
        and ($3 = '[]' or category in (select value from json_each($3)))
        and ($4 = '[]' or subcategory in (select value from json_each($4)))
        and (cast($5 as date) is null or effective_date >= $5)
        and (cast($6 as date) is null or effective_date <= $6)
        and (cast($8 as text) is null or subscription_id = $8)
        and (cast($9 as text) is null or item_id = $9)
        and (cast($10 as text) is null or currency = $10)
        and (not $11 or (reverses is null and coalesce((
            select 1 from entry as later
            where later.tenant_id = entry.tenant_id and later.customer_id = entry.customer_id
                and later.reverses = entry.sequence limit 1), 0) <> 1))
        and posting_date >= $15 and posting_date <= $16
    and customer_id = $7
    and cast($12 as date) is not null and sequence > $13
order by sequence limit $14;

-- journal::movement_page::POSTING_DATE_DESCENDING_OF_ADJUSTMENTS
select json_array(version, sequence, level, customer_id, effective_date, posting_date, recorded_at, currency, item_id, subscription_id, line_id, category, subcategory, delta_micros, mrr_before_micros, mrr_after_micros, quantity_before, quantity_after, quantity_effect_micros, price_effect_micros, renewed_mrr_micros, json(causes), json(rules), provisional_until, reverses) from entry
where tenant_id = $1
        and (cast($2 as text) is null or level = $2)
        and ($3 = '[]' or category in (select value from json_each($3)))
        and ($4 = '[]' or subcategory in (select value from json_each($4)))
        and (cast($5 as date) is null or effective_date >= $5)
        and (cast($6 as date) is null or effective_date <= $6)
        and (cast($8 as text) is null or subscription_id = $8)
        and (cast($9 as text) is null or item_id = $9)
        and (cast($10 as text) is null or currency = $10)
        and (not $11 or (reverses is null and coalesce((
            select 1 from entry as later
            where later.tenant_id = entry.tenant_id and later.customer_id = entry.customer_id
                and later.reverses = entry.sequence limit 1), 0) <> 1))
        and posting_date >= $15 and posting_date <= $16
    and posting_date <> effective_date and (cast($7 as text) is null or customer_id = $7)
    and (posting_date, sequence) < ($12, $13)
order by posting_date desc, sequence desc limit $14;

-- journal::movement_page::POSTING_DATE_DESCENDING_OF_ALL
select json_array(version, sequence, level, customer_id, effective_date, posting_date, recorded_at, currency, item_id, subscription_id, line_id, category, subcategory, delta_micros, mrr_before_micros, mrr_after_micros, quantity_before, quantity_after, quantity_effect_micros, price_effect_micros, renewed_mrr_micros, json(causes), json(rules), provisional_until, reverses) from entry
where tenant_id = $1
        and (cast($2 as text) is null or level = $2)
        and ($3 = '[]' or category in (select value from json_each($3)))
        and ($4 = '[]' or subcategory in (select value from json_each($4)))
        and (cast($5 as date) is null or effective_date >= $5)
        and (cast($6 as date) is null or effective_date <= $6)
        and (cast($8 as text) is null or subscription_id = $8)
        and (cast($9 as text) is null or item_id = $9)
        and (cast($10 as text) is null or currency = $10)
        and (not $11 or (reverses is null and coalesce((
            select 1 from entry as later
            where later.tenant_id = entry.tenant_id and later.customer_id = entry.customer_id
                and later.reverses = entry.sequence limit 1), 0) <> 1))
        and posting_date >= $15 and posting_date <= $16
    and cast($7 as text) is null
    and (posting_date, sequence) < ($12, $13)
order by posting_date desc, sequence desc limit $14;

-- journal::movement_page::POSTING_DATE_DESCENDING_OF_CUSTOMER
select json_array(version, sequence, level, customer_id, effective_date, posting_date, recorded_at, currency, item_id, subscription_id, line_id, category, subcategory, delta_micros, mrr_before_micros, mrr_after_micros, quantity_before, quantity_after, quantity_effect_micros, price_effect_micros, renewed_mrr_micros, json(causes), json(rules), provisional_until, reverses) from entry
where tenant_id = $1
        and (cast($2 as text) is null or level = $2)
        and ($3 = '[]' or category in (select value from json_each($3)))
        and ($4 = '[]' or subcategory in (select value from json_each($4)))
        and (cast($5 as date) is null or effective_date >= $5)
        and (cast($6 as date) is null or effective_date <= $6)
        and (cast($8 as text) is null or subscription_id = $8)
        and (cast($9 as text) is null or item_id = $9)
        and (cast($10 as text) is null or currency = $10)
        and (not $11 or (reverses is null and coalesce((
            select 1 from entry as later
            where later.tenant_id = entry.tenant_id and later.customer_id = entry.customer_id
                and later.reverses = entry.sequence limit 1), 0) <> 1))
        and posting_date >= $15 and posting_date <= $16
    and customer_id = $7
    and (posting_date, sequence) < ($12, $13)
order by posting_date desc, sequence desc limit $14;

-- journal::movement_page::POSTING_DATE_OF_ADJUSTMENTS
select json_array(version, sequence, level, customer_id, effective_date, posting_date, recorded_at, currency, item_id, subscription_id, line_id, category, subcategory, delta_micros, mrr_before_micros, mrr_after_micros, quantity_before, quantity_after, quantity_effect_micros, price_effect_micros, renewed_mrr_micros, json(causes), json(rules), provisional_until, reverses) from entry
where tenant_id = $1
        and (cast($2 as text) is null or level = $2)
        and ($3 = '[]' or category in (select value from json_each($3)))
        and ($4 = '[]' or subcategory in (select value from json_each($4)))
        and (cast($5 as date) is null or effective_date >= $5)
        and (cast($6 as date) is null or effective_date <= $6)
        and (cast($8 as text) is null or subscription_id = $8)
        and (cast($9 as text) is null or item_id = $9)
        and (cast($10 as text) is null or currency = $10)
        and (not $11 or (reverses is null and coalesce((
            select 1 from entry as later
            where later.tenant_id = entry.tenant_id and later.customer_id = entry.customer_id
                and later.reverses = entry.sequence limit 1), 0) <> 1))
        and posting_date >= $15 and posting_date <= $16
    and posting_date <> effective_date and (cast($7 as text) is null or customer_id = $7)
    and (posting_date, sequence) > ($12, $13)
order by posting_date, sequence limit $14;

-- journal::movement_page::POSTING_DATE_OF_ALL
select json_array(version, sequence, level, customer_id, effective_date, posting_date, recorded_at, currency, item_id, subscription_id, line_id, category, subcategory, delta_micros, mrr_before_micros, mrr_after_micros, quantity_before, quantity_after, quantity_effect_micros, price_effect_micros, renewed_mrr_micros, json(causes), json(rules), provisional_until, reverses) from entry
where tenant_id = $1
        and (cast($2 as text) is null or level = $2)
        and ($3 = '[]' or category in (select value from json_each($3)))
        and ($4 = '[]' or subcategory in (select value from json_each($4)))
        and (cast($5 as date) is null or effective_date >= $5)
        and (cast($6 as date) is null or effective_date <= $6)
        and (cast($8 as text) is null or subscription_id = $8)
        and (cast($9 as text) is null or item_id = $9)
        and (cast($10 as text) is null or currency = $10)
        and (not $11 or (reverses is null and coalesce((
            select 1 from entry as later
            where later.tenant_id = entry.tenant_id and later.customer_id = entry.customer_id
                and later.reverses = entry.sequence limit 1), 0) <> 1))
        and posting_date >= $15 and posting_date <= $16
    and cast($7 as text) is null
    and (posting_date, sequence) > ($12, $13)
order by posting_date, sequence limit $14;

-- journal::movement_page::POSTING_DATE_OF_CUSTOMER
select json_array(version, sequence, level, customer_id, effective_date, posting_date, recorded_at, currency, item_id, subscription_id, line_id, category, subcategory, delta_micros, mrr_before_micros, mrr_after_micros, quantity_before, quantity_after, quantity_effect_micros, price_effect_micros, renewed_mrr_micros, json(causes), json(rules), provisional_until, reverses) from entry
where tenant_id = $1
        and (cast($2 as text) is null or level = $2)
        and ($3 = '[]' or category in (select value from json_each($3)))
        and ($4 = '[]' or subcategory in (select value from json_each($4)))
        and (cast($5 as date) is null or effective_date >= $5)
        and (cast($6 as date) is null or effective_date <= $6)
        and (cast($8 as text) is null or subscription_id = $8)
        and (cast($9 as text) is null or item_id = $9)
        and (cast($10 as text) is null or currency = $10)
        and (not $11 or (reverses is null and coalesce((
            select 1 from entry as later
            where later.tenant_id = entry.tenant_id and later.customer_id = entry.customer_id
                and later.reverses = entry.sequence limit 1), 0) <> 1))
        and posting_date >= $15 and posting_date <= $16
    and customer_id = $7
    and (posting_date, sequence) > ($12, $13)
order by posting_date, sequence limit $14;

-- journal::outcome::OF_CUSTOMERS
select customer_id, sequence, activity_change, renewal_outcome from entry
where tenant_id = $1 and customer_id in (select value from json_each($2));

-- journal::sequence::LAST
select coalesce(max((select max(sequence) from entry where entry.tenant_id = tenant.tenant_id)), 0) from tenant;

-- journal::sequence::LAST_OF_OUTBOX
select coalesce(max((select max(sequence) from outbox where outbox.tenant_id = tenant.tenant_id)), 0) from tenant;

-- reports::customer_activity::ACTIVITY
select customer_id, currency, case when posting_date >= $2 then substr(posting_date, 1, 7) || '-01' end as month,
    activity_change, case when activity_change is not null then effective_date end as changed_on,
    cast(sum(delta_micros / 1000000) as bigint) as delta_units,
    cast(sum(delta_micros % 1000000) as bigint) as delta_micros,
    cast(sum(case when reverses is null then 1 else -1 end) as bigint) as movements
from entry
where tenant_id = $1 and level = 'CUSTOMER' and posting_date <= $3
    and (provisional_until is null or provisional_until <= $4)
    and (cast($5 as timestamptz) is null or recorded_at <= $5)
group by 1, 2, 3, 4, 5
order by 1;

-- reports::customer_activity::ACTIVITY_RESTATED
select customer_id, currency, case when effective_date >= $2 then substr(effective_date, 1, 7) || '-01' end as month,
    activity_change, case when activity_change is not null then effective_date end as changed_on,
    cast(sum(delta_micros / 1000000) as bigint) as delta_units,
    cast(sum(delta_micros % 1000000) as bigint) as delta_micros,
    cast(sum(case when reverses is null then 1 else -1 end) as bigint) as movements
from entry
where tenant_id = $1 and level = 'CUSTOMER' and effective_date <= $3
    and (provisional_until is null or provisional_until <= $4)
    and (cast($5 as timestamptz) is null or recorded_at <= $5)
group by 1, 2, 3, 4, 5
order by 1;

-- reports::customer_months::AS_REPORTED
select customer_id, currency, case when posting_date >= $3 then substr(posting_date, 1, 7) || '-01' end as month,
    cast(sum(delta_micros / 1000000) as bigint) as delta_units,
    cast(sum(delta_micros % 1000000) as bigint) as delta_micros
from entry
where tenant_id = $1 and level = $2 and posting_date <= $4
    and (cast($5 as text) is null or currency = $5)
    and (provisional_until is null or provisional_until <= $6)
    and customer_id >= $7 and customer_id <= $8
    and (cast($9 as timestamptz) is null or recorded_at <= $9)
group by 1, 2, 3;

-- reports::customer_months::RESTATED
select customer_id, currency, case when effective_date >= $3 then substr(effective_date, 1, 7) || '-01' end as month,
    cast(sum(delta_micros / 1000000) as bigint) as delta_units,
    cast(sum(delta_micros % 1000000) as bigint) as delta_micros
from entry
where tenant_id = $1 and level = $2 and effective_date <= $4
    and (cast($5 as text) is null or currency = $5)
    and (provisional_until is null or provisional_until <= $6)
    and customer_id >= $7 and customer_id <= $8
    and (cast($9 as timestamptz) is null or recorded_at <= $9)
group by 1, 2, 3;

-- reports::group_sums::LARGEST_CUSTOMERS
with counted as (
    select entry.customer_id as name, currency, subcategory, posting_date <> effective_date as is_adjustment,
            case when cast($10 as boolean) then effective_date else posting_date end as counted_on,
            delta_micros / 1000000 as delta_units, delta_micros % 1000000 as delta_micros,
            case when reverses is null then 1 else -1 end as movements
    from entry
    where entry.tenant_id = $1 and level = $2
            and case when cast($10 as boolean) then effective_date else posting_date end <= $4
            and (cast($5 as text) is null or currency = $5)
            and (provisional_until is null or provisional_until <= $6)
            and entry.customer_id >= $7 and entry.customer_id <= $8
            and (cast($9 as timestamptz) is null or entry.recorded_at <= $9)
)
select distinct name from (
        select name, row_number() over (partition by currency order by size desc, name) as place
        from (
            select currency, name, abs(sum(delta_units))
                + sum(case when counted_on >= $3 then abs(delta_units) else 0 end) as size
            from counted group by currency, name
        ) as sized
    ) as placed where place <= $11;

-- reports::group_sums::LARGEST_CUSTOMER_ATTRIBUTES
with named as (
    select customer_id, fact_id, (select value from json_each(body, '$.customer.attributes') where key = $11) as value from fact
    where tenant_id = $1 and kind = 'CUSTOMER' and customer_id >= $7 and customer_id <= $8
        and not exists (
                select 1 from fact as later
                where later.tenant_id = fact.tenant_id and later.customer_id = fact.customer_id
                    and later.kind = fact.kind and later.fact_id = fact.fact_id
                    and later.revision > fact.revision)
), counted as (
    select coalesce(named.value, '') as name, currency, subcategory, posting_date <> effective_date as is_adjustment,
            case when cast($10 as boolean) then effective_date else posting_date end as counted_on,
            delta_micros / 1000000 as delta_units, delta_micros % 1000000 as delta_micros,
            case when reverses is null then 1 else -1 end as movements
    from entry left join named on named.customer_id = entry.customer_id
    where entry.tenant_id = $1 and level = $2
            and case when cast($10 as boolean) then effective_date else posting_date end <= $4
            and (cast($5 as text) is null or currency = $5)
            and (provisional_until is null or provisional_until <= $6)
            and entry.customer_id >= $7 and entry.customer_id <= $8
            and (cast($9 as timestamptz) is null or entry.recorded_at <= $9)
)
select distinct name from (
        select name, row_number() over (partition by currency order by size desc, name) as place
        from (
            select currency, name, abs(sum(delta_units))
                + sum(case when counted_on >= $3 then abs(delta_units) else 0 end) as size
            from counted group by currency, name
        ) as sized
    ) as placed where place <= $12;

-- reports::group_sums::LARGEST_ITEMS
with counted as (
    select item_id as name, currency, subcategory, posting_date <> effective_date as is_adjustment,
            case when cast($10 as boolean) then effective_date else posting_date end as counted_on,
            delta_micros / 1000000 as delta_units, delta_micros % 1000000 as delta_micros,
            case when reverses is null then 1 else -1 end as movements
    from entry
    where entry.tenant_id = $1 and level = $2
            and case when cast($10 as boolean) then effective_date else posting_date end <= $4
            and (cast($5 as text) is null or currency = $5)
            and (provisional_until is null or provisional_until <= $6)
            and entry.customer_id >= $7 and entry.customer_id <= $8
            and (cast($9 as timestamptz) is null or entry.recorded_at <= $9)
)
select distinct name from (
        select name, row_number() over (partition by currency order by size desc, name) as place
        from (
            select currency, name, abs(sum(delta_units))
                + sum(case when counted_on >= $3 then abs(delta_units) else 0 end) as size
            from counted group by currency, name
        ) as sized
    ) as placed where place <= $11;

-- reports::group_sums::LARGEST_LINE_ATTRIBUTES
with named as (
    select customer_id, fact_id, (select value from json_each(body, '$.subscription_line.attributes') where key = $11) as value from fact
    where tenant_id = $1 and kind = 'SUBSCRIPTION_LINE' and customer_id >= $7 and customer_id <= $8
        and not exists (
                select 1 from fact as later
                where later.tenant_id = fact.tenant_id and later.customer_id = fact.customer_id
                    and later.kind = fact.kind and later.fact_id = fact.fact_id
                    and later.revision > fact.revision)
), counted as (
    select coalesce(named.value, '') as name, currency, subcategory, posting_date <> effective_date as is_adjustment,
            case when cast($10 as boolean) then effective_date else posting_date end as counted_on,
            delta_micros / 1000000 as delta_units, delta_micros % 1000000 as delta_micros,
            case when reverses is null then 1 else -1 end as movements
    from entry left join named on named.customer_id = entry.customer_id and named.fact_id = entry.line_id
    where entry.tenant_id = $1 and level = $2
            and case when cast($10 as boolean) then effective_date else posting_date end <= $4
            and (cast($5 as text) is null or currency = $5)
            and (provisional_until is null or provisional_until <= $6)
            and entry.customer_id >= $7 and entry.customer_id <= $8
            and (cast($9 as timestamptz) is null or entry.recorded_at <= $9)
)
select distinct name from (
        select name, row_number() over (partition by currency order by size desc, name) as place
        from (
            select currency, name, abs(sum(delta_units))
                + sum(case when counted_on >= $3 then abs(delta_units) else 0 end) as size
            from counted group by currency, name
        ) as sized
    ) as placed where place <= $12;

-- reports::group_sums::LARGEST_MONTH_ITEMS
with counted as (
    select item_id as name, currency, subcategory, is_adjustment, posting_month as counted_on,
        delta_units, delta_micros, movements
    from month_item_total
    where tenant_id = $1 and level = $2 and posting_month <= $4
        and (cast($5 as text) is null or currency = $5) and counts_from <= $6
)
select distinct name from (
        select name, row_number() over (partition by currency order by size desc, name) as place
        from (
            select currency, name, abs(sum(delta_units))
                + sum(case when counted_on >= $3 then abs(delta_units) else 0 end) as size
            from counted group by currency, name
        ) as sized
    ) as placed where place <= $7;

-- reports::group_sums::SUMS_OF_CUSTOMERS
with counted as (
    select entry.customer_id as name, currency, subcategory, posting_date <> effective_date as is_adjustment,
            case when cast($10 as boolean) then effective_date else posting_date end as counted_on,
            delta_micros / 1000000 as delta_units, delta_micros % 1000000 as delta_micros,
            case when reverses is null then 1 else -1 end as movements
    from entry
    where entry.tenant_id = $1 and level = $2
            and case when cast($10 as boolean) then effective_date else posting_date end <= $4
            and (cast($5 as text) is null or currency = $5)
            and (provisional_until is null or provisional_until <= $6)
            and entry.customer_id >= $7 and entry.customer_id <= $8
            and (cast($9 as timestamptz) is null or entry.recorded_at <= $9)
)
select name, currency, case when counted_on >= $3 then
        case when cast($12 as boolean) then substr(counted_on, 1, 7) || '-01' else counted_on end
    end as date, subcategory, is_adjustment,
    cast(sum(delta_units) as bigint) as delta_units,
    cast(sum(delta_micros) as bigint) as delta_micros,
    cast(sum(movements) as bigint) as movements
from counted where name in (select value from json_each($11)) group by 1, 2, 3, 4, 5;

-- reports::group_sums::SUMS_OF_CUSTOMER_ATTRIBUTES
with named as (
    select customer_id, fact_id, (select value from json_each(body, '$.customer.attributes') where key = $11) as value from fact
    where tenant_id = $1 and kind = 'CUSTOMER' and customer_id >= $7 and customer_id <= $8
        and not exists (
                select 1 from fact as later
                where later.tenant_id = fact.tenant_id and later.customer_id = fact.customer_id
                    and later.kind = fact.kind and later.fact_id = fact.fact_id
                    and later.revision > fact.revision)
), counted as (
    select coalesce(named.value, '') as name, currency, subcategory, posting_date <> effective_date as is_adjustment,
            case when cast($10 as boolean) then effective_date else posting_date end as counted_on,
            delta_micros / 1000000 as delta_units, delta_micros % 1000000 as delta_micros,
            case when reverses is null then 1 else -1 end as movements
    from entry left join named on named.customer_id = entry.customer_id
    where entry.tenant_id = $1 and level = $2
            and case when cast($10 as boolean) then effective_date else posting_date end <= $4
            and (cast($5 as text) is null or currency = $5)
            and (provisional_until is null or provisional_until <= $6)
            and entry.customer_id >= $7 and entry.customer_id <= $8
            and (cast($9 as timestamptz) is null or entry.recorded_at <= $9)
)
select name, currency, case when counted_on >= $3 then
        case when cast($13 as boolean) then substr(counted_on, 1, 7) || '-01' else counted_on end
    end as date, subcategory, is_adjustment,
    cast(sum(delta_units) as bigint) as delta_units,
    cast(sum(delta_micros) as bigint) as delta_micros,
    cast(sum(movements) as bigint) as movements
from counted where name in (select value from json_each($12)) group by 1, 2, 3, 4, 5;

-- reports::group_sums::SUMS_OF_ITEMS
with counted as (
    select item_id as name, currency, subcategory, posting_date <> effective_date as is_adjustment,
            case when cast($10 as boolean) then effective_date else posting_date end as counted_on,
            delta_micros / 1000000 as delta_units, delta_micros % 1000000 as delta_micros,
            case when reverses is null then 1 else -1 end as movements
    from entry
    where entry.tenant_id = $1 and level = $2
            and case when cast($10 as boolean) then effective_date else posting_date end <= $4
            and (cast($5 as text) is null or currency = $5)
            and (provisional_until is null or provisional_until <= $6)
            and entry.customer_id >= $7 and entry.customer_id <= $8
            and (cast($9 as timestamptz) is null or entry.recorded_at <= $9)
)
select name, currency, case when counted_on >= $3 then
        case when cast($12 as boolean) then substr(counted_on, 1, 7) || '-01' else counted_on end
    end as date, subcategory, is_adjustment,
    cast(sum(delta_units) as bigint) as delta_units,
    cast(sum(delta_micros) as bigint) as delta_micros,
    cast(sum(movements) as bigint) as movements
from counted where name in (select value from json_each($11)) group by 1, 2, 3, 4, 5;

-- reports::group_sums::SUMS_OF_LINE_ATTRIBUTES
with named as (
    select customer_id, fact_id, (select value from json_each(body, '$.subscription_line.attributes') where key = $11) as value from fact
    where tenant_id = $1 and kind = 'SUBSCRIPTION_LINE' and customer_id >= $7 and customer_id <= $8
        and not exists (
                select 1 from fact as later
                where later.tenant_id = fact.tenant_id and later.customer_id = fact.customer_id
                    and later.kind = fact.kind and later.fact_id = fact.fact_id
                    and later.revision > fact.revision)
), counted as (
    select coalesce(named.value, '') as name, currency, subcategory, posting_date <> effective_date as is_adjustment,
            case when cast($10 as boolean) then effective_date else posting_date end as counted_on,
            delta_micros / 1000000 as delta_units, delta_micros % 1000000 as delta_micros,
            case when reverses is null then 1 else -1 end as movements
    from entry left join named on named.customer_id = entry.customer_id and named.fact_id = entry.line_id
    where entry.tenant_id = $1 and level = $2
            and case when cast($10 as boolean) then effective_date else posting_date end <= $4
            and (cast($5 as text) is null or currency = $5)
            and (provisional_until is null or provisional_until <= $6)
            and entry.customer_id >= $7 and entry.customer_id <= $8
            and (cast($9 as timestamptz) is null or entry.recorded_at <= $9)
)
select name, currency, case when counted_on >= $3 then
        case when cast($13 as boolean) then substr(counted_on, 1, 7) || '-01' else counted_on end
    end as date, subcategory, is_adjustment,
    cast(sum(delta_units) as bigint) as delta_units,
    cast(sum(delta_micros) as bigint) as delta_micros,
    cast(sum(movements) as bigint) as movements
from counted where name in (select value from json_each($12)) group by 1, 2, 3, 4, 5;

-- reports::group_sums::SUMS_OF_MONTH_ITEMS
with counted as (
    select item_id as name, currency, subcategory, is_adjustment, posting_month as counted_on,
        delta_units, delta_micros, movements
    from month_item_total
    where tenant_id = $1 and level = $2 and posting_month <= $4
        and (cast($5 as text) is null or currency = $5) and counts_from <= $6
)
select name, currency, case when counted_on >= $3 then
        case when cast($8 as boolean) then substr(counted_on, 1, 7) || '-01' else counted_on end
    end as date, subcategory, is_adjustment,
    cast(sum(delta_units) as bigint) as delta_units,
    cast(sum(delta_micros) as bigint) as delta_micros,
    cast(sum(movements) as bigint) as movements
from counted where name in (select value from json_each($7)) group by 1, 2, 3, 4, 5;

-- reports::renewals::OF_TOTALS
select currency, posting_month as month,
    cast(sum(renewed_units) as bigint) as renewed_units,
    cast(sum(renewed_micros) as bigint) as renewed_micros,
    cast(sum(lapsed_units) as bigint) as lapsed_units,
    cast(sum(lapsed_micros) as bigint) as lapsed_micros
from renewal_total
where tenant_id = $1 and posting_month >= $2 and posting_month <= $3 and counts_from <= $4
    and (cast($5 as text) is null or currency = $5)
group by 1, 2;

-- reports::renewals::RENEWALS
select currency, substr(posting_date, 1, 7) || '-01' as month,
    cast(sum(case renewal_outcome when 'RENEWED' then renewed_mrr_micros / 1000000 else 0 end) as bigint)
        as renewed_units,
    cast(sum(case renewal_outcome when 'RENEWED' then renewed_mrr_micros % 1000000 else 0 end) as bigint)
        as renewed_micros,
    cast(sum(case renewal_outcome when 'LAPSED' then -(delta_micros / 1000000) else 0 end) as bigint)
        as lapsed_units,
    cast(sum(case renewal_outcome when 'LAPSED' then -(delta_micros % 1000000) else 0 end) as bigint)
        as lapsed_micros
from entry
where tenant_id = $1 and renewal_outcome is not null and posting_date >= $2 and posting_date <= $3
    and (provisional_until is null or provisional_until <= $4)
    and (cast($5 as timestamptz) is null or recorded_at <= $5)
    and (cast($6 as text) is null or currency = $6)
group by 1, 2;

-- reports::renewals::RENEWALS_RESTATED
select currency, substr(effective_date, 1, 7) || '-01' as month,
    cast(sum(case renewal_outcome when 'RENEWED' then renewed_mrr_micros / 1000000 else 0 end) as bigint)
        as renewed_units,
    cast(sum(case renewal_outcome when 'RENEWED' then renewed_mrr_micros % 1000000 else 0 end) as bigint)
        as renewed_micros,
    cast(sum(case renewal_outcome when 'LAPSED' then -(delta_micros / 1000000) else 0 end) as bigint)
        as lapsed_units,
    cast(sum(case renewal_outcome when 'LAPSED' then -(delta_micros % 1000000) else 0 end) as bigint)
        as lapsed_micros
from entry
where tenant_id = $1 and renewal_outcome is not null and effective_date >= $2 and effective_date <= $3
    and (provisional_until is null or provisional_until <= $4)
    and (cast($5 as timestamptz) is null or recorded_at <= $5)
    and (cast($6 as text) is null or currency = $6)
group by 1, 2;

-- reports::sums::DAYS
select currency, date, subcategory, is_adjustment,
    cast(sum(delta_units) as bigint) as delta_units,
    cast(sum(delta_micros) as bigint) as delta_micros,
    cast(sum(movements) as bigint) as movements
from (
    select currency, cast(null as date) as date, subcategory, is_adjustment, delta_units, delta_micros, movements
    from month_total
    where tenant_id = $1 and level = $2 and posting_month < substr($3, 1, 7) || '-01'
        and (cast($5 as text) is null or currency = $5) and counts_from <= $6
        and not ($7 and is_adjustment)
    union all
    select currency, case when posting_date >= $3 then posting_date end as date, subcategory, is_adjustment, delta_units, delta_micros, movements
    from day_total
    where tenant_id = $1 and level = $2 and posting_date >= substr($3, 1, 7) || '-01' and posting_date <= $4
        and (cast($5 as text) is null or currency = $5) and counts_from <= $6
        and not ($7 and is_adjustment)
) as part
group by 1, 2, 3, 4;

-- reports::sums::DAYS_OF_ADJUSTMENTS
select currency, case when effective_date >= $3 then effective_date end as date, subcategory,
    posting_date <> effective_date as is_adjustment,
    cast(sum(delta_micros / 1000000) as bigint) as delta_units,
    cast(sum(delta_micros % 1000000) as bigint) as delta_micros,
    cast(sum(case when reverses is null then 1 else -1 end) as bigint) as movements
from entry
where tenant_id = $1 and level = $2 and effective_date <= $4
    and (cast($5 as text) is null or currency = $5)
    and (provisional_until is null or provisional_until <= $6)
    and posting_date <> effective_date
group by 1, 2, 3, 4;

-- reports::sums::DAYS_OF_CUSTOMER
select currency, case when posting_date >= $3 then posting_date end as date, subcategory,
    posting_date <> effective_date as is_adjustment,
    cast(sum(delta_micros / 1000000) as bigint) as delta_units,
    cast(sum(delta_micros % 1000000) as bigint) as delta_micros,
    cast(sum(case when reverses is null then 1 else -1 end) as bigint) as movements
from entry
where tenant_id = $1 and level = $2 and posting_date <= $4
    and (cast($5 as text) is null or currency = $5)
    and (provisional_until is null or provisional_until <= $6)
    and customer_id = $7 and (cast($8 as timestamptz) is null or recorded_at <= $8)
group by 1, 2, 3, 4;

-- reports::sums::DAYS_OF_CUSTOMER_RESTATED
select currency, case when effective_date >= $3 then effective_date end as date, subcategory,
    posting_date <> effective_date as is_adjustment,
    cast(sum(delta_micros / 1000000) as bigint) as delta_units,
    cast(sum(delta_micros % 1000000) as bigint) as delta_micros,
    cast(sum(case when reverses is null then 1 else -1 end) as bigint) as movements
from entry
where tenant_id = $1 and level = $2 and effective_date <= $4
    and (cast($5 as text) is null or currency = $5)
    and (provisional_until is null or provisional_until <= $6)
    and customer_id = $7 and (cast($8 as timestamptz) is null or recorded_at <= $8)
group by 1, 2, 3, 4;

-- reports::sums::DAYS_RECORDED_AFTER
select currency, case when posting_date >= $3 then posting_date end as date, subcategory,
    posting_date <> effective_date as is_adjustment,
    cast(sum(delta_micros / 1000000) as bigint) as delta_units,
    cast(sum(delta_micros % 1000000) as bigint) as delta_micros,
    cast(sum(case when reverses is null then 1 else -1 end) as bigint) as movements
from entry
where tenant_id = $1 and level = $2 and posting_date <= $4
    and (cast($5 as text) is null or currency = $5)
    and (provisional_until is null or provisional_until <= $6)
    and recorded_at > $7
group by 1, 2, 3, 4;

-- reports::sums::DAYS_RECORDED_AFTER_RESTATED
select currency, case when effective_date >= $3 then effective_date end as date, subcategory,
    posting_date <> effective_date as is_adjustment,
    cast(sum(delta_micros / 1000000) as bigint) as delta_units,
    cast(sum(delta_micros % 1000000) as bigint) as delta_micros,
    cast(sum(case when reverses is null then 1 else -1 end) as bigint) as movements
from entry
where tenant_id = $1 and level = $2 and effective_date <= $4
    and (cast($5 as text) is null or currency = $5)
    and (provisional_until is null or provisional_until <= $6)
    and recorded_at > $7
group by 1, 2, 3, 4;

-- reports::sums::MONTHS
select currency, case when posting_month >= $3 then posting_month end as date, subcategory, is_adjustment,
    cast(sum(delta_units) as bigint) as delta_units,
    cast(sum(delta_micros) as bigint) as delta_micros,
    cast(sum(movements) as bigint) as movements
from month_total
where tenant_id = $1 and level = $2 and posting_month <= $4
    and (cast($5 as text) is null or currency = $5)
    and counts_from <= $6
    and not ($7 and is_adjustment)
group by 1, 2, 3, 4;

-- reports::sums::MONTHS_OF_ADJUSTMENTS
select currency, case when effective_date >= $3 then substr(effective_date, 1, 7) || '-01' end as date, subcategory,
    posting_date <> effective_date as is_adjustment,
    cast(sum(delta_micros / 1000000) as bigint) as delta_units,
    cast(sum(delta_micros % 1000000) as bigint) as delta_micros,
    cast(sum(case when reverses is null then 1 else -1 end) as bigint) as movements
from entry
where tenant_id = $1 and level = $2 and effective_date <= $4
    and (cast($5 as text) is null or currency = $5)
    and (provisional_until is null or provisional_until <= $6)
    and posting_date <> effective_date
group by 1, 2, 3, 4;

-- reports::sums::MONTHS_OF_CUSTOMER
select currency, case when posting_date >= $3 then substr(posting_date, 1, 7) || '-01' end as date, subcategory,
    posting_date <> effective_date as is_adjustment,
    cast(sum(delta_micros / 1000000) as bigint) as delta_units,
    cast(sum(delta_micros % 1000000) as bigint) as delta_micros,
    cast(sum(case when reverses is null then 1 else -1 end) as bigint) as movements
from entry
where tenant_id = $1 and level = $2 and posting_date <= $4
    and (cast($5 as text) is null or currency = $5)
    and (provisional_until is null or provisional_until <= $6)
    and customer_id = $7 and (cast($8 as timestamptz) is null or recorded_at <= $8)
group by 1, 2, 3, 4;

-- reports::sums::MONTHS_OF_CUSTOMER_RESTATED
select currency, case when effective_date >= $3 then substr(effective_date, 1, 7) || '-01' end as date, subcategory,
    posting_date <> effective_date as is_adjustment,
    cast(sum(delta_micros / 1000000) as bigint) as delta_units,
    cast(sum(delta_micros % 1000000) as bigint) as delta_micros,
    cast(sum(case when reverses is null then 1 else -1 end) as bigint) as movements
from entry
where tenant_id = $1 and level = $2 and effective_date <= $4
    and (cast($5 as text) is null or currency = $5)
    and (provisional_until is null or provisional_until <= $6)
    and customer_id = $7 and (cast($8 as timestamptz) is null or recorded_at <= $8)
group by 1, 2, 3, 4;

-- reports::sums::MONTHS_RECORDED_AFTER
select currency, case when posting_date >= $3 then substr(posting_date, 1, 7) || '-01' end as date, subcategory,
    posting_date <> effective_date as is_adjustment,
    cast(sum(delta_micros / 1000000) as bigint) as delta_units,
    cast(sum(delta_micros % 1000000) as bigint) as delta_micros,
    cast(sum(case when reverses is null then 1 else -1 end) as bigint) as movements
from entry
where tenant_id = $1 and level = $2 and posting_date <= $4
    and (cast($5 as text) is null or currency = $5)
    and (provisional_until is null or provisional_until <= $6)
    and recorded_at > $7
group by 1, 2, 3, 4;

-- reports::sums::MONTHS_RECORDED_AFTER_RESTATED
select currency, case when effective_date >= $3 then substr(effective_date, 1, 7) || '-01' end as date, subcategory,
    posting_date <> effective_date as is_adjustment,
    cast(sum(delta_micros / 1000000) as bigint) as delta_units,
    cast(sum(delta_micros % 1000000) as bigint) as delta_micros,
    cast(sum(case when reverses is null then 1 else -1 end) as bigint) as movements
from entry
where tenant_id = $1 and level = $2 and effective_date <= $4
    and (cast($5 as text) is null or currency = $5)
    and (provisional_until is null or provisional_until <= $6)
    and recorded_at > $7
group by 1, 2, 3, 4;

-- reports::sums::THROUGH
select currency, date, subcategory, is_adjustment,
    cast(sum(delta_units) as bigint) as delta_units,
    cast(sum(delta_micros) as bigint) as delta_micros,
    cast(sum(movements) as bigint) as movements
from (
    select currency, cast(null as date) as date, subcategory, is_adjustment, delta_units, delta_micros, movements
    from month_total
    where tenant_id = $1 and level = $2 and posting_month < substr($3, 1, 7) || '-01'
        and (cast($5 as text) is null or currency = $5) and counts_from <= $6
        and not ($7 and is_adjustment)
    union all
    select currency, cast(null as date) as date, subcategory, is_adjustment, delta_units, delta_micros, movements
    from day_total
    where tenant_id = $1 and level = $2 and posting_date >= substr($3, 1, 7) || '-01' and posting_date <= $4
        and (cast($5 as text) is null or currency = $5) and counts_from <= $6
        and not ($7 and is_adjustment)
) as part
group by 1, 2, 3, 4;

-- tenants::closing::ALL
select sequence, month, is_closed, digest, recorded_at, actor, reason from closing
where tenant_id = $1 order by sequence;

-- tenants::closing::APPEND
insert into closing (tenant_id, sequence, month, is_closed, digest, recorded_at, actor, reason)
values ($1, $2, $3, $4, $5, $6, $7, $8);

-- tenants::rate::ADD
insert into exchange_rate (tenant_id, rate_set, from_currency, to_currency, date, rate, recorded_at) values (?, ?, ?, ?, ?, ?, ?) on conflict (tenant_id, rate_set, from_currency, to_currency, date) do nothing;

-- tenants::rate::BETWEEN
select from_currency, to_currency, date, rate from exchange_rate
where tenant_id = $1 and rate_set = $2 and date >= $3 and date <= $4;

-- tenants::rate::IN_FORCE
select from_currency, to_currency, date, rate from exchange_rate as it
where tenant_id = $1 and rate_set = $2 and from_currency in (select value from json_each($3)) and to_currency = $4 and date <= $6
    and date >= coalesce((
        select max(date) from exchange_rate as earlier
        where earlier.tenant_id = it.tenant_id and earlier.rate_set = it.rate_set
            and earlier.from_currency = it.from_currency and earlier.to_currency = it.to_currency
            and earlier.date <= $5), $5);

-- tenants::rate::PAGE
select from_currency, to_currency, date, rate from exchange_rate
where tenant_id = $1 and rate_set = $2
    and (cast($3 as text) is null or from_currency = $3)
    and (cast($4 as text) is null or to_currency = $4)
    and (from_currency, to_currency, date) > ($5, $6, $7)
order by from_currency, to_currency, date limit $8;

-- tenants::rate::SETS
select rate_set, count(*) as rates, min(date) as first_date, max(date) as last_date from exchange_rate
where tenant_id = $1 and rate_set > $2 group by rate_set order by rate_set limit $3;

-- tenants::tenant::ALL
select tenant_id from tenant order by tenant_id;

-- tenants::tenant::BOOKS
select version, policy_version, open_from, lapse_grace_days, time_zone from tenant where tenant_id = $1;

-- tenants::tenant::CHANGE
update tenant set version = $2, policy_version = $3, open_from = $4, lapse_grace_days = $5, time_zone = $6
where tenant_id = $1;

-- tenants::tenant::ENSURE
insert into tenant (tenant_id, lapse_grace_days, time_zone, created_at) values ($1, $2, $3, $4)
on conflict (tenant_id) do nothing;

-- tenants::tenant::HOLD
select coalesce((select version from tenant where tenant_id = $1), 0);

-- tenants::tenant::IS_THERE
select exists (select 1 from tenant where tenant_id = $1);

-- totals::customer_total::ADD_CHANGES
insert into customer_total (tenant_id, posting_month, currency, counts_from, shard, came, gone) values (?, ?, ?, ?, ?, ?, ?) on conflict (tenant_id, posting_month, currency, counts_from, shard) do update
    set came = customer_total.came + excluded.came, gone = customer_total.gone + excluded.gone;

-- totals::customer_total::ADD_PAIRS
insert into customer_pair_total (tenant_id, posting_month, earlier_month, currency, counts_from, shard, pairs) values (?, ?, ?, ?, ?, ?, ?) on conflict (tenant_id, posting_month, earlier_month, currency, counts_from, shard) do update
    set pairs = customer_pair_total.pairs + excluded.pairs;

-- totals::customer_total::CHANGES_BY_MONTH
select currency, case when posting_month >= $2 then posting_month end as month,
    cast(sum(came) as bigint) as came, cast(sum(gone) as bigint) as gone
from customer_total
where tenant_id = $1 and posting_month <= $3 and counts_from <= $4
group by 1, 2;

-- totals::customer_total::PAIRS
select currency, cast(sum(pairs) as bigint) as pairs
from customer_pair_total
where tenant_id = $1 and posting_month >= $2 and posting_month <= $3 and earlier_month >= $2 and counts_from <= $4
group by 1;

-- totals::customer_total::READ_CHANGES
select posting_month as month, currency, counts_from,
    cast(sum(came) as bigint) as came, cast(sum(gone) as bigint) as gone
from customer_total where tenant_id = $1
group by 1, 2, 3;

-- totals::customer_total::READ_PAIRS
select posting_month as month, earlier_month, currency, counts_from, cast(sum(pairs) as bigint) as pairs
from customer_pair_total where tenant_id = $1
group by 1, 2, 3, 4;

-- totals::movement_total::ADD_DAYS
insert into day_total (tenant_id, level, posting_date, currency, category, subcategory, is_adjustment, counts_from, shard, delta_units, delta_micros, movements) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict (tenant_id, level, posting_date, currency, subcategory, is_adjustment, counts_from, shard) do update
    set delta_units = day_total.delta_units + excluded.delta_units,
        delta_micros = day_total.delta_micros + excluded.delta_micros,
        movements = day_total.movements + excluded.movements;

-- totals::movement_total::ADD_MONTHS
insert into month_total (tenant_id, level, posting_month, currency, category, subcategory, is_adjustment, counts_from, shard, delta_units, delta_micros, movements) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict (tenant_id, level, posting_month, currency, subcategory, is_adjustment, counts_from, shard) do update
    set delta_units = month_total.delta_units + excluded.delta_units,
        delta_micros = month_total.delta_micros + excluded.delta_micros,
        movements = month_total.movements + excluded.movements;

-- totals::movement_total::ADD_MONTH_ITEMS
insert into month_item_total (tenant_id, level, posting_month, currency, category, subcategory, item_id, is_adjustment, counts_from, shard, delta_units, delta_micros, movements) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict (tenant_id, level, posting_month, currency, subcategory, item_id, is_adjustment, counts_from, shard) do update
    set delta_units = month_item_total.delta_units + excluded.delta_units,
        delta_micros = month_item_total.delta_micros + excluded.delta_micros,
        movements = month_item_total.movements + excluded.movements;

-- totals::movement_total::FIRST_MONTH
select min(posting_month) from month_total where tenant_id = $1;

-- totals::movement_total::OF_MONTH
select level, posting_month as date, currency, subcategory, '' as item, is_adjustment, counts_from,
    cast(sum(delta_units) as bigint) as delta_units,
    cast(sum(delta_micros) as bigint) as delta_micros,
    cast(sum(movements) as bigint) as movements
from month_total where tenant_id = $1 and posting_month = $2
group by 1, 2, 3, 4, 5, 6, 7;

-- totals::movement_total::READ_DAYS
select level, posting_date as date, currency, subcategory, '' as item, is_adjustment, counts_from,
    cast(sum(delta_units) as bigint) as delta_units,
    cast(sum(delta_micros) as bigint) as delta_micros,
    cast(sum(movements) as bigint) as movements
from day_total where tenant_id = $1
group by 1, 2, 3, 4, 5, 6, 7;

-- totals::movement_total::READ_MONTHS
select level, posting_month as date, currency, subcategory, '' as item, is_adjustment, counts_from,
    cast(sum(delta_units) as bigint) as delta_units,
    cast(sum(delta_micros) as bigint) as delta_micros,
    cast(sum(movements) as bigint) as movements
from month_total where tenant_id = $1
group by 1, 2, 3, 4, 5, 6, 7;

-- totals::movement_total::READ_MONTH_ITEMS
select level, posting_month as date, currency, subcategory, item_id as item, is_adjustment, counts_from,
    cast(sum(delta_units) as bigint) as delta_units,
    cast(sum(delta_micros) as bigint) as delta_micros,
    cast(sum(movements) as bigint) as movements
from month_item_total where tenant_id = $1
group by 1, 2, 3, 4, 5, 6, 7;

-- totals::renewal_total::ADD
insert into renewal_total (tenant_id, posting_month, currency, counts_from, shard, renewed_units, renewed_micros, lapsed_units, lapsed_micros) values (?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict (tenant_id, posting_month, currency, counts_from, shard) do update
    set renewed_units = renewal_total.renewed_units + excluded.renewed_units,
        renewed_micros = renewal_total.renewed_micros + excluded.renewed_micros,
        lapsed_units = renewal_total.lapsed_units + excluded.lapsed_units,
        lapsed_micros = renewal_total.lapsed_micros + excluded.lapsed_micros;

-- totals::renewal_total::READ
select posting_month as month, currency, counts_from,
    cast(sum(renewed_units) as bigint) as renewed_units,
    cast(sum(renewed_micros) as bigint) as renewed_micros,
    cast(sum(lapsed_units) as bigint) as lapsed_units,
    cast(sum(lapsed_micros) as bigint) as lapsed_micros
from renewal_total where tenant_id = $1
group by 1, 2, 3;
