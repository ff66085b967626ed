//! The policy of the books, set over gRPC and at the command line; and what else an administrator does that is audited.

use deltabook::grpc::v1;
use serde_json::json;
use tonic::Code;

use super::store;
use crate::support::program::Folder;
use crate::support::server::{TestServer, line};

fn update(time_zone: &str, lapse_grace_days: Option<i32>, reason: &str) -> v1::UpdateTenantPolicyRequest {
    v1::UpdateTenantPolicyRequest { time_zone: time_zone.to_owned(), lapse_grace_days, reason: reason.to_owned() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tenant_policy_change_derives_all_customers_again() {
    let mut server = TestServer::start(store()).await;
    server.record(vec![line("acme", "L1", json!({"end_date": "2026-02-01"}))]).await.unwrap();
    for (wrong, field) in [
        (update("Mars/Olympus", None, "moved"), "time_zone"),
        (update("", Some(-1), "moved"), "lapse_grace_days"),
        (update("", Some(65_536), "moved"), "lapse_grace_days"),
        (update("Europe/Berlin", None, " "), "reason"),
    ] {
        let refused = server.admin.update_tenant_policy(wrong).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument);
        assert!(refused.message().starts_with(field), "{refused}");
    }
    let set = server.admin.update_tenant_policy(update("Europe/Berlin", Some(30), "as in our terms")).await.unwrap();
    let set = set.into_inner();
    // At each level, the churn: reversed, and posted as provisional.
    assert_eq!((set.customer_count, set.entry_count), (1, 4));
    let tenant = server.admin.get_tenant(v1::GetTenantRequest {}).await.unwrap().into_inner().tenant.unwrap();
    assert_eq!(set.tenant.as_ref(), Some(&tenant));
    assert_eq!((&*tenant.tenant_id, &*tenant.time_zone, tenant.lapse_grace_days), ("default", "Europe/Berlin", 30));
    // What is set already changes nothing, and is not audited.
    let again = server.admin.update_tenant_policy(update("Europe/Berlin", None, "again")).await.unwrap().into_inner();
    assert_eq!((again.customer_count, again.entry_count), (0, 0));
    let trail = server.finance.list_audit_entries(v1::ListAuditEntriesRequest::default()).await.unwrap().into_inner();
    let shown: Vec<String> =
        trail.entries.iter().map(|it| format!("{} by {}: {} → {}", it.reason, it.actor, it.before, it.after)).collect();
    assert_eq!(
        shown,
        [
            " by anonymous:  → 1 customers, 4 entries".to_owned(),
            "as in our terms by anonymous: time_zone UTC, lapse_grace_days 0 → time_zone Europe/Berlin, \
             lapse_grace_days 30"
                .to_owned()
        ]
    );
    server.finish().await;
}

/// Lines that end, each of another customer.
fn facts() -> String {
    let line = |number| crate::support::ledger::line(&format!("customer-{number}"), json!({"end_date": "2026-02-01"}));
    (0..50).map(|number| line(number).to_string() + "\n").collect()
}

#[test]
fn tenant_policy_command_shows_and_sets() {
    let folder = Folder::new().on(store());
    folder.write("facts.jsonl", &facts());
    assert_eq!(folder.run("tenants create acme").stderr, "created tenant acme\n");
    assert_eq!(folder.ask("tenants policy --tenant acme"), "tenant acme, time zone UTC, lapse grace days 0\n");
    let set = folder.run("tenants policy --tenant acme --lapse-grace-days 14 --reason terms");
    assert_eq!(set.stdout, "tenant acme, time zone UTC, lapse grace days 14\n");
    assert_eq!(set.stderr, "derived 0 customers again, posted 0 journal entries\n");
    // All of it has one actor and one audit entry.
    assert!(folder.run("import facts.jsonl").stderr.contains("50 facts recorded"));
    let set = folder.run("tenants policy --lapse-grace-days 14 --reason terms");
    assert_eq!(set.stderr, "derived 50 customers again, posted 200 journal entries\n");
    assert_eq!(folder.rows("audit list --action policy_replayed").len(), 1);
    assert_eq!(folder.ask("tenants policy --tenant acme"), "tenant acme, time zone UTC, lapse grace days 14\n");
}
