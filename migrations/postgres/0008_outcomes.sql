-- Outcomes that the rules decide are columns of an entry: statements add up, and decide nothing.

-- The beginning or the end of activity (R8): BEGAN or ENDED. Null: neither.
alter table entry add column activity_change text collate "C";
-- The outcome of a term that ended, at CONTRACT level. RENEWED: its MRR was carried over (R9), renewed_mrr_micros; LAPSED: its
-- MRR was lost at a natural end (R11), -delta_micros. Null: no term ended.
alter table entry add column renewal_outcome text collate "C";

-- Existing entries, by the same rules. The table is rewritten once; an update would leave each row twice. The time grows
-- with the journal.
set local statement_timeout = 0;
alter table entry
    alter column activity_change type text collate "C" using
        case category when 'NEW' then 'BEGAN' when 'CHURN' then 'ENDED' end,
    alter column renewal_outcome type text collate "C" using case
        when level = 'CONTRACT' and category = 'RENEWAL' then 'RENEWED'
        when level = 'CONTRACT' and category in ('DOWNSELL', 'CHURN') and jsonb_path_exists(causes, '$[*].natural_end')
            then 'LAPSED'
    end,
    add check (activity_change in ('BEGAN', 'ENDED')),
    add check (renewal_outcome in ('RENEWED', 'LAPSED')),
    add check (renewal_outcome is null or level = 'CONTRACT'),
    add check (renewal_outcome is distinct from 'RENEWED' or renewed_mrr_micros is not null);

create or replace view journal as
select
    tenant_id, customer_id, sequence as movement_id, recorded_at, posting_date, effective_date, reverses, level,
    category, subcategory, subscription_id, line_id, item_id, currency,
    delta_micros * 0.000001 as delta,
    mrr_before_micros * 0.000001 as mrr_before,
    mrr_after_micros * 0.000001 as mrr_after,
    quantity_before::numeric as quantity_before,
    quantity_after::numeric as quantity_after,
    quantity_effect_micros * 0.000001 as quantity_effect,
    price_effect_micros * 0.000001 as price_effect,
    renewed_mrr_micros * 0.000001 as renewed_mrr,
    causes, rules, provisional_until, activity_change, renewal_outcome
from entry;
