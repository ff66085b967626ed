-- Finance's overrides, for lists of them. They are few among the facts.
create index fact_override on fact (tenant_id, customer_id, fact_id, revision) where kind = 'OVERRIDE';
