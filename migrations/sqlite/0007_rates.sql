-- Exchange rates, in sets that people name. A report converts by them when it is asked to; no movement ever comes from
-- one. Rows are never changed or deleted: a correction is another set.

create table exchange_rate (
    tenant_id text not null,
    rate_set text not null,
    from_currency text not null,
    to_currency text not null check (to_currency <> from_currency),
    -- It holds from this date until the set has another one for the two currencies.
    date text not null,
    -- What one unit of from_currency is worth in to_currency: an exact decimal.
    rate text not null check (rate glob '*[1-9]*' and rate not glob '*[^0-9.]*'),
    recorded_at integer not null,
    primary key (tenant_id, rate_set, from_currency, to_currency, date)
) strict, without rowid;

create trigger exchange_rate_replaced before insert on exchange_rate
when exists (
    select 1 from exchange_rate
    where tenant_id = new.tenant_id and rate_set = new.rate_set and from_currency = new.from_currency
        and to_currency = new.to_currency and date = new.date)
begin select raise(abort, 'rows of exchange_rate are never changed or deleted'); end;
create trigger exchange_rate_changed before update on exchange_rate
begin select raise(abort, 'rows of exchange_rate are never changed or deleted'); end;
create trigger exchange_rate_deleted before delete on exchange_rate
begin select raise(abort, 'rows of exchange_rate are never changed or deleted'); end;
