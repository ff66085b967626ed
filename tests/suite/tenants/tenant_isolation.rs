//! Sets of books: nothing of one tenant is worth anything to another.

use deltabook::clock::Clock;
use deltabook::domain::ids::TenantId;
use deltabook::domain::role::Role;
use deltabook::grpc::v1;
use deltabook::ledger::verify::audit_trail::verify_audit_trail;
use deltabook::ledger::verify::verify;
use deltabook::store::audit::{AuditFilter, page};
use deltabook::store::db::Db;
use deltabook::store::events::sink::take_over;
use serde_json::json;
use tokio_stream::StreamExt;
use tonic::{Code, Status};
use tonic_types::StatusExt;

use super::store;
use crate::support::keys::{GUARDED, Key, Operator, tenant, with_key};
use crate::support::server::{TestServer, line};

/// Two tenants with an admin each; of one the customer pays 100, of the other 700.
async fn two_tenants() -> (TestServer, Operator, [Key; 2]) {
    let store = store();
    let operator = Operator::at(store.url()).await;
    operator.makes_tenant("acme").await;
    let keys =
        [operator.makes(&TenantId::only(), Role::Admin).await, operator.makes(&tenant("acme"), Role::Admin).await];
    let mut server = TestServer::start_with(store, Clock::system(), GUARDED).await;
    for (key, quantity) in keys.iter().zip(["1", "7"]) {
        let step = json!({"quantity": quantity, "unit_price": "100", "interval": {"unit": "MONTH", "count": 1}});
        let facts = vec![
            line("shared", "L1", json!({"price_steps": [step]})),
            line(&format!("only-of-{quantity}"), "L1", json!({"price_steps": [step]})),
        ];
        let request = v1::RecordFactsRequest { facts, ..Default::default() };
        let recorded = server.billing.record_facts(with_key(&key.text, request)).await.unwrap().into_inner();
        assert_eq!(recorded.movement_count, 4);
    }
    (server, operator, keys)
}

async fn list(
    server: &mut TestServer,
    key: &Key,
    request: v1::ListMovementsRequest,
) -> Result<v1::ListMovementsResponse, Status> {
    server.movements.list_movements(with_key(&key.text, request)).await.map(tonic::Response::into_inner)
}

#[tokio::test]
async fn tenant_sees_its_own_books_alone() {
    let (mut server, operator, [ours, theirs]) = two_tenants().await;
    let all = v1::ListMovementsRequest::default;
    let our_movements = list(&mut server, &ours, all()).await.unwrap().movements;
    let their_movements = list(&mut server, &theirs, all()).await.unwrap().movements;
    assert!(our_movements.iter().all(|it| it.mrr_delta == "100"), "{our_movements:?}");
    assert!(their_movements.iter().all(|it| it.mrr_delta == "700"), "{their_movements:?}");
    assert_eq!((our_movements.len(), their_movements.len()), (4, 4));

    let explain = |key: &Key, id: &str| with_key(&key.text, v1::ExplainMovementRequest { movement_id: id.to_owned() });
    let theirs_id = &their_movements[0].movement_id;
    assert!(server.movements.explain_movement(explain(&theirs, theirs_id)).await.is_ok());
    let refused = server.movements.explain_movement(explain(&ours, theirs_id)).await.unwrap_err();
    assert_eq!(refused.code(), Code::NotFound);

    let customer = |key: &Key, id: &str| with_key(&key.text, v1::GetCustomerRequest { customer_id: id.to_owned() });
    assert!(server.billing.get_customer(customer(&theirs, "only-of-7")).await.is_ok());
    let refused = server.billing.get_customer(customer(&ours, "only-of-7")).await.unwrap_err();
    assert_eq!(refused.code(), Code::NotFound);

    let mrr = v1::GetMrrRequest { date: "2026-06-30".to_owned(), ..Default::default() };
    for (key, expected) in [(&ours, "200"), (&theirs, "1400")] {
        let totals = server.movements.get_mrr(with_key(&key.text, mrr.clone())).await.unwrap().into_inner().totals;
        assert_eq!(totals.iter().map(|it| it.mrr.as_str()).collect::<Vec<_>>(), [expected]);
    }
    operator.db.close().await;
    let store = &server.store;
    let db = Db::open_existing(store.url()).await.unwrap();
    let theirs = verify(&db, &tenant("acme"), || {}).await.unwrap();
    assert_eq!((theirs.customers, theirs.differences), (2, Vec::new()));
    db.close().await;
    server.finish().await;
}

#[tokio::test]
async fn page_token_is_refused_for_another_tenant() {
    let (mut server, operator, [ours, theirs]) = two_tenants().await;
    let first = v1::ListMovementsRequest { page_size: 1, ..Default::default() };
    let token = list(&mut server, &theirs, first.clone()).await.unwrap().next_page_token;
    let next = v1::ListMovementsRequest { page_token: token, ..first };
    assert!(list(&mut server, &theirs, next.clone()).await.is_ok());
    let refused = list(&mut server, &ours, next).await.unwrap_err();
    assert_eq!(refused.get_details_bad_request().unwrap().field_violations[0].field, "page_token");

    operator.makes(&tenant("acme"), Role::Reader).await;
    let list_keys = |key: &Key, token: &str| {
        with_key(&key.text, v1::ListKeysRequest { page_size: 1, page_token: token.to_owned() })
    };
    let token = server.admin.list_keys(list_keys(&theirs, "")).await.unwrap().into_inner().next_page_token;
    assert_eq!(server.admin.list_keys(list_keys(&theirs, &token)).await.unwrap().into_inner().keys.len(), 1);
    assert_eq!(server.admin.list_keys(list_keys(&ours, &token)).await.unwrap_err().code(), Code::InvalidArgument);
    operator.db.close().await;
    server.finish().await;
}

#[tokio::test]
async fn keys_and_sinks_are_hidden_from_other_tenants() {
    let (mut server, operator, [ours, theirs]) = two_tenants().await;
    let revoke = v1::RevokeKeyRequest { key_id: theirs.id.to_string() };
    let refused = server.admin.revoke_key(with_key(&ours.text, revoke)).await.unwrap_err();
    assert_eq!(refused.code(), Code::NotFound);
    for (key, own) in [(&ours, &ours.id), (&theirs, &theirs.id)] {
        let listed = server.admin.list_keys(with_key(&key.text, v1::ListKeysRequest::default())).await.unwrap();
        let ids: Vec<String> = listed.into_inner().keys.into_iter().map(|key| key.key_id).collect();
        assert_eq!(ids, [own.to_string()]);
    }

    let mut tx = operator.db.write().await.unwrap();
    take_over(&mut tx, &tenant("acme"), "crm").await.unwrap();
    tx.commit().await.unwrap();
    let enable = || v1::EnableSinkRequest { sink: "crm".to_owned() };
    assert!(server.admin.enable_sink(with_key(&theirs.text, enable())).await.is_ok());
    assert_eq!(server.admin.enable_sink(with_key(&ours.text, enable())).await.unwrap_err().code(), Code::NotFound);
    let sinks = async |server: &mut TestServer, key: &Key| {
        let request = with_key(&key.text, v1::ListSinksRequest {});
        server.admin.list_sinks(request).await.unwrap().into_inner().sinks.len()
    };
    assert_eq!((sinks(&mut server, &theirs).await, sinks(&mut server, &ours).await), (1, 0));
    operator.db.close().await;
    server.finish().await;
}

#[tokio::test]
async fn watch_streams_the_journal_of_its_tenant_alone() {
    let (mut server, operator, [ours, theirs]) = two_tenants().await;
    for (key, expected) in [(&ours, "100"), (&theirs, "700")] {
        let watch = with_key(&key.text, v1::WatchMovementsRequest::default());
        let stream = server.movements.watch_movements(watch).await.unwrap().into_inner();
        let seen: Vec<v1::Movement> = stream.take(4).map(|it| it.unwrap().movement.unwrap()).collect().await;
        assert!(seen.iter().all(|it| it.mrr_delta == expected), "{seen:?}");
    }
    operator.db.close().await;
    server.finish().await;
}

#[tokio::test]
async fn audit_trail_records_created_keys_and_tenants() {
    let (server, operator, [_, theirs]) = two_tenants().await;
    let acme = tenant("acme");
    operator.revokes(&acme, &theirs).await;
    let mut tx = operator.db.read().await.unwrap();
    let mut rows = page(&mut tx, &acme, &AuditFilter::default(), None, 100).await.unwrap();
    tx.rollback().await.unwrap();
    rows.sort_by_key(|row| row.sequence);
    let shown: Vec<(&str, &str)> = rows.iter().map(|row| (row.action.as_str(), row.subject.as_str())).collect();
    let id = theirs.id.as_str();
    assert_eq!(shown, [("TENANT_CREATED", "acme"), ("KEY_CREATED", id), ("KEY_REVOKED", id)]);
    let secret = theirs.text.rsplit_once(id).unwrap().1;
    assert!(!format!("{rows:?}").contains(secret));
    assert_eq!(verify_audit_trail(&operator.db, &acme, None).await.unwrap().defect, None);
    operator.db.close().await;
    server.finish().await;
}

#[tokio::test]
async fn revision_is_recorded_with_its_key_as_actor() {
    let (mut server, operator, [_, theirs]) = two_tenants().await;
    let facts = vec![line("shared", "L1", json!({"revision": 1, "item_id": "other"}))];
    let mut request = with_key(&theirs.text, v1::RecordFactsRequest { facts: facts.clone(), ..Default::default() });
    request.metadata_mut().insert("x-request-id", "nightly-7".parse().unwrap());
    server.billing.record_facts(request).await.unwrap();
    let mut tx = operator.db.read().await.unwrap();
    let rows = page(&mut tx, &tenant("acme"), &AuditFilter::default(), None, 1).await.unwrap();
    tx.rollback().await.unwrap();
    let row = rows.first().unwrap();
    let who = format!("key {} (admin)", theirs.id);
    assert_eq!((row.actor.as_str(), row.request_id.as_str()), (who.as_str(), "nightly-7"));
    operator.db.close().await;
    server.finish().await;
}
