SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;
CREATE FUNCTION public.hold_books(books text) RETURNS bigint
    LANGUAGE plpgsql
    AS $$
begin
    perform pg_advisory_xact_lock_shared(('tenant'::regclass::oid::bigint << 32 >> 32)::int, hashtext(books));
    return (select version from tenant where tenant_id = books);
end $$;
CREATE FUNCTION public.refuse_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    raise exception 'rows of % are never changed or deleted', tg_table_name using errcode = 'DB002';
end $$;
CREATE FUNCTION public.refuse_closed_month() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    perform hold_books(tenant_id) from (select distinct tenant_id from posted) as written;
    if exists (
        select 1 from (select tenant_id, min(posting_date) as first_date from posted group by tenant_id) as batch
        join tenant using (tenant_id) where batch.first_date < tenant.open_from) then
        raise exception 'the month of the posting date is closed' using errcode = 'DB001';
    end if;
    return null;
end $$;
CREATE FUNCTION public.refuse_other_key() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    raise exception 'a key can only be used and taken back' using errcode = 'DB002';
end $$;
SET default_tablespace = '';
SET default_table_access_method = heap;
CREATE TABLE public._sqlx_migrations (
    version bigint NOT NULL,
    description text NOT NULL,
    installed_on timestamp with time zone DEFAULT now() NOT NULL,
    success boolean NOT NULL,
    checksum bytea NOT NULL,
    execution_time bigint NOT NULL
);
CREATE TABLE public.api_key (
    key_id text NOT NULL COLLATE pg_catalog."C",
    tenant_id text NOT NULL COLLATE pg_catalog."C",
    name text NOT NULL COLLATE pg_catalog."C",
    role text NOT NULL COLLATE pg_catalog."C",
    secret_hash bytea NOT NULL,
    created_at timestamp with time zone NOT NULL,
    created_by text NOT NULL COLLATE pg_catalog."C",
    expires_at timestamp with time zone,
    revoked_at timestamp with time zone,
    revoked_by text COLLATE pg_catalog."C",
    last_used_at timestamp with time zone,
    CONSTRAINT api_key_check CHECK ((expires_at > created_at)),
    CONSTRAINT api_key_check1 CHECK (((revoked_at IS NULL) = (revoked_by IS NULL))),
    CONSTRAINT api_key_role_check CHECK ((role = ANY (ARRAY['BILLING'::text, 'FINANCE'::text, 'READER'::text, 'ADMIN'::text]))),
    CONSTRAINT api_key_secret_hash_check CHECK ((octet_length(secret_hash) = 32))
);
CREATE TABLE public.audit_entry (
    tenant_id text NOT NULL COLLATE pg_catalog."C",
    sequence bigint NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    actor text NOT NULL COLLATE pg_catalog."C",
    action text NOT NULL COLLATE pg_catalog."C",
    customer_id text NOT NULL COLLATE pg_catalog."C",
    subject text NOT NULL COLLATE pg_catalog."C",
    before text NOT NULL COLLATE pg_catalog."C",
    after text NOT NULL COLLATE pg_catalog."C",
    reason text NOT NULL COLLATE pg_catalog."C",
    request_id text NOT NULL COLLATE pg_catalog."C",
    hash text NOT NULL COLLATE pg_catalog."C",
    CONSTRAINT audit_entry_hash_check CHECK ((length(hash) = 64)),
    CONSTRAINT audit_entry_sequence_check CHECK ((sequence > 0))
);
CREATE TABLE public.audit_head (
    tenant_id text NOT NULL COLLATE pg_catalog."C",
    sequence bigint NOT NULL,
    hash text NOT NULL COLLATE pg_catalog."C",
    CONSTRAINT audit_head_hash_check CHECK ((length(hash) = 64))
);
CREATE TABLE public.closing (
    tenant_id text NOT NULL COLLATE pg_catalog."C",
    sequence bigint NOT NULL,
    month date NOT NULL,
    is_closed boolean NOT NULL,
    digest text COLLATE pg_catalog."C",
    recorded_at timestamp with time zone NOT NULL,
    actor text NOT NULL COLLATE pg_catalog."C",
    reason text NOT NULL COLLATE pg_catalog."C",
    CONSTRAINT closing_check CHECK ((is_closed = (digest IS NOT NULL))),
    CONSTRAINT closing_digest_check CHECK ((length(digest) = 64)),
    CONSTRAINT closing_month_check CHECK ((EXTRACT(day FROM month) = (1)::numeric)),
    CONSTRAINT closing_sequence_check CHECK ((sequence > 0))
);
CREATE TABLE public.customer (
    tenant_id text NOT NULL COLLATE pg_catalog."C",
    customer_id text NOT NULL COLLATE pg_catalog."C",
    version bigint NOT NULL,
    previous_version bigint NOT NULL,
    created_at timestamp with time zone NOT NULL,
    changed_at timestamp with time zone NOT NULL,
    next_event_at timestamp with time zone,
    books_version bigint DEFAULT 0 NOT NULL,
    CONSTRAINT customer_check CHECK ((previous_version < version)),
    CONSTRAINT customer_version_check CHECK ((version > 0))
)
WITH (fillfactor='80');
CREATE TABLE public.customer_pair_total (
    tenant_id text NOT NULL COLLATE pg_catalog."C",
    posting_month date NOT NULL,
    earlier_month date NOT NULL,
    currency text NOT NULL COLLATE pg_catalog."C",
    counts_from date NOT NULL,
    shard smallint NOT NULL,
    pairs bigint NOT NULL,
    CONSTRAINT customer_pair_total_check CHECK (((EXTRACT(day FROM earlier_month) = (1)::numeric) AND (earlier_month < posting_month))),
    CONSTRAINT customer_pair_total_posting_month_check CHECK ((EXTRACT(day FROM posting_month) = (1)::numeric))
)
WITH (fillfactor='70');
CREATE TABLE public.customer_total (
    tenant_id text NOT NULL COLLATE pg_catalog."C",
    posting_month date NOT NULL,
    currency text NOT NULL COLLATE pg_catalog."C",
    counts_from date NOT NULL,
    shard smallint NOT NULL,
    came bigint NOT NULL,
    gone bigint NOT NULL,
    CONSTRAINT customer_total_posting_month_check CHECK ((EXTRACT(day FROM posting_month) = (1)::numeric))
)
WITH (fillfactor='70');
CREATE TABLE public.day_total (
    tenant_id text NOT NULL COLLATE pg_catalog."C",
    level text NOT NULL COLLATE pg_catalog."C",
    posting_date date NOT NULL,
    currency text NOT NULL COLLATE pg_catalog."C",
    category text NOT NULL COLLATE pg_catalog."C",
    subcategory text NOT NULL COLLATE pg_catalog."C",
    is_adjustment boolean NOT NULL,
    counts_from date NOT NULL,
    shard smallint NOT NULL,
    delta_units bigint NOT NULL,
    delta_micros bigint NOT NULL,
    movements bigint NOT NULL
)
WITH (fillfactor='70');
CREATE TABLE public.delivery (
    tenant_id text NOT NULL COLLATE pg_catalog."C",
    sink text NOT NULL COLLATE pg_catalog."C",
    customer_id text NOT NULL COLLATE pg_catalog."C",
    sequence bigint NOT NULL,
    is_dead boolean DEFAULT false NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    first_tried_at timestamp with time zone,
    next_at timestamp with time zone NOT NULL,
    reason text DEFAULT ''::text NOT NULL COLLATE pg_catalog."C"
);
CREATE TABLE public.entry (
    tenant_id text NOT NULL COLLATE pg_catalog."C",
    customer_id text NOT NULL COLLATE pg_catalog."C",
    sequence bigint NOT NULL,
    version bigint NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    posting_date date NOT NULL,
    effective_date date NOT NULL,
    reverses bigint,
    level text NOT NULL COLLATE pg_catalog."C",
    category text NOT NULL COLLATE pg_catalog."C",
    subcategory text NOT NULL COLLATE pg_catalog."C",
    subscription_id text COLLATE pg_catalog."C",
    line_id text COLLATE pg_catalog."C",
    item_id text NOT NULL COLLATE pg_catalog."C",
    currency text NOT NULL COLLATE pg_catalog."C",
    delta_micros bigint NOT NULL,
    mrr_before_micros bigint NOT NULL,
    mrr_after_micros bigint NOT NULL,
    quantity_before text NOT NULL COLLATE pg_catalog."C",
    quantity_after text NOT NULL COLLATE pg_catalog."C",
    quantity_effect_micros bigint,
    price_effect_micros bigint,
    renewed_mrr_micros bigint,
    causes jsonb NOT NULL,
    rules jsonb NOT NULL,
    provisional_until date,
    CONSTRAINT entry_check CHECK (((level = 'CONTRACT'::text) = (subscription_id IS NOT NULL))),
    CONSTRAINT entry_check1 CHECK (((quantity_effect_micros IS NULL) = (price_effect_micros IS NULL))),
    CONSTRAINT entry_check2 CHECK (((mrr_after_micros - mrr_before_micros) = delta_micros)),
    CONSTRAINT entry_level_check CHECK ((level = ANY (ARRAY['CONTRACT'::text, 'CUSTOMER'::text]))),
    CONSTRAINT entry_sequence_check CHECK ((sequence > 0)),
    CONSTRAINT entry_version_check CHECK ((version > 0))
);
CREATE TABLE public.exchange_rate (
    tenant_id text NOT NULL COLLATE pg_catalog."C",
    rate_set text NOT NULL COLLATE pg_catalog."C",
    from_currency text NOT NULL COLLATE pg_catalog."C",
    to_currency text NOT NULL COLLATE pg_catalog."C",
    date date NOT NULL,
    rate text NOT NULL COLLATE pg_catalog."C",
    recorded_at timestamp with time zone NOT NULL,
    CONSTRAINT exchange_rate_check CHECK ((to_currency <> from_currency)),
    CONSTRAINT exchange_rate_rate_check CHECK (((rate)::numeric > (0)::numeric))
);
CREATE TABLE public.fact (
    tenant_id text NOT NULL COLLATE pg_catalog."C",
    customer_id text NOT NULL COLLATE pg_catalog."C",
    kind text NOT NULL COLLATE pg_catalog."C",
    fact_id text NOT NULL COLLATE pg_catalog."C",
    revision bigint NOT NULL,
    body jsonb NOT NULL,
    version bigint NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    CONSTRAINT fact_kind_check CHECK ((kind = ANY (ARRAY['CUSTOMER'::text, 'SUBSCRIPTION_LINE'::text, 'CHANGE_ORDER'::text, 'CHARGE'::text, 'OVERRIDE'::text]))),
    CONSTRAINT fact_revision_check CHECK ((revision >= 0)),
    CONSTRAINT fact_version_check CHECK ((version > 0))
);
CREATE VIEW public.journal AS
 SELECT entry.tenant_id,
    entry.customer_id,
    entry.sequence AS movement_id,
    entry.recorded_at,
    entry.posting_date,
    entry.effective_date,
    entry.reverses,
    entry.level,
    entry.category,
    entry.subcategory,
    entry.subscription_id,
    entry.line_id,
    entry.item_id,
    entry.currency,
    ((entry.delta_micros)::numeric * 0.000001) AS delta,
    ((entry.mrr_before_micros)::numeric * 0.000001) AS mrr_before,
    ((entry.mrr_after_micros)::numeric * 0.000001) AS mrr_after,
    (entry.quantity_before)::numeric AS quantity_before,
    (entry.quantity_after)::numeric AS quantity_after,
    ((entry.quantity_effect_micros)::numeric * 0.000001) AS quantity_effect,
    ((entry.price_effect_micros)::numeric * 0.000001) AS price_effect,
    ((entry.renewed_mrr_micros)::numeric * 0.000001) AS renewed_mrr,
    entry.causes,
    entry.rules,
    entry.provisional_until
   FROM public.entry;
CREATE SEQUENCE public.journal_sequence
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
CREATE TABLE public.kissmetrics_second (
    tenant_id text NOT NULL COLLATE pg_catalog."C",
    sink text NOT NULL COLLATE pg_catalog."C",
    identity text NOT NULL COLLATE pg_catalog."C",
    second bigint NOT NULL,
    sequence bigint NOT NULL
);
CREATE TABLE public.month_item_total (
    tenant_id text NOT NULL COLLATE pg_catalog."C",
    level text NOT NULL COLLATE pg_catalog."C",
    posting_month date NOT NULL,
    currency text NOT NULL COLLATE pg_catalog."C",
    category text NOT NULL COLLATE pg_catalog."C",
    subcategory text NOT NULL COLLATE pg_catalog."C",
    item_id text NOT NULL COLLATE pg_catalog."C",
    is_adjustment boolean NOT NULL,
    counts_from date NOT NULL,
    shard smallint NOT NULL,
    delta_units bigint NOT NULL,
    delta_micros bigint NOT NULL,
    movements bigint NOT NULL,
    CONSTRAINT month_item_total_posting_month_check CHECK ((EXTRACT(day FROM posting_month) = (1)::numeric))
)
WITH (fillfactor='70');
CREATE TABLE public.month_total (
    tenant_id text NOT NULL COLLATE pg_catalog."C",
    level text NOT NULL COLLATE pg_catalog."C",
    posting_month date NOT NULL,
    currency text NOT NULL COLLATE pg_catalog."C",
    category text NOT NULL COLLATE pg_catalog."C",
    subcategory text NOT NULL COLLATE pg_catalog."C",
    is_adjustment boolean NOT NULL,
    counts_from date NOT NULL,
    shard smallint NOT NULL,
    delta_units bigint NOT NULL,
    delta_micros bigint NOT NULL,
    movements bigint NOT NULL,
    CONSTRAINT month_total_posting_month_check CHECK ((EXTRACT(day FROM posting_month) = (1)::numeric))
)
WITH (fillfactor='70');
CREATE VIEW public.movement_by_month AS
 SELECT month_total.tenant_id,
    month_total.level,
    month_total.currency,
    month_total.posting_month,
    month_total.category,
    month_total.subcategory,
    month_total.is_adjustment,
    sum(((month_total.delta_units)::numeric + ((month_total.delta_micros)::numeric * 0.000001))) AS delta,
    (sum(month_total.movements))::bigint AS movements
   FROM public.month_total
  WHERE (month_total.counts_from <= CURRENT_DATE)
  GROUP BY month_total.tenant_id, month_total.level, month_total.currency, month_total.posting_month, month_total.category, month_total.subcategory, month_total.is_adjustment;
CREATE TABLE public.outbox (
    tenant_id text NOT NULL COLLATE pg_catalog."C",
    customer_id text NOT NULL COLLATE pg_catalog."C",
    event_key text NOT NULL COLLATE pg_catalog."C",
    sequence bigint NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    body jsonb,
    CONSTRAINT outbox_sequence_check CHECK ((sequence > 0))
);
CREATE SEQUENCE public.outbox_sequence
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
CREATE TABLE public.renewal_total (
    tenant_id text NOT NULL COLLATE pg_catalog."C",
    posting_month date NOT NULL,
    currency text NOT NULL COLLATE pg_catalog."C",
    counts_from date NOT NULL,
    shard smallint NOT NULL,
    renewed_units bigint NOT NULL,
    renewed_micros bigint NOT NULL,
    lapsed_units bigint NOT NULL,
    lapsed_micros bigint NOT NULL,
    CONSTRAINT renewal_total_posting_month_check CHECK ((EXTRACT(day FROM posting_month) = (1)::numeric))
)
WITH (fillfactor='70');
CREATE TABLE public.sink (
    tenant_id text NOT NULL COLLATE pg_catalog."C",
    sink text NOT NULL COLLATE pg_catalog."C",
    "position" bigint DEFAULT 0 NOT NULL,
    journal_position bigint DEFAULT 0 NOT NULL,
    failures integer DEFAULT 0 NOT NULL,
    paused_until timestamp with time zone,
    delivered_at timestamp with time zone,
    disabled text COLLATE pg_catalog."C",
    generation bigint DEFAULT 0 NOT NULL
);
CREATE TABLE public.tenant (
    tenant_id text NOT NULL COLLATE pg_catalog."C",
    lapse_grace_days integer DEFAULT 0 NOT NULL,
    created_at timestamp with time zone NOT NULL,
    time_zone text DEFAULT 'UTC'::text NOT NULL COLLATE pg_catalog."C",
    version bigint DEFAULT 0 NOT NULL,
    policy_version bigint DEFAULT 0 NOT NULL,
    open_from date DEFAULT '0001-01-01'::date NOT NULL,
    CONSTRAINT tenant_lapse_grace_days_check CHECK (((lapse_grace_days >= 0) AND (lapse_grace_days <= 65535))),
    CONSTRAINT tenant_open_from_check CHECK ((EXTRACT(day FROM open_from) = (1)::numeric))
);
INSERT INTO public._sqlx_migrations VALUES (1, 'journal', '2026-11-28 16:01:34.89619+00', true, '\x0e0c6b330c5ff5337b753bdcec0d76dc4cb2df6c766036b84f8c282b018407c0ae9746d0871f4d205e0ff0af7713bd8a', 105270124);
INSERT INTO public._sqlx_migrations VALUES (2, 'events', '2026-11-28 16:01:35.006515+00', true, '\xb9da4192007c18521ccab14d439007f4e6e940648b13adb40161b833d66bccfe5e588aac9ce692779bc05ec1b5843e0c', 166947024);
INSERT INTO public._sqlx_migrations VALUES (3, 'finance', '2026-11-28 16:01:35.176227+00', true, '\xc93ebb4258770c7e23a6eede102058f914f9ac0b34d94378d2d133f2ae1678b5221be17e9ff7813ece45f041d0926cff', 66279760);
INSERT INTO public._sqlx_migrations VALUES (4, 'access', '2026-11-28 16:01:35.245334+00', true, '\xa18ab5801a49a03da2ec2a7dcb5d22418009f42f9435064f1fa37d0feae7b98919c7022db077bb5da756986dbb06de10', 15722481);
INSERT INTO public._sqlx_migrations VALUES (5, 'overrides', '2026-11-28 16:01:35.262037+00', true, '\x61e49306f9e9c5a085acaffc63088889cce0ed6e595658f80dfa86b17452ca325d18fab00239d8255d55fc81cbd51247', 4430415);
INSERT INTO public._sqlx_migrations VALUES (6, 'rates', '2026-11-28 16:01:35.280814+00', true, '\x1ab8631696df3d073664f6868a99684254ec149b84c9cf3346d3d315b59bd1046e24ae66eb0e5ba1d8e63b0022faae9c', 9596693);
INSERT INTO public._sqlx_migrations VALUES (7, 'scale', '2026-11-28 16:01:35.291013+00', true, '\x1a1a51b7b55aa821028f33b18e72fb72e2651496b98394ccef7f743c4e3775c709a527f06a296ec077f9f00f018f0de2', 33652538);
INSERT INTO public.api_key VALUES ('01a222e405771850a87ddc36', 'default', 'report', 'READER', '\xb59b2b60f1ad9b6c7f334ccabe9bb1f26f3d2c97d3fd9183f545f2de86cfeca0', '2026-11-28 16:01:38.679068+00', 'local uid 0', NULL, NULL, NULL, NULL);
INSERT INTO public.audit_entry VALUES ('default', 1, '2026-11-28 16:01:35.512703+00', 'local uid 0', 'POLICY_CHANGED', '', 'policy 1', 'time_zone UTC, lapse_grace_days 0', 'time_zone UTC, lapse_grace_days 30', 'as_in_our_terms', '314ee6e15f075613', '537c4091452e00639cd58117c033ade0c65653519e046d994e98c8e481e7d2b8');
INSERT INTO public.audit_entry VALUES ('default', 2, '2026-11-28 16:01:35.598019+00', 'local uid 0', 'POLICY_REPLAYED', '', 'policy 1', '', '4 customers, 4 entries', '', '314ee6e15f075613', '7167d6babc8142ed7e98caeb135368555f72453f9d264744dba29807251d4974');
INSERT INTO public.audit_entry VALUES ('default', 3, '2026-11-28 16:01:35.794495+00', 'local uid 0', 'RATES_IMPORTED', '', 'rate set ECB', '', '2 rates from 2025-01-01 to 2025-07-01, digest 514d37180b97e42fb4e4838687b3564b2e264bda03236ee66792b17fedd690bd', '', '7bf237c5d93dcd55', '7b8bf875a9d9a23d64d75b5b5049a37f3218b820c6d716fc1c74924431a77656');
INSERT INTO public.audit_entry VALUES ('default', 4, '2026-11-28 16:01:36.326897+00', 'local uid 0', 'OVERRIDE_SET', 'acme', 'the override of change order A-O1', '', '{"override":{"customer_id":"acme","revision":1,"change_order_id":"A-O1","modification_type":"IGNORED","levels":["CONTRACT"],"reason":"a migration, no sale"}}', 'a migration, no sale', '58dba862f5285093', '4a38e61bf373bceecdf4ae12a8a3afb763980d843e7c8c25559cda4176b1c4c8');
INSERT INTO public.audit_entry VALUES ('default', 5, '2026-11-28 16:01:36.637032+00', 'local uid 0', 'PERIOD_CLOSED', '', '2025-01', 'open', 'closed, digest 1a9673275a4e07a3dcb645461c1b8fcfcd173c0085e94f5e320858744f67ae61', 'agrees_with_the_bank', '22ca9459249809c3', '8ab77b2520d738c3ef54981bf8e6a66978ee8647dad6137b31138d2f1925f662');
INSERT INTO public.audit_entry VALUES ('default', 6, '2026-11-28 16:01:36.812771+00', 'local uid 0', 'PERIOD_CLOSED', '', '2025-02', 'open', 'closed, digest 4183dfebb90f1ddb7b3f94fed3389ae38950d174bbb595faf79f40b80f9ea635', '', 'cbd64ec068017df9', '3ab138beae71e1179c6a8e7a94cd46f5489bc1bc252899f7c72f02d5dbffb79f');
INSERT INTO public.audit_entry VALUES ('default', 7, '2026-11-28 16:01:37.030036+00', 'local uid 0', 'PERIOD_CLOSED', '', '2025-03', 'open', 'closed, digest 173920032673bdfbe4c6bb5b151b09824b87875cfed4e68bb25f80ea02376a76', '', 'd2e746320dc13bbb', 'e3f68fc32770908687eb6a6a70d4f7d06a96e94ae89a050cac3d881a188be82a');
INSERT INTO public.audit_entry VALUES ('default', 8, '2026-11-28 16:01:37.244981+00', 'local uid 0', 'PERIOD_REOPENED', '', '2025-03', 'closed', 'open', 'an_invoice_was_missing', '67cdb0fa13fee7c5', '95b4a28dac714e119fe3d852a74dbd9397fcb1c74dea8b036bf10667f06f39c8');
INSERT INTO public.audit_entry VALUES ('default', 9, '2026-11-28 16:01:37.43744+00', 'local uid 0', 'FACT_REVISED', 'umbrella', 'line U1', '{"subscription_line":{"line_id":"U1","subscription_id":"SU","customer_id":"umbrella","item_id":"seats","charge_kind":"RECURRING","currency":"USD","start_date":"2025-01-01","end_date":"2026-01-01","price_steps":[{"quantity":"5","unit_price":"80","interval":{"unit":"MONTH","count":1}}],"attributes":{"channel":"partner"}}}', '{"subscription_line":{"line_id":"U1","revision":1,"subscription_id":"SU","customer_id":"umbrella","item_id":"seats","charge_kind":"RECURRING","currency":"USD","start_date":"2025-01-01","end_date":"2026-01-01","price_steps":[{"quantity":"5","unit_price":"90","interval":{"unit":"MONTH","count":1}}],"attributes":{"channel":"partner"}}}', '', 'a3eecf9c1f9b1a7d', '5355a41ab170dcc78741d8e613b30d58a4ac4bfca6865d52ae28b8fb6ab3ba49');
INSERT INTO public.audit_entry VALUES ('default', 10, '2026-11-28 16:01:37.744015+00', 'local uid 0', 'CONFIGURATION_CHANGED', '', 'configuration of relay', '', 'events kept for 30 days; sink crm, webhook, settings f015d0a1359cace474d6f3a1321d1061ce76a4cb154115aeb6a71efc50d41b79; sink log, file, settings 1ffb3b32ba6d0001aa6c046c9fe037dd58911f3ffd44391f92ea6cd253eb68f4', '', 'ab8b7faa52014c14', '631988705342b75b0c44d85d5427c36652f48684f6e28684bbd27f0f570672db');
INSERT INTO public.audit_entry VALUES ('beta', 1, '2026-11-28 16:01:38.486105+00', 'local uid 0', 'TENANT_CREATED', '', 'beta', '', '', '', 'af7f1a981496c086', '8fb03713d1f2ce3bf8745a776d8c30522f3e5202cfe4d59b2e7664db23852816');
INSERT INTO public.audit_entry VALUES ('default', 11, '2026-11-28 16:01:38.679068+00', 'local uid 0', 'KEY_CREATED', '', '01a222e405771850a87ddc36', '', 'name report, role READER, expires never', '', '582b72b408a200ce', '76d4fda7ab4480d8b08ce12f6e150305995d2260ca6e9d1502e7cef9d4525af2');
INSERT INTO public.audit_head VALUES ('beta', 1, '8fb03713d1f2ce3bf8745a776d8c30522f3e5202cfe4d59b2e7664db23852816');
INSERT INTO public.audit_head VALUES ('default', 11, '76d4fda7ab4480d8b08ce12f6e150305995d2260ca6e9d1502e7cef9d4525af2');
INSERT INTO public.closing VALUES ('default', 1, '2025-01-01', true, '1a9673275a4e07a3dcb645461c1b8fcfcd173c0085e94f5e320858744f67ae61', '2026-11-28 16:01:36.637032+00', 'local uid 0', 'agrees_with_the_bank');
INSERT INTO public.closing VALUES ('default', 2, '2025-02-01', true, '4183dfebb90f1ddb7b3f94fed3389ae38950d174bbb595faf79f40b80f9ea635', '2026-11-28 16:01:36.812771+00', 'local uid 0', '');
INSERT INTO public.closing VALUES ('default', 3, '2025-03-01', true, '173920032673bdfbe4c6bb5b151b09824b87875cfed4e68bb25f80ea02376a76', '2026-11-28 16:01:37.030036+00', 'local uid 0', '');
INSERT INTO public.closing VALUES ('default', 4, '2025-03-01', false, NULL, '2026-11-28 16:01:37.244981+00', 'local uid 0', 'an_invoice_was_missing');
INSERT INTO public.customer VALUES ('default', 'globex', 2, 1, '2026-11-28 16:01:35.340512+00', '2026-11-28 16:01:35.564357+00', NULL, 1);
INSERT INTO public.customer VALUES ('default', 'initech', 2, 1, '2026-11-28 16:01:35.340512+00', '2026-11-28 16:01:35.564357+00', NULL, 1);
INSERT INTO public.customer VALUES ('default', 'acme', 4, 3, '2026-11-28 16:01:35.340905+00', '2026-11-28 16:01:37.437523+00', NULL, 5);
INSERT INTO public.customer VALUES ('default', 'umbrella', 3, 2, '2026-11-28 16:01:35.340512+00', '2026-11-28 16:01:37.43744+00', NULL, 5);
INSERT INTO public.customer_pair_total VALUES ('default', '2026-05-01', '2025-01-01', 'EUR', '0001-01-01', 0, 1);
INSERT INTO public.customer_pair_total VALUES ('default', '2026-03-01', '2025-01-01', 'USD', '0001-01-01', 1, 1);
INSERT INTO public.customer_pair_total VALUES ('default', '2026-05-01', '2025-01-01', 'EUR', '0001-01-01', 12, -1);
INSERT INTO public.customer_pair_total VALUES ('default', '2026-05-01', '2025-01-01', 'EUR', '2026-06-14', 12, 1);
INSERT INTO public.customer_total VALUES ('default', '2025-01-01', 'USD', '0001-01-01', 1, 1, 0);
INSERT INTO public.customer_total VALUES ('default', '2026-03-01', 'USD', '0001-01-01', 1, 0, 1);
INSERT INTO public.customer_total VALUES ('default', '2025-01-01', 'EUR', '0001-01-01', 0, 1, 0);
INSERT INTO public.customer_total VALUES ('default', '2025-01-01', 'USD', '0001-01-01', 0, 1, 0);
INSERT INTO public.customer_total VALUES ('default', '2025-02-01', 'USD', '0001-01-01', 0, 1, 0);
INSERT INTO public.customer_total VALUES ('default', '2026-05-01', 'EUR', '0001-01-01', 0, 0, 1);
INSERT INTO public.customer_total VALUES ('default', '2026-05-01', 'EUR', '0001-01-01', 12, 0, -1);
INSERT INTO public.customer_total VALUES ('default', '2026-05-01', 'EUR', '2026-06-14', 12, 0, 1);
INSERT INTO public.day_total VALUES ('default', 'CONTRACT', '2025-01-01', 'USD', 'NEW', 'NEW_CONTRACT', false, '0001-01-01', 0, 400, 0, 1);
INSERT INTO public.day_total VALUES ('default', 'CONTRACT', '2025-01-15', 'EUR', 'NEW', 'NEW_CONTRACT', false, '0001-01-01', 0, 90, 22500, 1);
INSERT INTO public.day_total VALUES ('default', 'CONTRACT', '2025-02-15', 'USD', 'NEW', 'NEW_CONTRACT', false, '0001-01-01', 0, 100, 0, 1);
INSERT INTO public.day_total VALUES ('default', 'CONTRACT', '2025-03-10', 'USD', 'NEW', 'NEW_CONTRACT', false, '0001-01-01', 0, 20, 0, 1);
INSERT INTO public.day_total VALUES ('default', 'CONTRACT', '2025-05-01', 'USD', 'IGNORED', 'IGNORED', false, '0001-01-01', 0, 0, 0, 1);
INSERT INTO public.day_total VALUES ('default', 'CONTRACT', '2025-07-01', 'USD', 'IGNORED', 'IGNORED', false, '0001-01-01', 0, 0, 0, 1);
INSERT INTO public.day_total VALUES ('default', 'CONTRACT', '2026-01-01', 'USD', 'UPSELL', 'QUANTITY_INCREASE', false, '0001-01-01', 0, 80, 0, 1);
INSERT INTO public.day_total VALUES ('default', 'CONTRACT', '2026-01-01', 'USD', 'RENEWAL', 'RENEWAL', false, '0001-01-01', 0, 0, 0, 1);
INSERT INTO public.day_total VALUES ('default', 'CONTRACT', '2026-01-15', 'EUR', 'UPSELL', 'PRICE_INCREASE', false, '0001-01-01', 0, 7, 477500, 1);
INSERT INTO public.day_total VALUES ('default', 'CONTRACT', '2026-01-15', 'EUR', 'RENEWAL', 'RENEWAL', false, '0001-01-01', 0, 0, 0, 1);
INSERT INTO public.day_total VALUES ('default', 'CONTRACT', '2026-05-15', 'EUR', 'CHURN', 'CONTRACT_CHURN', false, '0001-01-01', 0, -97, -500000, 1);
INSERT INTO public.day_total VALUES ('default', 'CUSTOMER', '2025-01-01', 'USD', 'NEW', 'NEW_CUSTOMER', false, '0001-01-01', 0, 400, 0, 1);
INSERT INTO public.day_total VALUES ('default', 'CUSTOMER', '2025-01-15', 'EUR', 'NEW', 'NEW_CUSTOMER', false, '0001-01-01', 0, 90, 22500, 1);
INSERT INTO public.day_total VALUES ('default', 'CUSTOMER', '2025-02-15', 'USD', 'NEW', 'NEW_CUSTOMER', false, '0001-01-01', 0, 100, 0, 1);
INSERT INTO public.day_total VALUES ('default', 'CUSTOMER', '2025-03-10', 'USD', 'UPSELL', 'ADD_ON', false, '0001-01-01', 0, 20, 0, 1);
INSERT INTO public.day_total VALUES ('default', 'CUSTOMER', '2025-05-01', 'USD', 'IGNORED', 'IGNORED', false, '0001-01-01', 0, 0, 0, 1);
INSERT INTO public.day_total VALUES ('default', 'CUSTOMER', '2025-07-01', 'USD', 'IGNORED', 'IGNORED', false, '0001-01-01', 0, 0, 0, 1);
INSERT INTO public.day_total VALUES ('default', 'CUSTOMER', '2026-01-01', 'USD', 'UPSELL', 'QUANTITY_INCREASE', false, '0001-01-01', 0, 80, 0, 1);
INSERT INTO public.day_total VALUES ('default', 'CUSTOMER', '2026-01-01', 'USD', 'RENEWAL', 'RENEWAL', false, '0001-01-01', 0, 0, 0, 1);
INSERT INTO public.day_total VALUES ('default', 'CUSTOMER', '2026-01-15', 'EUR', 'UPSELL', 'PRICE_INCREASE', false, '0001-01-01', 0, 7, 477500, 1);
INSERT INTO public.day_total VALUES ('default', 'CUSTOMER', '2026-01-15', 'EUR', 'RENEWAL', 'RENEWAL', false, '0001-01-01', 0, 0, 0, 1);
INSERT INTO public.day_total VALUES ('default', 'CUSTOMER', '2026-05-15', 'EUR', 'CHURN', 'CUSTOMER_CHURN', false, '0001-01-01', 0, -97, -500000, 1);
INSERT INTO public.day_total VALUES ('default', 'CONTRACT', '2025-01-01', 'USD', 'NEW', 'NEW_CONTRACT', false, '0001-01-01', 1, 1000, 0, 1);
INSERT INTO public.day_total VALUES ('default', 'CONTRACT', '2025-04-01', 'USD', 'UPSELL', 'QUANTITY_INCREASE', false, '0001-01-01', 1, 200, 0, 1);
INSERT INTO public.day_total VALUES ('default', 'CONTRACT', '2025-09-01', 'USD', 'UPSELL', 'PRICE_INCREASE', false, '0001-01-01', 1, 123, 0, 1);
INSERT INTO public.day_total VALUES ('default', 'CONTRACT', '2026-03-01', 'USD', 'CHURN', 'CONTRACT_CHURN', false, '0001-01-01', 1, -1323, 0, 1);
INSERT INTO public.day_total VALUES ('default', 'CUSTOMER', '2025-01-01', 'USD', 'NEW', 'NEW_CUSTOMER', false, '0001-01-01', 1, 1000, 0, 1);
INSERT INTO public.day_total VALUES ('default', 'CUSTOMER', '2025-04-01', 'USD', 'UPSELL', 'QUANTITY_INCREASE', false, '0001-01-01', 1, 200, 0, 1);
INSERT INTO public.day_total VALUES ('default', 'CUSTOMER', '2025-09-01', 'USD', 'UPSELL', 'PRICE_INCREASE', false, '0001-01-01', 1, 123, 0, 1);
INSERT INTO public.day_total VALUES ('default', 'CUSTOMER', '2026-03-01', 'USD', 'CHURN', 'CUSTOMER_CHURN', false, '0001-01-01', 1, -1323, 0, 1);
INSERT INTO public.day_total VALUES ('default', 'CONTRACT', '2026-05-15', 'EUR', 'CHURN', 'CONTRACT_CHURN', false, '0001-01-01', 12, 97, 500000, -1);
INSERT INTO public.day_total VALUES ('default', 'CONTRACT', '2026-05-15', 'EUR', 'CHURN', 'CONTRACT_CHURN', false, '2026-06-14', 12, -97, -500000, 1);
INSERT INTO public.day_total VALUES ('default', 'CUSTOMER', '2026-05-15', 'EUR', 'CHURN', 'CUSTOMER_CHURN', false, '0001-01-01', 12, 97, 500000, -1);
INSERT INTO public.day_total VALUES ('default', 'CUSTOMER', '2026-05-15', 'EUR', 'CHURN', 'CUSTOMER_CHURN', false, '2026-06-14', 12, -97, -500000, 1);
INSERT INTO public.day_total VALUES ('default', 'CONTRACT', '2025-04-01', 'USD', 'UPSELL', 'QUANTITY_INCREASE', false, '0001-01-01', 15, -200, 0, -1);
INSERT INTO public.day_total VALUES ('default', 'CONTRACT', '2025-04-01', 'USD', 'IGNORED', 'IGNORED', false, '0001-01-01', 15, 200, 0, 1);
INSERT INTO public.day_total VALUES ('default', 'CUSTOMER', '2025-04-01', 'USD', 'UPSELL', 'QUANTITY_INCREASE', false, '0001-01-01', 15, -200, 0, -1);
INSERT INTO public.day_total VALUES ('default', 'CUSTOMER', '2025-04-01', 'USD', 'IGNORED', 'IGNORED', false, '0001-01-01', 15, 200, 0, 1);
INSERT INTO public.day_total VALUES ('default', 'CONTRACT', '2025-03-01', 'USD', 'UPSELL', 'QUANTITY_INCREASE', true, '0001-01-01', 13, 100, 0, 1);
INSERT INTO public.day_total VALUES ('default', 'CONTRACT', '2025-04-01', 'USD', 'IGNORED', 'IGNORED', false, '0001-01-01', 13, -100, 0, 0);
INSERT INTO public.day_total VALUES ('default', 'CUSTOMER', '2025-03-01', 'USD', 'UPSELL', 'QUANTITY_INCREASE', true, '0001-01-01', 13, 100, 0, 1);
INSERT INTO public.day_total VALUES ('default', 'CUSTOMER', '2025-04-01', 'USD', 'IGNORED', 'IGNORED', false, '0001-01-01', 13, -100, 0, 0);
INSERT INTO public.day_total VALUES ('default', 'CONTRACT', '2025-03-01', 'USD', 'NEW', 'NEW_CONTRACT', true, '0001-01-01', 12, 50, 0, 0);
INSERT INTO public.day_total VALUES ('default', 'CONTRACT', '2026-01-01', 'USD', 'UPSELL', 'QUANTITY_INCREASE', false, '0001-01-01', 12, -50, 0, 0);
INSERT INTO public.day_total VALUES ('default', 'CUSTOMER', '2025-03-01', 'USD', 'NEW', 'NEW_CUSTOMER', true, '0001-01-01', 12, 50, 0, 0);
INSERT INTO public.day_total VALUES ('default', 'CUSTOMER', '2026-01-01', 'USD', 'UPSELL', 'QUANTITY_INCREASE', false, '0001-01-01', 12, -50, 0, 0);
INSERT INTO public.delivery VALUES ('default', 'crm', 'acme', 3, false, 1, '2026-11-28 16:01:38.142716+00', '2026-11-28 16:01:39.106239+00', 'no connection: Connection refused (os error 111)');
INSERT INTO public.delivery VALUES ('default', 'crm', 'acme', 4, false, 0, NULL, '2026-11-28 16:01:38.068256+00', '');
INSERT INTO public.delivery VALUES ('default', 'crm', 'acme', 5, false, 0, NULL, '2026-11-28 16:01:38.068256+00', '');
INSERT INTO public.delivery VALUES ('default', 'crm', 'acme', 6, false, 0, NULL, '2026-11-28 16:01:38.068256+00', '');
INSERT INTO public.delivery VALUES ('default', 'crm', 'acme', 7, false, 0, NULL, '2026-11-28 16:01:38.068256+00', '');
INSERT INTO public.delivery VALUES ('default', 'crm', 'globex', 10, false, 1, '2026-11-28 16:01:38.142716+00', '2026-11-28 16:01:38.937798+00', 'no connection: Connection refused (os error 111)');
INSERT INTO public.delivery VALUES ('default', 'crm', 'globex', 11, false, 0, NULL, '2026-11-28 16:01:38.068256+00', '');
INSERT INTO public.delivery VALUES ('default', 'crm', 'initech', 13, false, 1, '2026-11-28 16:01:38.142716+00', '2026-11-28 16:01:38.901325+00', 'no connection: Connection refused (os error 111)');
INSERT INTO public.delivery VALUES ('default', 'crm', 'initech', 14, false, 0, NULL, '2026-11-28 16:01:38.068256+00', '');
INSERT INTO public.delivery VALUES ('default', 'crm', 'initech', 16, false, 0, NULL, '2026-11-28 16:01:38.068256+00', '');
INSERT INTO public.delivery VALUES ('default', 'crm', 'umbrella', 19, false, 1, '2026-11-28 16:01:38.142716+00', '2026-11-28 16:01:39.078377+00', 'no connection: Connection refused (os error 111)');
INSERT INTO public.delivery VALUES ('default', 'crm', 'acme', 20, false, 0, NULL, '2026-11-28 16:01:38.068256+00', '');
INSERT INTO public.entry VALUES ('default', 'acme', 1, 1, '2026-11-28 16:01:35.340905+00', '2025-01-01', '2025-01-01', NULL, 'CONTRACT', 'NEW', 'NEW_CONTRACT', 'SA', 'A1', 'seats', 'USD', 1000000000, 0, 1000000000, '0', '10', NULL, NULL, NULL, '[{"line_start": "A1"}]', '[2, 3, 6, 7, 8]', NULL);
INSERT INTO public.entry VALUES ('default', 'acme', 2, 1, '2026-11-28 16:01:35.340905+00', '2025-01-01', '2025-01-01', NULL, 'CUSTOMER', 'NEW', 'NEW_CUSTOMER', NULL, NULL, 'seats', 'USD', 1000000000, 0, 1000000000, '0', '10', NULL, NULL, NULL, '[{"line_start": "A1"}]', '[2, 3, 6, 7, 8]', NULL);
INSERT INTO public.entry VALUES ('default', 'acme', 3, 1, '2026-11-28 16:01:35.340905+00', '2025-04-01', '2025-04-01', NULL, 'CONTRACT', 'UPSELL', 'QUANTITY_INCREASE', 'SA', 'A1', 'seats', 'USD', 200000000, 1000000000, 1200000000, '10', '12', 200000000, 0, NULL, '[{"change_order": "A-O1"}]', '[2, 4, 7, 8, 12]', NULL);
INSERT INTO public.entry VALUES ('default', 'acme', 4, 1, '2026-11-28 16:01:35.340905+00', '2025-04-01', '2025-04-01', NULL, 'CUSTOMER', 'UPSELL', 'QUANTITY_INCREASE', NULL, NULL, 'seats', 'USD', 200000000, 1000000000, 1200000000, '10', '12', 200000000, 0, NULL, '[{"change_order": "A-O1"}]', '[2, 4, 7, 8, 12]', NULL);
INSERT INTO public.entry VALUES ('default', 'acme', 5, 1, '2026-11-28 16:01:35.340905+00', '2025-09-01', '2025-09-01', NULL, 'CONTRACT', 'UPSELL', 'PRICE_INCREASE', 'SA', 'A1', 'seats', 'USD', 123000000, 1200000000, 1323000000, '12', '12', 0, 123000000, NULL, '[{"price_step": ["A1", "2025-09-01"]}]', '[2, 4, 7, 8, 12]', NULL);
INSERT INTO public.entry VALUES ('default', 'acme', 6, 1, '2026-11-28 16:01:35.340905+00', '2025-09-01', '2025-09-01', NULL, 'CUSTOMER', 'UPSELL', 'PRICE_INCREASE', NULL, NULL, 'seats', 'USD', 123000000, 1200000000, 1323000000, '12', '12', 0, 123000000, NULL, '[{"price_step": ["A1", "2025-09-01"]}]', '[2, 4, 7, 8, 12]', NULL);
INSERT INTO public.entry VALUES ('default', 'acme', 7, 1, '2026-11-28 16:01:35.340905+00', '2026-03-01', '2026-03-01', NULL, 'CONTRACT', 'CHURN', 'CONTRACT_CHURN', 'SA', 'A1', 'seats', 'USD', -1323000000, 1323000000, 0, '12', '0', NULL, NULL, NULL, '[{"change_order": "A-O2"}]', '[2, 3, 7, 8]', NULL);
INSERT INTO public.entry VALUES ('default', 'acme', 8, 1, '2026-11-28 16:01:35.340905+00', '2026-03-01', '2026-03-01', NULL, 'CUSTOMER', 'CHURN', 'CUSTOMER_CHURN', NULL, NULL, 'seats', 'USD', -1323000000, 1323000000, 0, '12', '0', NULL, NULL, NULL, '[{"change_order": "A-O2"}]', '[2, 3, 7, 8]', NULL);
INSERT INTO public.entry VALUES ('default', 'globex', 9, 1, '2026-11-28 16:01:35.340512+00', '2025-01-15', '2025-01-15', NULL, 'CONTRACT', 'NEW', 'NEW_CONTRACT', 'SG', 'G1', 'basic', 'EUR', 90022500, 0, 90022500, '0', '1', NULL, NULL, NULL, '[{"line_start": "G1"}]', '[2, 3, 6, 7, 8]', NULL);
INSERT INTO public.entry VALUES ('default', 'globex', 10, 1, '2026-11-28 16:01:35.340512+00', '2025-01-15', '2025-01-15', NULL, 'CUSTOMER', 'NEW', 'NEW_CUSTOMER', NULL, NULL, 'basic', 'EUR', 90022500, 0, 90022500, '0', '1', NULL, NULL, NULL, '[{"line_start": "G1"}]', '[2, 3, 6, 7, 8]', NULL);
INSERT INTO public.entry VALUES ('default', 'globex', 11, 1, '2026-11-28 16:01:35.340512+00', '2026-01-15', '2026-01-15', NULL, 'CONTRACT', 'UPSELL', 'PRICE_INCREASE', 'SG', 'G1', 'basic', 'EUR', 7477500, 90022500, 97500000, '1', '1', 0, 7477500, NULL, '[{"change_order": "G-O1"}]', '[2, 7, 8, 9, 12]', NULL);
INSERT INTO public.entry VALUES ('default', 'globex', 12, 1, '2026-11-28 16:01:35.340512+00', '2026-01-15', '2026-01-15', NULL, 'CONTRACT', 'RENEWAL', 'RENEWAL', 'SG', 'G1', 'basic', 'EUR', 0, 90022500, 90022500, '1', '1', NULL, NULL, 90022500, '[{"change_order": "G-O1"}]', '[9]', NULL);
INSERT INTO public.entry VALUES ('default', 'globex', 13, 1, '2026-11-28 16:01:35.340512+00', '2026-01-15', '2026-01-15', NULL, 'CUSTOMER', 'UPSELL', 'PRICE_INCREASE', NULL, NULL, 'basic', 'EUR', 7477500, 90022500, 97500000, '1', '1', 0, 7477500, NULL, '[{"change_order": "G-O1"}]', '[2, 7, 8, 9, 12]', NULL);
INSERT INTO public.entry VALUES ('default', 'globex', 14, 1, '2026-11-28 16:01:35.340512+00', '2026-01-15', '2026-01-15', NULL, 'CUSTOMER', 'RENEWAL', 'RENEWAL', NULL, NULL, 'basic', 'EUR', 0, 90022500, 90022500, '1', '1', NULL, NULL, 90022500, '[{"change_order": "G-O1"}]', '[9]', NULL);
INSERT INTO public.entry VALUES ('default', 'globex', 15, 1, '2026-11-28 16:01:35.340512+00', '2026-05-15', '2026-05-15', NULL, 'CONTRACT', 'CHURN', 'CONTRACT_CHURN', 'SG', 'G1', 'basic', 'EUR', -97500000, 97500000, 0, '1', '0', NULL, NULL, NULL, '[{"natural_end": "G1"}]', '[2, 7, 8, 11]', NULL);
INSERT INTO public.entry VALUES ('default', 'globex', 16, 1, '2026-11-28 16:01:35.340512+00', '2026-05-15', '2026-05-15', NULL, 'CUSTOMER', 'CHURN', 'CUSTOMER_CHURN', NULL, NULL, 'basic', 'EUR', -97500000, 97500000, 0, '1', '0', NULL, NULL, NULL, '[{"natural_end": "G1"}]', '[2, 7, 8, 11]', NULL);
INSERT INTO public.entry VALUES ('default', 'initech', 17, 1, '2026-11-28 16:01:35.340512+00', '2025-02-15', '2025-02-15', NULL, 'CONTRACT', 'NEW', 'NEW_CONTRACT', 'SI', 'I1', 'pro', 'USD', 100000000, 0, 100000000, '0', '3', NULL, NULL, NULL, '[{"trial_end": "I1"}]', '[2, 5, 6, 7, 8]', NULL);
INSERT INTO public.entry VALUES ('default', 'initech', 18, 1, '2026-11-28 16:01:35.340512+00', '2025-02-15', '2025-02-15', NULL, 'CUSTOMER', 'NEW', 'NEW_CUSTOMER', NULL, NULL, 'pro', 'USD', 100000000, 0, 100000000, '0', '3', NULL, NULL, NULL, '[{"trial_end": "I1"}]', '[2, 5, 6, 7, 8]', NULL);
INSERT INTO public.entry VALUES ('default', 'initech', 19, 1, '2026-11-28 16:01:35.340512+00', '2025-03-10', '2025-03-10', NULL, 'CONTRACT', 'NEW', 'NEW_CONTRACT', 'SI2', 'I2', 'support', 'USD', 20000000, 0, 20000000, '0', '1', NULL, NULL, NULL, '[{"change_order": "I-O3"}]', '[2, 3, 6, 7, 8]', NULL);
INSERT INTO public.entry VALUES ('default', 'initech', 20, 1, '2026-11-28 16:01:35.340512+00', '2025-03-10', '2025-03-10', NULL, 'CUSTOMER', 'UPSELL', 'ADD_ON', NULL, NULL, 'support', 'USD', 20000000, 0, 20000000, '0', '1', NULL, NULL, NULL, '[{"change_order": "I-O3"}]', '[2, 3, 6, 7, 8]', NULL);
INSERT INTO public.entry VALUES ('default', 'initech', 21, 1, '2026-11-28 16:01:35.340512+00', '2025-05-01', '2025-05-01', NULL, 'CONTRACT', 'IGNORED', 'IGNORED', 'SI', 'I1', 'pro', 'USD', 0, 100000000, 100000000, '3', '3', NULL, NULL, NULL, '[{"change_order": "I-O1"}]', '[10]', NULL);
INSERT INTO public.entry VALUES ('default', 'initech', 22, 1, '2026-11-28 16:01:35.340512+00', '2025-05-01', '2025-05-01', NULL, 'CUSTOMER', 'IGNORED', 'IGNORED', NULL, NULL, 'pro', 'USD', 0, 100000000, 100000000, '3', '3', NULL, NULL, NULL, '[{"change_order": "I-O1"}]', '[10]', NULL);
INSERT INTO public.entry VALUES ('default', 'initech', 23, 1, '2026-11-28 16:01:35.340512+00', '2025-07-01', '2025-07-01', NULL, 'CONTRACT', 'IGNORED', 'IGNORED', 'SI', 'I1', 'pro', 'USD', 0, 100000000, 100000000, '3', '3', NULL, NULL, NULL, '[{"change_order": "I-O2"}]', '[10]', NULL);
INSERT INTO public.entry VALUES ('default', 'initech', 24, 1, '2026-11-28 16:01:35.340512+00', '2025-07-01', '2025-07-01', NULL, 'CUSTOMER', 'IGNORED', 'IGNORED', NULL, NULL, 'pro', 'USD', 0, 100000000, 100000000, '3', '3', NULL, NULL, NULL, '[{"change_order": "I-O2"}]', '[10]', NULL);
INSERT INTO public.entry VALUES ('default', 'umbrella', 25, 1, '2026-11-28 16:01:35.340512+00', '2025-01-01', '2025-01-01', NULL, 'CONTRACT', 'NEW', 'NEW_CONTRACT', 'SU', 'U1', 'seats', 'USD', 400000000, 0, 400000000, '0', '5', NULL, NULL, NULL, '[{"line_start": "U1"}]', '[2, 3, 6, 7, 8]', NULL);
INSERT INTO public.entry VALUES ('default', 'umbrella', 26, 1, '2026-11-28 16:01:35.340512+00', '2025-01-01', '2025-01-01', NULL, 'CUSTOMER', 'NEW', 'NEW_CUSTOMER', NULL, NULL, 'seats', 'USD', 400000000, 0, 400000000, '0', '5', NULL, NULL, NULL, '[{"line_start": "U1"}]', '[2, 3, 6, 7, 8]', NULL);
INSERT INTO public.entry VALUES ('default', 'umbrella', 27, 1, '2026-11-28 16:01:35.340512+00', '2026-01-01', '2026-01-01', NULL, 'CONTRACT', 'UPSELL', 'QUANTITY_INCREASE', 'SU2', NULL, 'seats', 'USD', 80000000, 400000000, 480000000, '5', '6', 80000000, 0, NULL, '[{"line_start": "U2"}, {"renewal_link": ["U1", "SU2"]}]', '[2, 3, 6, 7, 8, 9, 12]', NULL);
INSERT INTO public.entry VALUES ('default', 'umbrella', 28, 1, '2026-11-28 16:01:35.340512+00', '2026-01-01', '2026-01-01', NULL, 'CONTRACT', 'RENEWAL', 'RENEWAL', 'SU2', NULL, 'seats', 'USD', 0, 400000000, 400000000, '5', '5', NULL, NULL, 400000000, '[{"line_start": "U2"}, {"renewal_link": ["U1", "SU2"]}]', '[9]', NULL);
INSERT INTO public.entry VALUES ('default', 'umbrella', 29, 1, '2026-11-28 16:01:35.340512+00', '2026-01-01', '2026-01-01', NULL, 'CUSTOMER', 'UPSELL', 'QUANTITY_INCREASE', NULL, NULL, 'seats', 'USD', 80000000, 400000000, 480000000, '5', '6', 80000000, 0, NULL, '[{"line_start": "U2"}, {"renewal_link": ["U1", "SU2"]}]', '[2, 3, 6, 7, 8, 9, 12]', NULL);
INSERT INTO public.entry VALUES ('default', 'umbrella', 30, 1, '2026-11-28 16:01:35.340512+00', '2026-01-01', '2026-01-01', NULL, 'CUSTOMER', 'RENEWAL', 'RENEWAL', NULL, NULL, 'seats', 'USD', 0, 400000000, 400000000, '5', '5', NULL, NULL, 400000000, '[{"line_start": "U2"}, {"renewal_link": ["U1", "SU2"]}]', '[9]', NULL);
INSERT INTO public.entry VALUES ('default', 'globex', 31, 2, '2026-11-28 16:01:35.564357+00', '2026-05-15', '2026-05-15', 15, 'CONTRACT', 'CHURN', 'CONTRACT_CHURN', 'SG', 'G1', 'basic', 'EUR', 97500000, 0, 97500000, '0', '1', NULL, NULL, NULL, '[{"natural_end": "G1"}]', '[2, 7, 8, 11]', NULL);
INSERT INTO public.entry VALUES ('default', 'globex', 32, 2, '2026-11-28 16:01:35.564357+00', '2026-05-15', '2026-05-15', 16, 'CUSTOMER', 'CHURN', 'CUSTOMER_CHURN', NULL, NULL, 'basic', 'EUR', 97500000, 0, 97500000, '0', '1', NULL, NULL, NULL, '[{"natural_end": "G1"}]', '[2, 7, 8, 11]', NULL);
INSERT INTO public.entry VALUES ('default', 'globex', 33, 2, '2026-11-28 16:01:35.564357+00', '2026-05-15', '2026-05-15', NULL, 'CONTRACT', 'CHURN', 'CONTRACT_CHURN', 'SG', 'G1', 'basic', 'EUR', -97500000, 97500000, 0, '1', '0', NULL, NULL, NULL, '[{"natural_end": "G1"}]', '[2, 7, 8, 11]', '2026-06-14');
INSERT INTO public.entry VALUES ('default', 'globex', 34, 2, '2026-11-28 16:01:35.564357+00', '2026-05-15', '2026-05-15', NULL, 'CUSTOMER', 'CHURN', 'CUSTOMER_CHURN', NULL, NULL, 'basic', 'EUR', -97500000, 97500000, 0, '1', '0', NULL, NULL, NULL, '[{"natural_end": "G1"}]', '[2, 7, 8, 11]', '2026-06-14');
INSERT INTO public.entry VALUES ('default', 'acme', 35, 3, '2026-11-28 16:01:36.326897+00', '2025-04-01', '2025-04-01', 3, 'CONTRACT', 'UPSELL', 'QUANTITY_INCREASE', 'SA', 'A1', 'seats', 'USD', -200000000, 1200000000, 1000000000, '12', '10', -200000000, 0, NULL, '[{"change_order": "A-O1"}]', '[2, 4, 7, 8, 12]', NULL);
INSERT INTO public.entry VALUES ('default', 'acme', 36, 3, '2026-11-28 16:01:36.326897+00', '2025-04-01', '2025-04-01', 4, 'CUSTOMER', 'UPSELL', 'QUANTITY_INCREASE', NULL, NULL, 'seats', 'USD', -200000000, 1200000000, 1000000000, '12', '10', -200000000, 0, NULL, '[{"change_order": "A-O1"}]', '[2, 4, 7, 8, 12]', NULL);
INSERT INTO public.entry VALUES ('default', 'acme', 37, 3, '2026-11-28 16:01:36.326897+00', '2025-04-01', '2025-04-01', NULL, 'CONTRACT', 'IGNORED', 'IGNORED', 'SA', 'A1', 'seats', 'USD', 200000000, 1000000000, 1200000000, '10', '12', 200000000, 0, NULL, '[{"change_order": "A-O1"}]', '[2, 4, 7, 8, 12, 13]', NULL);
INSERT INTO public.entry VALUES ('default', 'acme', 38, 3, '2026-11-28 16:01:36.326897+00', '2025-04-01', '2025-04-01', NULL, 'CUSTOMER', 'IGNORED', 'IGNORED', NULL, NULL, 'seats', 'USD', 200000000, 1000000000, 1200000000, '10', '12', 200000000, 0, NULL, '[{"change_order": "A-O1"}]', '[2, 4, 7, 8, 12, 13]', NULL);
INSERT INTO public.entry VALUES ('default', 'acme', 39, 4, '2026-11-28 16:01:37.437523+00', '2025-04-01', '2025-04-01', 37, 'CONTRACT', 'IGNORED', 'IGNORED', 'SA', 'A1', 'seats', 'USD', -200000000, 1200000000, 1000000000, '12', '10', -200000000, 0, NULL, '[{"change_order": "A-O1"}]', '[2, 4, 7, 8, 12, 13]', NULL);
INSERT INTO public.entry VALUES ('default', 'acme', 40, 4, '2026-11-28 16:01:37.437523+00', '2025-04-01', '2025-04-01', 38, 'CUSTOMER', 'IGNORED', 'IGNORED', NULL, NULL, 'seats', 'USD', -200000000, 1200000000, 1000000000, '12', '10', -200000000, 0, NULL, '[{"change_order": "A-O1"}]', '[2, 4, 7, 8, 12, 13]', NULL);
INSERT INTO public.entry VALUES ('default', 'acme', 41, 4, '2026-11-28 16:01:37.437523+00', '2025-03-01', '2025-02-01', NULL, 'CONTRACT', 'UPSELL', 'QUANTITY_INCREASE', 'SA', 'A1', 'seats', 'USD', 100000000, 1000000000, 1100000000, '10', '11', 100000000, 0, NULL, '[{"change_order": "A-O3"}]', '[2, 4, 7, 8, 12]', NULL);
INSERT INTO public.entry VALUES ('default', 'acme', 42, 4, '2026-11-28 16:01:37.437523+00', '2025-03-01', '2025-02-01', NULL, 'CUSTOMER', 'UPSELL', 'QUANTITY_INCREASE', NULL, NULL, 'seats', 'USD', 100000000, 1000000000, 1100000000, '10', '11', 100000000, 0, NULL, '[{"change_order": "A-O3"}]', '[2, 4, 7, 8, 12]', NULL);
INSERT INTO public.entry VALUES ('default', 'acme', 43, 4, '2026-11-28 16:01:37.437523+00', '2025-04-01', '2025-04-01', NULL, 'CONTRACT', 'IGNORED', 'IGNORED', 'SA', 'A1', 'seats', 'USD', 100000000, 1100000000, 1200000000, '11', '12', 100000000, 0, NULL, '[{"change_order": "A-O1"}]', '[2, 4, 7, 8, 12, 13]', NULL);
INSERT INTO public.entry VALUES ('default', 'acme', 44, 4, '2026-11-28 16:01:37.437523+00', '2025-04-01', '2025-04-01', NULL, 'CUSTOMER', 'IGNORED', 'IGNORED', NULL, NULL, 'seats', 'USD', 100000000, 1100000000, 1200000000, '11', '12', 100000000, 0, NULL, '[{"change_order": "A-O1"}]', '[2, 4, 7, 8, 12, 13]', NULL);
INSERT INTO public.entry VALUES ('default', 'umbrella', 45, 3, '2026-11-28 16:01:37.43744+00', '2025-03-01', '2025-01-01', 25, 'CONTRACT', 'NEW', 'NEW_CONTRACT', 'SU', 'U1', 'seats', 'USD', -400000000, 400000000, 0, '5', '0', NULL, NULL, NULL, '[{"line_start": "U1"}]', '[2, 3, 6, 7, 8]', NULL);
INSERT INTO public.entry VALUES ('default', 'umbrella', 46, 3, '2026-11-28 16:01:37.43744+00', '2025-03-01', '2025-01-01', 26, 'CUSTOMER', 'NEW', 'NEW_CUSTOMER', NULL, NULL, 'seats', 'USD', -400000000, 400000000, 0, '5', '0', NULL, NULL, NULL, '[{"line_start": "U1"}]', '[2, 3, 6, 7, 8]', NULL);
INSERT INTO public.entry VALUES ('default', 'umbrella', 47, 3, '2026-11-28 16:01:37.43744+00', '2026-01-01', '2026-01-01', 27, 'CONTRACT', 'UPSELL', 'QUANTITY_INCREASE', 'SU2', NULL, 'seats', 'USD', -80000000, 480000000, 400000000, '6', '5', -80000000, 0, NULL, '[{"line_start": "U2"}, {"renewal_link": ["U1", "SU2"]}]', '[2, 3, 6, 7, 8, 9, 12]', NULL);
INSERT INTO public.entry VALUES ('default', 'umbrella', 48, 3, '2026-11-28 16:01:37.43744+00', '2026-01-01', '2026-01-01', 28, 'CONTRACT', 'RENEWAL', 'RENEWAL', 'SU2', NULL, 'seats', 'USD', 0, 400000000, 400000000, '5', '5', NULL, NULL, -400000000, '[{"line_start": "U2"}, {"renewal_link": ["U1", "SU2"]}]', '[9]', NULL);
INSERT INTO public.entry VALUES ('default', 'umbrella', 49, 3, '2026-11-28 16:01:37.43744+00', '2026-01-01', '2026-01-01', 29, 'CUSTOMER', 'UPSELL', 'QUANTITY_INCREASE', NULL, NULL, 'seats', 'USD', -80000000, 480000000, 400000000, '6', '5', -80000000, 0, NULL, '[{"line_start": "U2"}, {"renewal_link": ["U1", "SU2"]}]', '[2, 3, 6, 7, 8, 9, 12]', NULL);
INSERT INTO public.entry VALUES ('default', 'umbrella', 50, 3, '2026-11-28 16:01:37.43744+00', '2026-01-01', '2026-01-01', 30, 'CUSTOMER', 'RENEWAL', 'RENEWAL', NULL, NULL, 'seats', 'USD', 0, 400000000, 400000000, '5', '5', NULL, NULL, -400000000, '[{"line_start": "U2"}, {"renewal_link": ["U1", "SU2"]}]', '[9]', NULL);
INSERT INTO public.entry VALUES ('default', 'umbrella', 51, 3, '2026-11-28 16:01:37.43744+00', '2025-03-01', '2025-01-01', NULL, 'CONTRACT', 'NEW', 'NEW_CONTRACT', 'SU', 'U1', 'seats', 'USD', 450000000, 0, 450000000, '0', '5', NULL, NULL, NULL, '[{"line_start": "U1"}]', '[2, 3, 6, 7, 8]', NULL);
INSERT INTO public.entry VALUES ('default', 'umbrella', 52, 3, '2026-11-28 16:01:37.43744+00', '2025-03-01', '2025-01-01', NULL, 'CUSTOMER', 'NEW', 'NEW_CUSTOMER', NULL, NULL, 'seats', 'USD', 450000000, 0, 450000000, '0', '5', NULL, NULL, NULL, '[{"line_start": "U1"}]', '[2, 3, 6, 7, 8]', NULL);
INSERT INTO public.entry VALUES ('default', 'umbrella', 53, 3, '2026-11-28 16:01:37.43744+00', '2026-01-01', '2026-01-01', NULL, 'CONTRACT', 'UPSELL', 'QUANTITY_INCREASE', 'SU2', NULL, 'seats', 'USD', 30000000, 450000000, 480000000, '5', '6', 90000000, -60000000, NULL, '[{"line_start": "U2"}, {"renewal_link": ["U1", "SU2"]}]', '[2, 3, 6, 7, 8, 9, 12]', NULL);
INSERT INTO public.entry VALUES ('default', 'umbrella', 54, 3, '2026-11-28 16:01:37.43744+00', '2026-01-01', '2026-01-01', NULL, 'CONTRACT', 'RENEWAL', 'RENEWAL', 'SU2', NULL, 'seats', 'USD', 0, 450000000, 450000000, '5', '5', NULL, NULL, 450000000, '[{"line_start": "U2"}, {"renewal_link": ["U1", "SU2"]}]', '[9]', NULL);
INSERT INTO public.entry VALUES ('default', 'umbrella', 55, 3, '2026-11-28 16:01:37.43744+00', '2026-01-01', '2026-01-01', NULL, 'CUSTOMER', 'UPSELL', 'QUANTITY_INCREASE', NULL, NULL, 'seats', 'USD', 30000000, 450000000, 480000000, '5', '6', 90000000, -60000000, NULL, '[{"line_start": "U2"}, {"renewal_link": ["U1", "SU2"]}]', '[2, 3, 6, 7, 8, 9, 12]', NULL);
INSERT INTO public.entry VALUES ('default', 'umbrella', 56, 3, '2026-11-28 16:01:37.43744+00', '2026-01-01', '2026-01-01', NULL, 'CUSTOMER', 'RENEWAL', 'RENEWAL', NULL, NULL, 'seats', 'USD', 0, 450000000, 450000000, '5', '5', NULL, NULL, 450000000, '[{"line_start": "U2"}, {"renewal_link": ["U1", "SU2"]}]', '[9]', NULL);
INSERT INTO public.exchange_rate VALUES ('default', 'ECB', 'EUR', 'USD', '2025-01-01', '1.04', '2026-11-28 16:01:35.794495+00');
INSERT INTO public.exchange_rate VALUES ('default', 'ECB', 'EUR', 'USD', '2025-07-01', '1.18', '2026-11-28 16:01:35.794495+00');
INSERT INTO public.fact VALUES ('default', 'acme', 'CUSTOMER', '', 0, '{"customer": {"name": "Acme Ltd", "identity": "ann@acme.example", "attributes": {"segment": "small"}, "customer_id": "acme"}}', 1, '2026-11-28 16:01:35.340905+00');
INSERT INTO public.fact VALUES ('default', 'acme', 'SUBSCRIPTION_LINE', 'A1', 0, '{"subscription_line": {"item_id": "seats", "line_id": "A1", "currency": "USD", "start_date": "2025-01-01", "charge_kind": "RECURRING", "customer_id": "acme", "price_steps": [{"interval": {"unit": "MONTH", "count": 1}, "quantity": "10", "unit_price": "100"}, {"start_date": "2025-09-01", "unit_price": "110.25"}], "subscription_id": "SA"}}', 1, '2026-11-28 16:01:35.340905+00');
INSERT INTO public.fact VALUES ('default', 'acme', 'CHANGE_ORDER', 'A-O1', 0, '{"change_order": {"memo": "two more seats", "type": "MODIFY_PRICING", "entries": [{"line_id": "A1", "quantity": "12"}], "customer_id": "acme", "effective_date": "2025-04-01", "change_order_id": "A-O1", "subscription_id": "SA"}}', 1, '2026-11-28 16:01:35.340905+00');
INSERT INTO public.fact VALUES ('default', 'acme', 'CHANGE_ORDER', 'A-O2', 0, '{"change_order": {"type": "TERMINATION", "end_of_day": true, "customer_id": "acme", "effective_date": "2026-02-28", "change_order_id": "A-O2", "subscription_id": "SA"}}', 1, '2026-11-28 16:01:35.340905+00');
INSERT INTO public.fact VALUES ('default', 'acme', 'CHARGE', 'A-C1', 0, '{"charge": {"amount": "1000", "status": "SUCCEEDED", "currency": "USD", "charge_id": "A-C1", "customer_id": "acme", "description": "January", "occurred_at": "2025-01-01T08:00:00Z", "subscription_id": "SA"}}', 1, '2026-11-28 16:01:35.340905+00');
INSERT INTO public.fact VALUES ('default', 'acme', 'CHARGE', 'A-C2', 0, '{"charge": {"amount": "50.5", "status": "REFUNDED", "currency": "USD", "charge_id": "A-C2", "customer_id": "acme", "occurred_at": "2025-02-01T08:00:00Z", "subscription_id": "SA"}}', 1, '2026-11-28 16:01:35.340905+00');
INSERT INTO public.fact VALUES ('default', 'globex', 'SUBSCRIPTION_LINE', 'G1', 0, '{"subscription_line": {"item_id": "basic", "line_id": "G1", "currency": "EUR", "end_date": "2026-01-15", "start_date": "2025-01-15", "charge_kind": "RECURRING", "customer_id": "globex", "price_steps": [{"discount": {"percent": "10"}, "interval": {"unit": "YEAR", "count": 1}, "quantity": "1", "unit_price": "1200.3"}], "subscription_id": "SG"}}', 1, '2026-11-28 16:01:35.340512+00');
INSERT INTO public.fact VALUES ('default', 'globex', 'CHANGE_ORDER', 'G-O1', 0, '{"change_order": {"type": "RENEWAL", "entries": [{"line_id": "G1", "unit_price": "1300"}], "customer_id": "globex", "effective_date": "2026-01-15", "change_order_id": "G-O1", "subscription_id": "SG", "renewal_end_date": "2026-05-15"}}', 1, '2026-11-28 16:01:35.340512+00');
INSERT INTO public.fact VALUES ('default', 'initech', 'SUBSCRIPTION_LINE', 'I1', 0, '{"subscription_line": {"item_id": "pro", "line_id": "I1", "currency": "USD", "start_date": "2025-02-01", "charge_kind": "RECURRING", "customer_id": "initech", "price_steps": [{"interval": {"unit": "MONTH", "count": 1}, "quantity": "3", "unit_price": "33.3333333333"}], "trial_end_date": "2025-02-15", "subscription_id": "SI"}}', 1, '2026-11-28 16:01:35.340512+00');
INSERT INTO public.fact VALUES ('default', 'initech', 'CHANGE_ORDER', 'I-O1', 0, '{"change_order": {"type": "SUSPENSION", "customer_id": "initech", "effective_date": "2025-05-01", "change_order_id": "I-O1", "subscription_id": "SI"}}', 1, '2026-11-28 16:01:35.340512+00');
INSERT INTO public.fact VALUES ('default', 'initech', 'CHANGE_ORDER', 'I-O2', 0, '{"change_order": {"type": "REACTIVATION", "customer_id": "initech", "effective_date": "2025-07-01", "change_order_id": "I-O2", "subscription_id": "SI"}}', 1, '2026-11-28 16:01:35.340512+00');
INSERT INTO public.fact VALUES ('default', 'initech', 'SUBSCRIPTION_LINE', 'I2', 0, '{"subscription_line": {"item_id": "support", "line_id": "I2", "currency": "USD", "start_date": "2025-03-01", "charge_kind": "RECURRING", "customer_id": "initech", "price_steps": [{"interval": {"unit": "MONTH", "count": 1}, "quantity": "1", "unit_price": "20"}], "subscription_id": "SI2", "pending_activation": true}}', 1, '2026-11-28 16:01:35.340512+00');
INSERT INTO public.fact VALUES ('default', 'initech', 'CHANGE_ORDER', 'I-O3', 0, '{"change_order": {"type": "ACTIVATION", "customer_id": "initech", "effective_date": "2025-03-10", "change_order_id": "I-O3", "subscription_id": "SI2"}}', 1, '2026-11-28 16:01:35.340512+00');
INSERT INTO public.fact VALUES ('default', 'umbrella', 'SUBSCRIPTION_LINE', 'U1', 0, '{"subscription_line": {"item_id": "seats", "line_id": "U1", "currency": "USD", "end_date": "2026-01-01", "attributes": {"channel": "partner"}, "start_date": "2025-01-01", "charge_kind": "RECURRING", "customer_id": "umbrella", "price_steps": [{"interval": {"unit": "MONTH", "count": 1}, "quantity": "5", "unit_price": "80"}], "subscription_id": "SU"}}', 1, '2026-11-28 16:01:35.340512+00');
INSERT INTO public.fact VALUES ('default', 'umbrella', 'SUBSCRIPTION_LINE', 'U2', 0, '{"subscription_line": {"item_id": "seats", "line_id": "U2", "currency": "USD", "start_date": "2026-01-01", "charge_kind": "RECURRING", "customer_id": "umbrella", "price_steps": [{"interval": {"unit": "MONTH", "count": 1}, "quantity": "6", "unit_price": "80"}], "subscription_id": "SU2", "renews_subscription_id": "SU"}}', 1, '2026-11-28 16:01:35.340512+00');
INSERT INTO public.fact VALUES ('default', 'acme', 'OVERRIDE', 'change order A-O1', 1, '{"override": {"levels": ["CONTRACT"], "reason": "a migration, no sale", "revision": 1, "customer_id": "acme", "change_order_id": "A-O1", "modification_type": "IGNORED"}}', 3, '2026-11-28 16:01:36.326897+00');
INSERT INTO public.fact VALUES ('default', 'acme', 'CHANGE_ORDER', 'A-O3', 0, '{"change_order": {"type": "MODIFY_PRICING", "entries": [{"line_id": "A1", "quantity": "11"}], "customer_id": "acme", "effective_date": "2025-02-01", "change_order_id": "A-O3", "subscription_id": "SA"}}', 4, '2026-11-28 16:01:37.437523+00');
INSERT INTO public.fact VALUES ('default', 'umbrella', 'SUBSCRIPTION_LINE', 'U1', 1, '{"subscription_line": {"item_id": "seats", "line_id": "U1", "currency": "USD", "end_date": "2026-01-01", "revision": 1, "attributes": {"channel": "partner"}, "start_date": "2025-01-01", "charge_kind": "RECURRING", "customer_id": "umbrella", "price_steps": [{"interval": {"unit": "MONTH", "count": 1}, "quantity": "5", "unit_price": "90"}], "subscription_id": "SU"}}', 3, '2026-11-28 16:01:37.43744+00');
INSERT INTO public.month_item_total VALUES ('default', 'CONTRACT', '2025-01-01', 'USD', 'NEW', 'NEW_CONTRACT', 'seats', false, '0001-01-01', 1, 1000, 0, 1);
INSERT INTO public.month_item_total VALUES ('default', 'CONTRACT', '2025-04-01', 'USD', 'UPSELL', 'QUANTITY_INCREASE', 'seats', false, '0001-01-01', 1, 200, 0, 1);
INSERT INTO public.month_item_total VALUES ('default', 'CONTRACT', '2025-09-01', 'USD', 'UPSELL', 'PRICE_INCREASE', 'seats', false, '0001-01-01', 1, 123, 0, 1);
INSERT INTO public.month_item_total VALUES ('default', 'CONTRACT', '2026-03-01', 'USD', 'CHURN', 'CONTRACT_CHURN', 'seats', false, '0001-01-01', 1, -1323, 0, 1);
INSERT INTO public.month_item_total VALUES ('default', 'CUSTOMER', '2025-01-01', 'USD', 'NEW', 'NEW_CUSTOMER', 'seats', false, '0001-01-01', 1, 1000, 0, 1);
INSERT INTO public.month_item_total VALUES ('default', 'CUSTOMER', '2025-04-01', 'USD', 'UPSELL', 'QUANTITY_INCREASE', 'seats', false, '0001-01-01', 1, 200, 0, 1);
INSERT INTO public.month_item_total VALUES ('default', 'CUSTOMER', '2025-09-01', 'USD', 'UPSELL', 'PRICE_INCREASE', 'seats', false, '0001-01-01', 1, 123, 0, 1);
INSERT INTO public.month_item_total VALUES ('default', 'CUSTOMER', '2026-03-01', 'USD', 'CHURN', 'CUSTOMER_CHURN', 'seats', false, '0001-01-01', 1, -1323, 0, 1);
INSERT INTO public.month_item_total VALUES ('default', 'CONTRACT', '2025-01-01', 'EUR', 'NEW', 'NEW_CONTRACT', 'basic', false, '0001-01-01', 0, 90, 22500, 1);
INSERT INTO public.month_item_total VALUES ('default', 'CONTRACT', '2025-01-01', 'USD', 'NEW', 'NEW_CONTRACT', 'seats', false, '0001-01-01', 0, 400, 0, 1);
INSERT INTO public.month_item_total VALUES ('default', 'CONTRACT', '2025-02-01', 'USD', 'NEW', 'NEW_CONTRACT', 'pro', false, '0001-01-01', 0, 100, 0, 1);
INSERT INTO public.month_item_total VALUES ('default', 'CONTRACT', '2025-03-01', 'USD', 'NEW', 'NEW_CONTRACT', 'support', false, '0001-01-01', 0, 20, 0, 1);
INSERT INTO public.month_item_total VALUES ('default', 'CONTRACT', '2025-05-01', 'USD', 'IGNORED', 'IGNORED', 'pro', false, '0001-01-01', 0, 0, 0, 1);
INSERT INTO public.month_item_total VALUES ('default', 'CONTRACT', '2025-07-01', 'USD', 'IGNORED', 'IGNORED', 'pro', false, '0001-01-01', 0, 0, 0, 1);
INSERT INTO public.month_item_total VALUES ('default', 'CONTRACT', '2026-01-01', 'EUR', 'UPSELL', 'PRICE_INCREASE', 'basic', false, '0001-01-01', 0, 7, 477500, 1);
INSERT INTO public.month_item_total VALUES ('default', 'CONTRACT', '2026-01-01', 'EUR', 'RENEWAL', 'RENEWAL', 'basic', false, '0001-01-01', 0, 0, 0, 1);
INSERT INTO public.month_item_total VALUES ('default', 'CONTRACT', '2026-01-01', 'USD', 'UPSELL', 'QUANTITY_INCREASE', 'seats', false, '0001-01-01', 0, 80, 0, 1);
INSERT INTO public.month_item_total VALUES ('default', 'CONTRACT', '2026-01-01', 'USD', 'RENEWAL', 'RENEWAL', 'seats', false, '0001-01-01', 0, 0, 0, 1);
INSERT INTO public.month_item_total VALUES ('default', 'CONTRACT', '2026-05-01', 'EUR', 'CHURN', 'CONTRACT_CHURN', 'basic', false, '0001-01-01', 0, -97, -500000, 1);
INSERT INTO public.month_item_total VALUES ('default', 'CUSTOMER', '2025-01-01', 'EUR', 'NEW', 'NEW_CUSTOMER', 'basic', false, '0001-01-01', 0, 90, 22500, 1);
INSERT INTO public.month_item_total VALUES ('default', 'CUSTOMER', '2025-01-01', 'USD', 'NEW', 'NEW_CUSTOMER', 'seats', false, '0001-01-01', 0, 400, 0, 1);
INSERT INTO public.month_item_total VALUES ('default', 'CUSTOMER', '2025-02-01', 'USD', 'NEW', 'NEW_CUSTOMER', 'pro', false, '0001-01-01', 0, 100, 0, 1);
INSERT INTO public.month_item_total VALUES ('default', 'CUSTOMER', '2025-03-01', 'USD', 'UPSELL', 'ADD_ON', 'support', false, '0001-01-01', 0, 20, 0, 1);
INSERT INTO public.month_item_total VALUES ('default', 'CUSTOMER', '2025-05-01', 'USD', 'IGNORED', 'IGNORED', 'pro', false, '0001-01-01', 0, 0, 0, 1);
INSERT INTO public.month_item_total VALUES ('default', 'CUSTOMER', '2025-07-01', 'USD', 'IGNORED', 'IGNORED', 'pro', false, '0001-01-01', 0, 0, 0, 1);
INSERT INTO public.month_item_total VALUES ('default', 'CUSTOMER', '2026-01-01', 'EUR', 'UPSELL', 'PRICE_INCREASE', 'basic', false, '0001-01-01', 0, 7, 477500, 1);
INSERT INTO public.month_item_total VALUES ('default', 'CUSTOMER', '2026-01-01', 'EUR', 'RENEWAL', 'RENEWAL', 'basic', false, '0001-01-01', 0, 0, 0, 1);
INSERT INTO public.month_item_total VALUES ('default', 'CUSTOMER', '2026-01-01', 'USD', 'UPSELL', 'QUANTITY_INCREASE', 'seats', false, '0001-01-01', 0, 80, 0, 1);
INSERT INTO public.month_item_total VALUES ('default', 'CUSTOMER', '2026-01-01', 'USD', 'RENEWAL', 'RENEWAL', 'seats', false, '0001-01-01', 0, 0, 0, 1);
INSERT INTO public.month_item_total VALUES ('default', 'CUSTOMER', '2026-05-01', 'EUR', 'CHURN', 'CUSTOMER_CHURN', 'basic', false, '0001-01-01', 0, -97, -500000, 1);
INSERT INTO public.month_item_total VALUES ('default', 'CONTRACT', '2026-05-01', 'EUR', 'CHURN', 'CONTRACT_CHURN', 'basic', false, '0001-01-01', 12, 97, 500000, -1);
INSERT INTO public.month_item_total VALUES ('default', 'CONTRACT', '2026-05-01', 'EUR', 'CHURN', 'CONTRACT_CHURN', 'basic', false, '2026-06-14', 12, -97, -500000, 1);
INSERT INTO public.month_item_total VALUES ('default', 'CUSTOMER', '2026-05-01', 'EUR', 'CHURN', 'CUSTOMER_CHURN', 'basic', false, '0001-01-01', 12, 97, 500000, -1);
INSERT INTO public.month_item_total VALUES ('default', 'CUSTOMER', '2026-05-01', 'EUR', 'CHURN', 'CUSTOMER_CHURN', 'basic', false, '2026-06-14', 12, -97, -500000, 1);
INSERT INTO public.month_item_total VALUES ('default', 'CONTRACT', '2025-04-01', 'USD', 'UPSELL', 'QUANTITY_INCREASE', 'seats', false, '0001-01-01', 15, -200, 0, -1);
INSERT INTO public.month_item_total VALUES ('default', 'CONTRACT', '2025-04-01', 'USD', 'IGNORED', 'IGNORED', 'seats', false, '0001-01-01', 15, 200, 0, 1);
INSERT INTO public.month_item_total VALUES ('default', 'CUSTOMER', '2025-04-01', 'USD', 'UPSELL', 'QUANTITY_INCREASE', 'seats', false, '0001-01-01', 15, -200, 0, -1);
INSERT INTO public.month_item_total VALUES ('default', 'CUSTOMER', '2025-04-01', 'USD', 'IGNORED', 'IGNORED', 'seats', false, '0001-01-01', 15, 200, 0, 1);
INSERT INTO public.month_item_total VALUES ('default', 'CONTRACT', '2025-03-01', 'USD', 'UPSELL', 'QUANTITY_INCREASE', 'seats', true, '0001-01-01', 13, 100, 0, 1);
INSERT INTO public.month_item_total VALUES ('default', 'CONTRACT', '2025-04-01', 'USD', 'IGNORED', 'IGNORED', 'seats', false, '0001-01-01', 13, -100, 0, 0);
INSERT INTO public.month_item_total VALUES ('default', 'CUSTOMER', '2025-03-01', 'USD', 'UPSELL', 'QUANTITY_INCREASE', 'seats', true, '0001-01-01', 13, 100, 0, 1);
INSERT INTO public.month_item_total VALUES ('default', 'CUSTOMER', '2025-04-01', 'USD', 'IGNORED', 'IGNORED', 'seats', false, '0001-01-01', 13, -100, 0, 0);
INSERT INTO public.month_item_total VALUES ('default', 'CONTRACT', '2025-03-01', 'USD', 'NEW', 'NEW_CONTRACT', 'seats', true, '0001-01-01', 12, 50, 0, 0);
INSERT INTO public.month_item_total VALUES ('default', 'CONTRACT', '2026-01-01', 'USD', 'UPSELL', 'QUANTITY_INCREASE', 'seats', false, '0001-01-01', 12, -50, 0, 0);
INSERT INTO public.month_item_total VALUES ('default', 'CUSTOMER', '2025-03-01', 'USD', 'NEW', 'NEW_CUSTOMER', 'seats', true, '0001-01-01', 12, 50, 0, 0);
INSERT INTO public.month_item_total VALUES ('default', 'CUSTOMER', '2026-01-01', 'USD', 'UPSELL', 'QUANTITY_INCREASE', 'seats', false, '0001-01-01', 12, -50, 0, 0);
INSERT INTO public.month_total VALUES ('default', 'CONTRACT', '2025-01-01', 'EUR', 'NEW', 'NEW_CONTRACT', false, '0001-01-01', 0, 90, 22500, 1);
INSERT INTO public.month_total VALUES ('default', 'CONTRACT', '2025-01-01', 'USD', 'NEW', 'NEW_CONTRACT', false, '0001-01-01', 0, 400, 0, 1);
INSERT INTO public.month_total VALUES ('default', 'CONTRACT', '2025-02-01', 'USD', 'NEW', 'NEW_CONTRACT', false, '0001-01-01', 0, 100, 0, 1);
INSERT INTO public.month_total VALUES ('default', 'CONTRACT', '2025-03-01', 'USD', 'NEW', 'NEW_CONTRACT', false, '0001-01-01', 0, 20, 0, 1);
INSERT INTO public.month_total VALUES ('default', 'CONTRACT', '2025-05-01', 'USD', 'IGNORED', 'IGNORED', false, '0001-01-01', 0, 0, 0, 1);
INSERT INTO public.month_total VALUES ('default', 'CONTRACT', '2025-07-01', 'USD', 'IGNORED', 'IGNORED', false, '0001-01-01', 0, 0, 0, 1);
INSERT INTO public.month_total VALUES ('default', 'CONTRACT', '2026-01-01', 'EUR', 'UPSELL', 'PRICE_INCREASE', false, '0001-01-01', 0, 7, 477500, 1);
INSERT INTO public.month_total VALUES ('default', 'CONTRACT', '2026-01-01', 'EUR', 'RENEWAL', 'RENEWAL', false, '0001-01-01', 0, 0, 0, 1);
INSERT INTO public.month_total VALUES ('default', 'CONTRACT', '2026-01-01', 'USD', 'UPSELL', 'QUANTITY_INCREASE', false, '0001-01-01', 0, 80, 0, 1);
INSERT INTO public.month_total VALUES ('default', 'CONTRACT', '2026-01-01', 'USD', 'RENEWAL', 'RENEWAL', false, '0001-01-01', 0, 0, 0, 1);
INSERT INTO public.month_total VALUES ('default', 'CONTRACT', '2026-05-01', 'EUR', 'CHURN', 'CONTRACT_CHURN', false, '0001-01-01', 0, -97, -500000, 1);
INSERT INTO public.month_total VALUES ('default', 'CUSTOMER', '2025-01-01', 'EUR', 'NEW', 'NEW_CUSTOMER', false, '0001-01-01', 0, 90, 22500, 1);
INSERT INTO public.month_total VALUES ('default', 'CUSTOMER', '2025-01-01', 'USD', 'NEW', 'NEW_CUSTOMER', false, '0001-01-01', 0, 400, 0, 1);
INSERT INTO public.month_total VALUES ('default', 'CUSTOMER', '2025-02-01', 'USD', 'NEW', 'NEW_CUSTOMER', false, '0001-01-01', 0, 100, 0, 1);
INSERT INTO public.month_total VALUES ('default', 'CUSTOMER', '2025-03-01', 'USD', 'UPSELL', 'ADD_ON', false, '0001-01-01', 0, 20, 0, 1);
INSERT INTO public.month_total VALUES ('default', 'CUSTOMER', '2025-05-01', 'USD', 'IGNORED', 'IGNORED', false, '0001-01-01', 0, 0, 0, 1);
INSERT INTO public.month_total VALUES ('default', 'CUSTOMER', '2025-07-01', 'USD', 'IGNORED', 'IGNORED', false, '0001-01-01', 0, 0, 0, 1);
INSERT INTO public.month_total VALUES ('default', 'CUSTOMER', '2026-01-01', 'EUR', 'UPSELL', 'PRICE_INCREASE', false, '0001-01-01', 0, 7, 477500, 1);
INSERT INTO public.month_total VALUES ('default', 'CUSTOMER', '2026-01-01', 'EUR', 'RENEWAL', 'RENEWAL', false, '0001-01-01', 0, 0, 0, 1);
INSERT INTO public.month_total VALUES ('default', 'CUSTOMER', '2026-01-01', 'USD', 'UPSELL', 'QUANTITY_INCREASE', false, '0001-01-01', 0, 80, 0, 1);
INSERT INTO public.month_total VALUES ('default', 'CUSTOMER', '2026-01-01', 'USD', 'RENEWAL', 'RENEWAL', false, '0001-01-01', 0, 0, 0, 1);
INSERT INTO public.month_total VALUES ('default', 'CUSTOMER', '2026-05-01', 'EUR', 'CHURN', 'CUSTOMER_CHURN', false, '0001-01-01', 0, -97, -500000, 1);
INSERT INTO public.month_total VALUES ('default', 'CONTRACT', '2025-01-01', 'USD', 'NEW', 'NEW_CONTRACT', false, '0001-01-01', 1, 1000, 0, 1);
INSERT INTO public.month_total VALUES ('default', 'CONTRACT', '2025-04-01', 'USD', 'UPSELL', 'QUANTITY_INCREASE', false, '0001-01-01', 1, 200, 0, 1);
INSERT INTO public.month_total VALUES ('default', 'CONTRACT', '2025-09-01', 'USD', 'UPSELL', 'PRICE_INCREASE', false, '0001-01-01', 1, 123, 0, 1);
INSERT INTO public.month_total VALUES ('default', 'CONTRACT', '2026-03-01', 'USD', 'CHURN', 'CONTRACT_CHURN', false, '0001-01-01', 1, -1323, 0, 1);
INSERT INTO public.month_total VALUES ('default', 'CUSTOMER', '2025-01-01', 'USD', 'NEW', 'NEW_CUSTOMER', false, '0001-01-01', 1, 1000, 0, 1);
INSERT INTO public.month_total VALUES ('default', 'CUSTOMER', '2025-04-01', 'USD', 'UPSELL', 'QUANTITY_INCREASE', false, '0001-01-01', 1, 200, 0, 1);
INSERT INTO public.month_total VALUES ('default', 'CUSTOMER', '2025-09-01', 'USD', 'UPSELL', 'PRICE_INCREASE', false, '0001-01-01', 1, 123, 0, 1);
INSERT INTO public.month_total VALUES ('default', 'CUSTOMER', '2026-03-01', 'USD', 'CHURN', 'CUSTOMER_CHURN', false, '0001-01-01', 1, -1323, 0, 1);
INSERT INTO public.month_total VALUES ('default', 'CONTRACT', '2026-05-01', 'EUR', 'CHURN', 'CONTRACT_CHURN', false, '0001-01-01', 12, 97, 500000, -1);
INSERT INTO public.month_total VALUES ('default', 'CONTRACT', '2026-05-01', 'EUR', 'CHURN', 'CONTRACT_CHURN', false, '2026-06-14', 12, -97, -500000, 1);
INSERT INTO public.month_total VALUES ('default', 'CUSTOMER', '2026-05-01', 'EUR', 'CHURN', 'CUSTOMER_CHURN', false, '0001-01-01', 12, 97, 500000, -1);
INSERT INTO public.month_total VALUES ('default', 'CUSTOMER', '2026-05-01', 'EUR', 'CHURN', 'CUSTOMER_CHURN', false, '2026-06-14', 12, -97, -500000, 1);
INSERT INTO public.month_total VALUES ('default', 'CONTRACT', '2025-04-01', 'USD', 'UPSELL', 'QUANTITY_INCREASE', false, '0001-01-01', 15, -200, 0, -1);
INSERT INTO public.month_total VALUES ('default', 'CONTRACT', '2025-04-01', 'USD', 'IGNORED', 'IGNORED', false, '0001-01-01', 15, 200, 0, 1);
INSERT INTO public.month_total VALUES ('default', 'CUSTOMER', '2025-04-01', 'USD', 'UPSELL', 'QUANTITY_INCREASE', false, '0001-01-01', 15, -200, 0, -1);
INSERT INTO public.month_total VALUES ('default', 'CUSTOMER', '2025-04-01', 'USD', 'IGNORED', 'IGNORED', false, '0001-01-01', 15, 200, 0, 1);
INSERT INTO public.month_total VALUES ('default', 'CONTRACT', '2025-03-01', 'USD', 'UPSELL', 'QUANTITY_INCREASE', true, '0001-01-01', 13, 100, 0, 1);
INSERT INTO public.month_total VALUES ('default', 'CONTRACT', '2025-04-01', 'USD', 'IGNORED', 'IGNORED', false, '0001-01-01', 13, -100, 0, 0);
INSERT INTO public.month_total VALUES ('default', 'CUSTOMER', '2025-03-01', 'USD', 'UPSELL', 'QUANTITY_INCREASE', true, '0001-01-01', 13, 100, 0, 1);
INSERT INTO public.month_total VALUES ('default', 'CUSTOMER', '2025-04-01', 'USD', 'IGNORED', 'IGNORED', false, '0001-01-01', 13, -100, 0, 0);
INSERT INTO public.month_total VALUES ('default', 'CONTRACT', '2025-03-01', 'USD', 'NEW', 'NEW_CONTRACT', true, '0001-01-01', 12, 50, 0, 0);
INSERT INTO public.month_total VALUES ('default', 'CONTRACT', '2026-01-01', 'USD', 'UPSELL', 'QUANTITY_INCREASE', false, '0001-01-01', 12, -50, 0, 0);
INSERT INTO public.month_total VALUES ('default', 'CUSTOMER', '2025-03-01', 'USD', 'NEW', 'NEW_CUSTOMER', true, '0001-01-01', 12, 50, 0, 0);
INSERT INTO public.month_total VALUES ('default', 'CUSTOMER', '2026-01-01', 'USD', 'UPSELL', 'QUANTITY_INCREASE', false, '0001-01-01', 12, -50, 0, 0);
INSERT INTO public.outbox VALUES ('default', 'acme', 'Account Created', 1, '2026-11-28 16:01:35.340905+00', '{"id": "f65927f5-899f-86e2-ab59-fc986335db0a", "date": "2026-11-28", "event": "Account Created", "identity": "ann@acme.example", "timestamp": "2026-11-28T00:00:00Z", "customer_id": "acme", "account_name": "Acme Ltd"}');
INSERT INTO public.outbox VALUES ('default', 'acme', 'Signed Up/2025-01-01/USD', 2, '2026-11-28 16:01:35.340905+00', '{"id": "f649e336-8a66-84ea-9470-eb4db5309839", "mrr": "1000", "date": "2025-01-01", "plan": "seats", "event": "Signed Up", "category": "NEW", "currency": "USD", "identity": "ann@acme.example", "mrr_delta": "1000", "timestamp": "2025-01-01T00:00:00Z", "customer_id": "acme", "subcategory": "NEW_CUSTOMER", "account_name": "Acme Ltd", "quantity_after": "10", "quantity_before": "0", "subscription_ids": ["SA"]}');
INSERT INTO public.outbox VALUES ('default', 'acme', 'Billed/A-C1', 3, '2026-11-28 16:01:35.340905+00', '{"id": "2319d2d4-de15-883c-a958-9a48069bd6e5", "date": "2025-01-01", "event": "Billed", "amount": "1000", "currency": "USD", "identity": "ann@acme.example", "charge_id": "A-C1", "timestamp": "2025-01-01T08:00:00Z", "customer_id": "acme", "description": "January", "account_name": "Acme Ltd", "subscription_ids": ["SA"]}');
INSERT INTO public.outbox VALUES ('default', 'acme', 'Refunded/A-C2', 4, '2026-11-28 16:01:35.340905+00', '{"id": "2be9f8da-551d-8762-b024-62bf463ecf1b", "date": "2025-02-01", "event": "Refunded", "amount": "-50.5", "currency": "USD", "identity": "ann@acme.example", "charge_id": "A-C2", "timestamp": "2025-02-01T08:00:00Z", "customer_id": "acme", "account_name": "Acme Ltd", "subscription_ids": ["SA"]}');
INSERT INTO public.outbox VALUES ('default', 'acme', 'Upgraded/2025-04-01/USD', 5, '2026-11-28 16:01:35.340905+00', '{"id": "c467e887-3d0c-84a7-b4a6-e9f442ec47a5", "mrr": "1200", "date": "2025-04-01", "plan": "seats", "event": "Upgraded", "reason": "two more seats", "category": "UPSELL", "currency": "USD", "identity": "ann@acme.example", "mrr_delta": "200", "timestamp": "2025-04-01T00:00:00Z", "customer_id": "acme", "subcategory": "QUANTITY_INCREASE", "account_name": "Acme Ltd", "quantity_after": "12", "quantity_before": "10", "subscription_ids": ["SA"]}');
INSERT INTO public.outbox VALUES ('default', 'acme', 'Upgraded/2025-09-01/USD', 6, '2026-11-28 16:01:35.340905+00', '{"id": "4b2978d4-d1c6-88ce-b13c-7f5eed546360", "mrr": "1323", "date": "2025-09-01", "plan": "seats", "event": "Upgraded", "category": "UPSELL", "currency": "USD", "identity": "ann@acme.example", "mrr_delta": "123", "timestamp": "2025-09-01T00:00:00Z", "customer_id": "acme", "subcategory": "PRICE_INCREASE", "account_name": "Acme Ltd", "quantity_after": "12", "quantity_before": "12", "subscription_ids": ["SA"]}');
INSERT INTO public.outbox VALUES ('default', 'acme', 'Canceled/2026-03-01/USD', 7, '2026-11-28 16:01:35.340905+00', '{"id": "b2bd0282-7ff5-8aff-b485-2df68b8477ec", "mrr": "0", "date": "2026-03-01", "plan": "seats", "event": "Canceled", "category": "CHURN", "currency": "USD", "identity": "ann@acme.example", "mrr_delta": "-1323", "timestamp": "2026-03-01T00:00:00Z", "customer_id": "acme", "subcategory": "CUSTOMER_CHURN", "account_name": "Acme Ltd", "quantity_after": "0", "quantity_before": "12", "subscription_ids": ["SA"]}');
INSERT INTO public.outbox VALUES ('default', 'globex', 'Account Created', 8, '2026-11-28 16:01:35.340512+00', '{"id": "7860d7d0-3ca4-88c8-bca3-d2f403d53ace", "date": "2026-11-28", "event": "Account Created", "identity": "globex", "timestamp": "2026-11-28T00:00:00Z", "customer_id": "globex"}');
INSERT INTO public.outbox VALUES ('default', 'globex', 'Signed Up/2025-01-15/EUR', 9, '2026-11-28 16:01:35.340512+00', '{"id": "839fb2cd-4cf6-8551-98c2-2db260f78e33", "mrr": "90.0225", "date": "2025-01-15", "plan": "basic", "event": "Signed Up", "category": "NEW", "currency": "EUR", "identity": "globex", "mrr_delta": "90.0225", "timestamp": "2025-01-15T00:00:00Z", "customer_id": "globex", "subcategory": "NEW_CUSTOMER", "quantity_after": "1", "quantity_before": "0", "subscription_ids": ["SG"]}');
INSERT INTO public.outbox VALUES ('default', 'globex', 'Upgraded/2026-01-15/EUR', 10, '2026-11-28 16:01:35.340512+00', '{"id": "f03e7310-b12a-8e9c-b881-3ac079d297c0", "mrr": "97.5", "date": "2026-01-15", "plan": "basic", "event": "Upgraded", "category": "UPSELL", "currency": "EUR", "identity": "globex", "mrr_delta": "7.4775", "timestamp": "2026-01-15T00:00:00Z", "customer_id": "globex", "subcategory": "PRICE_INCREASE", "quantity_after": "1", "quantity_before": "1", "subscription_ids": ["SG"]}');
INSERT INTO public.outbox VALUES ('default', 'globex', 'Canceled/2026-05-15/EUR', 11, '2026-11-28 16:01:35.340512+00', '{"id": "f93201e8-6291-867e-b5fe-8c6a18204404", "mrr": "0", "date": "2026-05-15", "plan": "basic", "event": "Canceled", "category": "CHURN", "currency": "EUR", "identity": "globex", "mrr_delta": "-97.5", "timestamp": "2026-05-15T00:00:00Z", "customer_id": "globex", "subcategory": "CUSTOMER_CHURN", "quantity_after": "0", "quantity_before": "1", "subscription_ids": ["SG"]}');
INSERT INTO public.outbox VALUES ('default', 'initech', 'Account Created', 12, '2026-11-28 16:01:35.340512+00', '{"id": "e9e44c2e-d804-80ae-94e5-017bcaa1d268", "date": "2026-11-28", "event": "Account Created", "identity": "initech", "timestamp": "2026-11-28T00:00:00Z", "customer_id": "initech"}');
INSERT INTO public.outbox VALUES ('default', 'initech', 'Trial Started/I1', 13, '2026-11-28 16:01:35.340512+00', '{"id": "e9062464-d327-8b53-9f26-9fbd8b15a179", "date": "2025-02-01", "plan": "pro", "event": "Trial Started", "line_id": "I1", "currency": "USD", "identity": "initech", "timestamp": "2025-02-01T00:00:00Z", "customer_id": "initech", "trial_end_date": "2025-02-15", "subscription_ids": ["SI"], "trial_start_date": "2025-02-01"}');
INSERT INTO public.outbox VALUES ('default', 'initech', 'Trial Ended/I1', 14, '2026-11-28 16:01:35.340512+00', '{"id": "e15e77f9-69a6-8fbb-8030-a89467bff4dc", "date": "2025-02-15", "plan": "pro", "event": "Trial Ended", "line_id": "I1", "currency": "USD", "identity": "initech", "timestamp": "2025-02-15T00:00:00Z", "customer_id": "initech", "trial_end_date": "2025-02-15", "subscription_ids": ["SI"], "trial_start_date": "2025-02-01"}');
INSERT INTO public.outbox VALUES ('default', 'initech', 'Signed Up/2025-02-15/USD', 15, '2026-11-28 16:01:35.340512+00', '{"id": "318c24fd-2b2c-8e6d-bea5-e248f3edd391", "mrr": "100", "date": "2025-02-15", "plan": "pro", "event": "Signed Up", "category": "NEW", "currency": "USD", "identity": "initech", "mrr_delta": "100", "timestamp": "2025-02-15T00:00:00Z", "customer_id": "initech", "subcategory": "NEW_CUSTOMER", "quantity_after": "3", "quantity_before": "0", "subscription_ids": ["SI"]}');
INSERT INTO public.outbox VALUES ('default', 'initech', 'Upgraded/2025-03-10/USD', 16, '2026-11-28 16:01:35.340512+00', '{"id": "0651eeac-7f75-8c8f-8a74-770f2e5cc23c", "mrr": "120", "date": "2025-03-10", "plan": "support", "event": "Upgraded", "category": "UPSELL", "currency": "USD", "identity": "initech", "mrr_delta": "20", "timestamp": "2025-03-10T00:00:00Z", "customer_id": "initech", "subcategory": "ADD_ON", "quantity_after": "1", "quantity_before": "0", "subscription_ids": ["SI2"]}');
INSERT INTO public.outbox VALUES ('default', 'umbrella', 'Account Created', 17, '2026-11-28 16:01:35.340512+00', '{"id": "71a1ad7b-706a-831c-bc57-ebca2a961503", "date": "2026-11-28", "event": "Account Created", "identity": "umbrella", "timestamp": "2026-11-28T00:00:00Z", "customer_id": "umbrella"}');
INSERT INTO public.outbox VALUES ('default', 'umbrella', 'Signed Up/2025-01-01/USD', 18, '2026-11-28 16:01:35.340512+00', '{"id": "4c6fae2f-0851-82ad-a59f-a4f728f95d0a", "mrr": "400", "date": "2025-01-01", "plan": "seats", "event": "Signed Up", "category": "NEW", "currency": "USD", "identity": "umbrella", "mrr_delta": "400", "timestamp": "2025-01-01T00:00:00Z", "customer_id": "umbrella", "subcategory": "NEW_CUSTOMER", "quantity_after": "5", "quantity_before": "0", "subscription_ids": ["SU"]}');
INSERT INTO public.outbox VALUES ('default', 'umbrella', 'Upgraded/2026-01-01/USD', 19, '2026-11-28 16:01:35.340512+00', '{"id": "e7453b34-b430-8789-8bf9-823882c8c998", "mrr": "480", "date": "2026-01-01", "plan": "seats", "event": "Upgraded", "category": "UPSELL", "currency": "USD", "identity": "umbrella", "mrr_delta": "80", "timestamp": "2026-01-01T00:00:00Z", "customer_id": "umbrella", "subcategory": "QUANTITY_INCREASE", "quantity_after": "6", "quantity_before": "5", "subscription_ids": ["SU2"]}');
INSERT INTO public.outbox VALUES ('default', 'acme', 'Upgraded/2025-02-01/USD', 20, '2026-11-28 16:01:37.437523+00', '{"id": "63601566-85d2-8b82-8266-31c289c22e73", "mrr": "1100", "date": "2025-02-01", "plan": "seats", "event": "Upgraded", "category": "UPSELL", "currency": "USD", "identity": "ann@acme.example", "mrr_delta": "100", "timestamp": "2025-02-01T00:00:00Z", "customer_id": "acme", "subcategory": "QUANTITY_INCREASE", "account_name": "Acme Ltd", "quantity_after": "11", "quantity_before": "10", "subscription_ids": ["SA"]}');
INSERT INTO public.renewal_total VALUES ('default', '2026-01-01', 'EUR', '0001-01-01', 0, 90, 22500, 0, 0);
INSERT INTO public.renewal_total VALUES ('default', '2026-01-01', 'USD', '0001-01-01', 0, 400, 0, 0, 0);
INSERT INTO public.renewal_total VALUES ('default', '2026-05-01', 'EUR', '0001-01-01', 0, 0, 0, 97, 500000);
INSERT INTO public.renewal_total VALUES ('default', '2026-05-01', 'EUR', '0001-01-01', 12, 0, 0, -97, -500000);
INSERT INTO public.renewal_total VALUES ('default', '2026-05-01', 'EUR', '2026-06-14', 12, 0, 0, 97, 500000);
INSERT INTO public.renewal_total VALUES ('default', '2026-01-01', 'USD', '0001-01-01', 12, 50, 0, 0, 0);
INSERT INTO public.sink VALUES ('default', 'log', 20, 0, 0, NULL, '2026-11-28 16:01:37.979961+00', NULL, 1);
INSERT INTO public.sink VALUES ('default', 'crm', 20, 0, 1, '2026-11-28 16:01:38.982883+00', NULL, NULL, 1);
INSERT INTO public.tenant VALUES ('default', 30, '2026-11-28 16:01:35.330583+00', 'UTC', 5, 1, '2025-03-01');
INSERT INTO public.tenant VALUES ('beta', 0, '2026-11-28 16:01:38.486105+00', 'UTC', 0, 0, '0001-01-01');
SELECT pg_catalog.setval('public.journal_sequence', 56, true);
SELECT pg_catalog.setval('public.outbox_sequence', 20, true);
ALTER TABLE ONLY public._sqlx_migrations
    ADD CONSTRAINT _sqlx_migrations_pkey PRIMARY KEY (version);
ALTER TABLE ONLY public.api_key
    ADD CONSTRAINT api_key_pkey PRIMARY KEY (key_id);
ALTER TABLE ONLY public.audit_entry
    ADD CONSTRAINT audit_entry_pkey PRIMARY KEY (tenant_id, sequence);
ALTER TABLE ONLY public.audit_head
    ADD CONSTRAINT audit_head_pkey PRIMARY KEY (tenant_id);
ALTER TABLE ONLY public.closing
    ADD CONSTRAINT closing_pkey PRIMARY KEY (tenant_id, sequence);
ALTER TABLE ONLY public.customer_pair_total
    ADD CONSTRAINT customer_pair_total_pkey PRIMARY KEY (tenant_id, posting_month, earlier_month, currency, counts_from, shard);
ALTER TABLE ONLY public.customer
    ADD CONSTRAINT customer_pkey PRIMARY KEY (tenant_id, customer_id);
ALTER TABLE ONLY public.customer_total
    ADD CONSTRAINT customer_total_pkey PRIMARY KEY (tenant_id, posting_month, currency, counts_from, shard);
ALTER TABLE ONLY public.day_total
    ADD CONSTRAINT day_total_pkey PRIMARY KEY (tenant_id, level, posting_date, currency, subcategory, is_adjustment, counts_from, shard);
ALTER TABLE ONLY public.delivery
    ADD CONSTRAINT delivery_pkey PRIMARY KEY (tenant_id, sink, customer_id, sequence);
ALTER TABLE ONLY public.entry
    ADD CONSTRAINT entry_pkey PRIMARY KEY (tenant_id, customer_id, sequence);
ALTER TABLE ONLY public.exchange_rate
    ADD CONSTRAINT exchange_rate_pkey PRIMARY KEY (tenant_id, rate_set, from_currency, to_currency, date);
ALTER TABLE ONLY public.fact
    ADD CONSTRAINT fact_pkey PRIMARY KEY (tenant_id, customer_id, kind, fact_id, revision);
ALTER TABLE ONLY public.kissmetrics_second
    ADD CONSTRAINT kissmetrics_second_pkey PRIMARY KEY (tenant_id, sink, identity, second);
ALTER TABLE ONLY public.month_item_total
    ADD CONSTRAINT month_item_total_pkey PRIMARY KEY (tenant_id, level, posting_month, currency, subcategory, item_id, is_adjustment, counts_from, shard);
ALTER TABLE ONLY public.month_total
    ADD CONSTRAINT month_total_pkey PRIMARY KEY (tenant_id, level, posting_month, currency, subcategory, is_adjustment, counts_from, shard);
ALTER TABLE ONLY public.outbox
    ADD CONSTRAINT outbox_pkey PRIMARY KEY (tenant_id, customer_id, event_key);
ALTER TABLE ONLY public.renewal_total
    ADD CONSTRAINT renewal_total_pkey PRIMARY KEY (tenant_id, posting_month, currency, counts_from, shard);
ALTER TABLE ONLY public.sink
    ADD CONSTRAINT sink_pkey PRIMARY KEY (tenant_id, sink);
ALTER TABLE ONLY public.tenant
    ADD CONSTRAINT tenant_pkey PRIMARY KEY (tenant_id);
CREATE INDEX api_key_of_tenant ON public.api_key USING btree (tenant_id, key_id);
CREATE INDEX audit_entry_action ON public.audit_entry USING btree (tenant_id, action, sequence);
CREATE INDEX audit_entry_customer ON public.audit_entry USING btree (tenant_id, customer_id, sequence) WHERE (customer_id <> ''::text);
CREATE INDEX customer_next_event ON public.customer USING btree (next_event_at) WHERE (next_event_at IS NOT NULL);
CREATE INDEX delivery_place ON public.delivery USING btree (tenant_id, sink, is_dead, sequence);
CREATE INDEX entry_adjustment ON public.entry USING btree (tenant_id, effective_date) WHERE ((posting_date - effective_date) > 0);
CREATE INDEX entry_place ON public.entry USING btree (tenant_id, sequence);
CREATE INDEX entry_posting ON public.entry USING btree (tenant_id, posting_date, sequence);
CREATE INDEX entry_provisional ON public.entry USING btree (tenant_id, provisional_until) WHERE (provisional_until IS NOT NULL);
CREATE INDEX entry_recorded ON public.entry USING brin (recorded_at) WITH (pages_per_range='32', autosummarize='on');
CREATE UNIQUE INDEX entry_reverses ON public.entry USING btree (tenant_id, customer_id, reverses) WHERE (reverses IS NOT NULL);
CREATE INDEX fact_override ON public.fact USING btree (tenant_id, customer_id, fact_id, revision) WHERE (kind = 'OVERRIDE'::text);
CREATE UNIQUE INDEX kissmetrics_second_of ON public.kissmetrics_second USING btree (tenant_id, sink, sequence);
CREATE INDEX outbox_place ON public.outbox USING btree (tenant_id, sequence);
CREATE STATISTICS public.entry_posting_delay ON (posting_date - effective_date) FROM public.entry;
CREATE TRIGGER api_key_changed BEFORE UPDATE ON public.api_key FOR EACH ROW WHEN ((((((((((new.key_id IS DISTINCT FROM old.key_id) OR (new.tenant_id IS DISTINCT FROM old.tenant_id)) OR (new.name IS DISTINCT FROM old.name)) OR (new.role IS DISTINCT FROM old.role)) OR (new.secret_hash IS DISTINCT FROM old.secret_hash)) OR (new.created_at IS DISTINCT FROM old.created_at)) OR (new.created_by IS DISTINCT FROM old.created_by)) OR (new.expires_at IS DISTINCT FROM old.expires_at)) OR ((old.revoked_at IS NOT NULL) AND ((new.revoked_at IS DISTINCT FROM old.revoked_at) OR (new.revoked_by IS DISTINCT FROM old.revoked_by))))) EXECUTE FUNCTION public.refuse_other_key();
CREATE TRIGGER api_key_stays BEFORE DELETE OR TRUNCATE ON public.api_key FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();
CREATE TRIGGER audit_entry_stays BEFORE DELETE OR UPDATE OR TRUNCATE ON public.audit_entry FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();
CREATE TRIGGER closing_stays BEFORE DELETE OR UPDATE OR TRUNCATE ON public.closing FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();
CREATE TRIGGER entry_in_open_month AFTER INSERT ON public.entry REFERENCING NEW TABLE AS posted FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_closed_month();
CREATE TRIGGER entry_stays BEFORE DELETE OR UPDATE OR TRUNCATE ON public.entry FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();
CREATE TRIGGER exchange_rate_stays BEFORE DELETE OR UPDATE OR TRUNCATE ON public.exchange_rate FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();
CREATE TRIGGER fact_stays BEFORE DELETE OR UPDATE OR TRUNCATE ON public.fact FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();
ALTER TABLE ONLY public.api_key
    ADD CONSTRAINT api_key_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenant(tenant_id);
