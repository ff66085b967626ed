//! Who may do what: keys, roles, limits.

use std::collections::BTreeMap;
use std::time::Duration;

use deltabook::access::authenticator::Access;
use deltabook::clock::Clock;
use deltabook::domain::ids::TenantId;
use deltabook::domain::role::Role;
use deltabook::grpc::DESCRIPTORS;
use deltabook::grpc::v1;
use prost::Message;
use prost_types::FileDescriptorSet;
use tonic::Code;
use tonic_types::StatusExt;

use super::store;
use crate::access::roles::documented;
use crate::support::canary;
use crate::support::keys::{GUARDED, Key, Operator, call, keep_secret, refusal, with_key};
use crate::support::server::TestServer;
use crate::support::wait::{holds, until};

const LIST_SINKS: &str = "/deltabook.v1.AdminService/ListSinks";
const HEALTH: &str = "/grpc.health.v1.Health/Check";
/// Every method of ours that the server serves.
fn methods() -> Vec<String> {
    let files = FileDescriptorSet::decode(DESCRIPTORS).unwrap().file;
    let services = files.iter().flat_map(|file| file.service.iter().map(move |service| (file.package(), service)));
    services
        .flat_map(|(package, service)| {
            service.method.iter().map(move |method| format!("/{package}.{}/{}", service.name(), method.name()))
        })
        .collect()
}

fn wrong(key: &Key) -> String {
    let end = if key.text.ends_with('A') { "B" } else { "A" };
    format!("{}{end}", &key.text[..key.text.len() - 1])
}

#[tokio::test]
async fn each_method_requires_a_key_with_its_role() {
    let store = store();
    let operator = Operator::at(store.url()).await;
    operator.makes_tenant("other").await;
    let (ours, other) = (TenantId::only(), crate::support::keys::tenant("other"));
    let mut keys = BTreeMap::new();
    for role in Role::ALL {
        keys.insert(*role, [operator.makes(&ours, *role).await, operator.makes(&other, *role).await]);
    }
    let expired = operator.makes_expired(&ours, Role::Admin).await;
    let revoked = operator.makes_revoked(&ours, Role::Admin).await;
    let [admin, _] = keys[&Role::Admin].clone();
    let unknown = format!("dbk_{}_{}", "0".repeat(24), "A".repeat(43));
    let server = TestServer::start_with(store, Clock::system(), GUARDED).await;
    let (methods, documented) = (methods(), documented());
    assert_eq!(methods.len(), documented.len());
    for (number, method) in methods.iter().enumerate() {
        // Wrong keys are counted by address.
        let address = format!("192.0.2.{number}");
        let call = async |key: Option<&str>| call(&server.channel, method, key, &address).await;
        let unauthenticated = |reason: &str| (Code::Unauthenticated, reason.to_owned());
        assert_eq!(refusal(call(None).await), unauthenticated("NO_KEY"), "{method}");
        for (key, reason) in [
            ("", "WRONG_KEY"),
            ("nonsense", "WRONG_KEY"),
            (&unknown, "WRONG_KEY"),
            (&wrong(&admin), "WRONG_KEY"),
            (&wrong(&expired), "WRONG_KEY"),
            (&expired.text, "KEY_EXPIRED"),
            (&revoked.text, "KEY_REVOKED"),
        ] {
            assert_eq!(refusal(call(Some(key)).await), unauthenticated(reason), "{method} {key}");
        }
        for (role, of_both) in &keys {
            for key in of_both {
                let answer = call(Some(&key.text)).await;
                if documented[method].contains(role) {
                    let code = answer.map_or_else(|status| status.code(), |()| Code::Ok);
                    assert!(!matches!(code, Code::Unauthenticated | Code::PermissionDenied), "{method} {role}");
                } else {
                    let refused = (Code::PermissionDenied, "ROLE_NOT_ALLOWED".to_owned());
                    assert_eq!(refusal(answer), refused, "{method} {role}");
                }
            }
        }
    }
    operator.db.close().await;
    server.finish().await;
}

#[tokio::test]
async fn unknown_methods_require_a_key() {
    let store = store();
    let operator = Operator::at(store.url()).await;
    let reader = operator.makes(&TenantId::only(), Role::Reader).await;
    let server = TestServer::start_with(store, Clock::system(), GUARDED).await;
    let call = async |path: &str, key: Option<&str>| call(&server.channel, path, key, "192.0.2.1").await;
    assert!(call(HEALTH, None).await.is_ok());
    for reflection in ["v1", "v1alpha"] {
        let path = format!("/grpc.reflection.{reflection}.ServerReflection/ServerReflectionInfo");
        assert_eq!(refusal(call(&path, None).await), (Code::Unauthenticated, "NO_KEY".to_owned()));
        assert!(call(&path, Some(&reader.text)).await.is_ok());
    }
    for unknown in ["/deltabook.v1.AdminService/DropEverything", "/deltabook.v1.Nothing/ListSinks", "/x"] {
        assert_eq!(refusal(call(unknown, None).await).0, Code::Unauthenticated, "{unknown}");
        assert_eq!(refusal(call(unknown, Some(&reader.text)).await).0, Code::Unimplemented, "{unknown}");
    }
    operator.db.close().await;
    server.finish().await;
}

#[tokio::test]
async fn key_is_shown_once_and_refused_when_revoked() {
    let mut server = TestServer::start(store()).await;
    let create = |name: &str, role: v1::Role| v1::CreateKeyRequest {
        name: name.to_owned(),
        role: role.into(),
        expires_at: None,
    };
    // As long as there is no key, none is needed; then one is, at once.
    let admin = server.admin.create_key(create("first", v1::Role::Admin)).await.unwrap().into_inner();
    assert_eq!(refusal(server.admin.list_sinks(v1::ListSinksRequest {}).await.map(drop)).1, "NO_KEY");
    let made = with_key(&admin.secret, create("second", v1::Role::Reader));
    let made = server.admin.create_key(made).await.unwrap().into_inner();
    keep_secret(&admin.secret);
    keep_secret(&made.secret);
    canary::check(&format!("{made:?}"));
    let reader = made.key.unwrap();
    let first = admin.key.unwrap();
    assert_eq!((first.created_by.as_str(), first.name.as_str(), first.role()), ("anonymous", "first", v1::Role::Admin));
    assert_eq!(reader.created_by, format!("key {} (first)", first.key_id));

    let list_sinks = || with_key(&made.secret, v1::ListSinksRequest {});
    server.admin.list_sinks(list_sinks()).await.unwrap();
    let revoke = |key_id: &str| with_key(&admin.secret, v1::RevokeKeyRequest { key_id: key_id.to_owned() });
    let revoked = server.admin.revoke_key(revoke(&reader.key_id)).await.unwrap().into_inner().key.unwrap();
    assert_eq!(revoked.revoked_by, reader.created_by);
    assert_eq!(refusal(server.admin.list_sinks(list_sinks()).await.map(drop)).1, "KEY_REVOKED");
    let again = server.admin.revoke_key(revoke(&reader.key_id)).await.unwrap().into_inner().key.unwrap();
    assert_eq!(again, revoked);
    assert_eq!(server.admin.revoke_key(revoke("nobody")).await.unwrap_err().code(), Code::NotFound);

    // The second was used last: that is noted soon.
    until(async || {
        let list = with_key(&admin.secret, v1::ListKeysRequest::default());
        let listed = server.admin.list_keys(list).await.unwrap().into_inner().keys;
        let ids: Vec<&str> = listed.iter().map(|key| key.key_id.as_str()).collect();
        assert_eq!(ids, [&first.key_id, &reader.key_id]);
        holds(listed.iter().all(|key| key.last_used_at.is_some()), listed)
    })
    .await;
    server.finish().await;
}

#[tokio::test]
async fn key_changes_of_another_process_take_effect() {
    let server = TestServer::start(store()).await;
    let operator = Operator::at(server.store.url()).await;
    let until_refused = async |key: Option<&str>, reason: &str| {
        until(async || {
            let answer = call(&server.channel, LIST_SINKS, key, "").await.map_err(|it| refusal(Err(it)).1);
            holds(answer == Err(reason.to_owned()), answer)
        })
        .await;
    };
    assert!(call(&server.channel, LIST_SINKS, None, "").await.is_ok());
    let key = operator.makes(&TenantId::only(), Role::Reader).await;
    until_refused(None, "NO_KEY").await;
    assert!(call(&server.channel, LIST_SINKS, Some(&key.text), "").await.is_ok());
    operator.revokes(&TenantId::only(), &key).await;
    until_refused(Some(&key.text), "KEY_REVOKED").await;
    // A store whose keys are all revoked is not open again.
    assert_eq!(refusal(call(&server.channel, LIST_SINKS, None, "").await).1, "NO_KEY");
    operator.db.close().await;
    server.finish().await;
}

#[tokio::test]
async fn open_streams_end_when_their_key_is_revoked() {
    let mut server = TestServer::start(store()).await;
    let operator = Operator::at(server.store.url()).await;
    let open = server.movements.watch_movements(v1::WatchMovementsRequest::default()).await.unwrap();
    let key = operator.makes(&TenantId::only(), Role::Billing).await;
    let reason =
        async |mut stream: tonic::Streaming<v1::WatchMovementsResponse>| refusal(stream.message().await.map(drop)).1;
    assert_eq!(reason(open.into_inner()).await, "NO_KEY");
    let watch = with_key(&key.text, v1::WatchMovementsRequest::default());
    let watching = server.movements.watch_movements(watch).await.unwrap().into_inner();
    let (_batches, sent) = tokio::sync::mpsc::channel(1);
    let batches = tokio_stream::wrappers::ReceiverStream::new(sent);
    let mut streaming = server.billing.stream_facts(with_key(&key.text, batches)).await.unwrap().into_inner();
    operator.revokes(&TenantId::only(), &key).await;
    assert_eq!(reason(watching).await, "KEY_REVOKED");
    assert_eq!(refusal(streaming.message().await.map(drop)).1, "KEY_REVOKED");
    operator.db.close().await;
    server.finish().await;
}

#[tokio::test]
async fn key_request_violations_are_reported_by_field() {
    let mut server = TestServer::start(store()).await;
    let past = Some(prost_types::Timestamp { seconds: 1, nanos: 0 });
    let request = v1::CreateKeyRequest { name: "two words".to_owned(), role: 99, expires_at: past };
    let refused = server.admin.create_key(request).await.unwrap_err();
    let fields = refused.get_details_bad_request().unwrap().field_violations;
    let fields: Vec<&str> = fields.iter().map(|it| it.field.as_str()).collect();
    assert_eq!((refused.code(), fields), (Code::InvalidArgument, vec!["name", "role", "expires_at"]));
    // No key was made: none is required.
    assert_eq!(server.admin.list_keys(v1::ListKeysRequest::default()).await.unwrap().into_inner().keys, []);
    server.finish().await;
}

#[tokio::test]
async fn wrong_keys_are_rate_limited_by_network() {
    let store = store();
    let operator = Operator::at(store.url()).await;
    let key = operator.makes(&TenantId::only(), Role::Reader).await;
    let server = TestServer::start_with(store, Clock::system(), GUARDED).await;
    let call = async |key: &str, address: &str| call(&server.channel, LIST_SINKS, Some(key), address).await;
    assert!(call(&key.text, "2001:db8:1:2::3").await.is_ok());
    let wrong = wrong(&key);
    let mut refusals = Vec::new();
    for number in 0..200 {
        // Hosts of one network.
        let address = format!("2001:db8:1:2::{number:x}");
        refusals.push(call(&wrong, &address).await.unwrap_err());
    }
    let count = |code| refusals.iter().filter(|status| status.code() == code).count();
    assert_eq!(count(Code::Unauthenticated) + count(Code::ResourceExhausted), 200);
    assert!(count(Code::Unauthenticated) >= 30 && count(Code::ResourceExhausted) >= 100, "{refusals:?}");
    let last = refusals.last().unwrap();
    assert_eq!(last.get_details_error_info().unwrap().reason, "TOO_MANY_WRONG_KEYS");
    assert!(last.get_details_retry_info().unwrap().retry_delay.unwrap() > Duration::ZERO);
    // A key that was accepted before still is, and so are those of other networks.
    assert!(call(&key.text, "2001:db8:1:2::3").await.is_ok());
    // A key that was not used yet is refused with the wrong ones, unless another attempt has come due meanwhile.
    let unused = until(async || {
        until(async || holds(refusal(call(&wrong, "2001:db8:1:2::3").await).1 == "TOO_MANY_WRONG_KEYS", ())).await;
        let unused = operator.makes(&TenantId::only(), Role::Reader).await;
        match call(&unused.text, "2001:db8:1:2::3").await {
            Err(refused) => Ok((unused, refused)),
            Ok(()) => Err("another attempt had come due"),
        }
    });
    let (unused, refused) = unused.await;
    assert_eq!(refusal(Err(refused)).1, "TOO_MANY_WRONG_KEYS");
    assert!(call(&unused.text, "2001:db8:1:3::3").await.is_ok());
    assert_eq!(refusal(call(&wrong, "2001:db8:1:3::3").await).1, "WRONG_KEY");
    operator.db.close().await;
    server.finish().await;
}

#[tokio::test]
async fn key_requests_are_rate_limited() {
    let store = store();
    let operator = Operator::at(store.url()).await;
    let busy = operator.makes(&TenantId::only(), Role::Reader).await;
    let other = operator.makes(&TenantId::only(), Role::Reader).await;
    let access = Access { requests_per_key: std::num::NonZero::new(2), ..GUARDED };
    let server = TestServer::start_with(store, Clock::system(), access).await;
    let call = |key| call(&server.channel, LIST_SINKS, Some(key), "192.0.2.1");
    let answers = futures_util::future::join_all((0..100).map(|_| call(&busy.text))).await;
    assert!(answers.iter().any(Result::is_ok));
    let refused = answers.into_iter().find(Result::is_err).unwrap();
    assert_eq!(refusal(refused), (Code::ResourceExhausted, "TOO_MANY_REQUESTS".to_owned()));
    assert!(call(&other.text).await.is_ok());
    operator.db.close().await;
    server.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_requests_with_a_new_key_are_accepted() {
    let store = store();
    let operator = Operator::at(store.url()).await;
    let key = operator.makes(&TenantId::only(), Role::Reader).await;
    let server = TestServer::start_with(store, Clock::system(), GUARDED).await;
    // On a busy machine the database may not keep up with so many: that is no refusal of the key.
    let answered = async || match call(&server.channel, LIST_SINKS, Some(&key.text), "192.0.2.1").await {
        Err(status) if status.code() == Code::Unavailable => Err(status),
        answer => Ok(answer),
    };
    for answer in futures_util::future::join_all((0..200).map(|_| until(&answered))).await {
        answer.unwrap();
    }
    server.finish().await;
}

#[tokio::test]
async fn whole_key_as_id_or_name_is_refused_and_not_echoed() {
    let mut server = TestServer::start(store()).await;
    let key = format!("dbk_{}_{}", "0".repeat(24), "A".repeat(43));
    let revoking = server.admin.revoke_key(v1::RevokeKeyRequest { key_id: key.clone() }).await.unwrap_err();
    let named = v1::CreateKeyRequest { name: key.clone(), role: v1::Role::Admin.into(), expires_at: None };
    let naming = server.admin.create_key(named).await.unwrap_err();
    for (refused, field) in [(revoking, "key_id"), (naming, "name")] {
        assert_eq!(refused.code(), Code::InvalidArgument);
        let details = refused.get_details_bad_request().unwrap().field_violations;
        assert_eq!(details.first().map(|it| it.field.as_str()), Some(field));
        assert!(!format!("{refused:?}").contains(&key), "{refused}");
    }
    server.finish().await;
}

/// PostgreSQL takes no NUL, and no instant of the year 300,000: what a store cannot take is refused before.
#[tokio::test]
async fn values_that_a_store_cannot_hold_are_refused_by_field() {
    let mut server = TestServer::start(store()).await;
    let far = Some(prost_types::Timestamp { seconds: -8_334_601_228_800, nanos: 0 });
    let sink = "a\0".to_owned();
    let actor = v1::ListAuditEntriesRequest { actor: sink.clone(), ..v1::ListAuditEntriesRequest::default() };
    let from = v1::ListAuditEntriesRequest { recorded_from: far, ..v1::ListAuditEntriesRequest::default() };
    let mrr = v1::GetMrrRequest { as_known_at: far, ..v1::GetMrrRequest::default() };
    let deliveries = v1::ListDeliveriesRequest { sink: sink.clone(), ..v1::ListDeliveriesRequest::default() };
    let redrive =
        v1::RedriveDeliveriesRequest { sink: sink.clone(), dead: true, ..v1::RedriveDeliveriesRequest::default() };
    let refusals = [
        ("actor", server.finance.list_audit_entries(actor).await.map(drop)),
        ("recorded_from", server.finance.list_audit_entries(from).await.map(drop)),
        ("as_known_at", server.movements.get_mrr(mrr).await.map(drop)),
        ("sink", server.admin.list_deliveries(deliveries).await.map(drop)),
        ("sink", server.admin.redrive_deliveries(redrive).await.map(drop)),
        ("sink", server.admin.enable_sink(v1::EnableSinkRequest { sink }).await.map(drop)),
    ];
    for (field, answer) in refusals {
        let refused = answer.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument, "{field}: {refused}");
        let details = refused.get_details_bad_request().unwrap().field_violations;
        assert_eq!(details.first().map(|it| it.field.as_str()), Some(field));
    }
    server.finish().await;
}
