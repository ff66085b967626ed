-- Outcomes that the rules decide are columns of an entry: statements add up, and decide nothing.

-- The beginning or the end of activity (R8): BEGAN or ENDED. Null: neither.
alter table entry add column activity_change text check (activity_change in ('BEGAN', 'ENDED'));
-- The outcome of a term that ended, at CONTRACT level. RENEWED: its MRR was carried over (R9), renewed_mrr_micros; LAPSED: its
-- MRR was lost at a natural end (R11), -delta_micros. Null: no term ended.
alter table entry add column renewal_outcome text check (
    renewal_outcome is null
    or (level = 'CONTRACT' and (renewal_outcome = 'LAPSED' or (renewal_outcome = 'RENEWED' and renewed_mrr_micros is not null))));

-- Existing entries, by the same rules. The time grows with the journal.
drop trigger entry_changed;
update entry set
    activity_change = case category when 'NEW' then 'BEGAN' when 'CHURN' then 'ENDED' end,
    renewal_outcome = case
        when level = 'CONTRACT' and category = 'RENEWAL' then 'RENEWED'
        when level = 'CONTRACT' and category in ('DOWNSELL', 'CHURN') and exists (
            select 1 from json_each(causes) as cause where cause.value ->> '$.natural_end' is not null) then 'LAPSED'
    end
where category in ('NEW', 'CHURN') or (level = 'CONTRACT' and category in ('RENEWAL', 'DOWNSELL'));
create trigger entry_changed before update on entry
begin select raise(abort, 'rows of entry are never changed or deleted'); end;
