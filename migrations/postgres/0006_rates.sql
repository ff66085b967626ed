-- Exchange rates, in sets that people name. A report converts by them when it is asked to; no movement ever comes from
-- one. Rows are never changed or deleted: a correction is another set.

create table exchange_rate (
    tenant_id text collate "C" not null,
    rate_set text collate "C" not null,
    from_currency text collate "C" not null,
    to_currency text collate "C" not null check (to_currency <> from_currency),
    -- It holds from this date until the set has another one for the two currencies.
    date date not null,
    -- What one unit of from_currency is worth in to_currency: an exact decimal.
    rate text collate "C" not null check (rate::numeric > 0),
    recorded_at timestamptz not null,
    primary key (tenant_id, rate_set, from_currency, to_currency, date)
);

create trigger exchange_rate_stays before update or delete or truncate on exchange_rate
    for each statement execute function refuse_change();
