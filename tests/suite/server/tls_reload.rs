//! Renewed certificates, while the service runs.

use std::fs;

use deltabook::grpc::v1;
use deltabook::grpc::v1::billing_service_client::BillingServiceClient;
use deltabook::net::limits::{ConnectionLimits, TLS_LOOK_INTERVAL};
use serde_json::json;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::{ClientTlsConfig, Endpoint};

use super::{ListeningServer, answers, records};
use crate::support::certificates::{Authority, files, mutual};
use crate::support::server::line;
use crate::support::wait::until;

fn encrypted(server: &ListeningServer, tls: ClientTlsConfig) -> Endpoint {
    let url = format!("https://localhost:{}", server.address.port());
    Endpoint::from_shared(url).unwrap().tls_config(tls).unwrap()
}

/// Until a new connection is believed by those who believe this authority.
async fn taken_up(server: &ListeningServer, authority: &Authority) {
    until(async || answers(encrypted(server, authority.client())).await).await;
}

#[tokio::test]
async fn renewed_tls_certificate_is_used_while_a_stream_continues() {
    let (folder, before, after) = (tempfile::tempdir().unwrap(), Authority::new(), Authority::new());
    let files = files(&folder, &before);
    let server = ListeningServer::start(Some(files.clone()), ConnectionLimits::default()).await;
    let channel = encrypted(&server, before.client()).connect().await.unwrap();
    let (batches, sent) = mpsc::channel(4);
    let batch = |number: i64| v1::StreamFactsRequest {
        batch_number: number,
        facts: vec![line("acme", &format!("L{number}"), json!({}))],
    };
    batches.send(batch(1)).await.unwrap();
    let stream = BillingServiceClient::new(channel.clone()).stream_facts(ReceiverStream::new(sent)).await;
    let mut answered = stream.unwrap().into_inner();
    assert_eq!(answered.message().await.unwrap().unwrap().batch_number, 1);

    after.issue().write(&files);
    taken_up(&server, &after).await;
    assert!(answers(encrypted(&server, before.client())).await.is_err());

    batches.send(batch(2)).await.unwrap();
    assert_eq!(answered.message().await.unwrap().unwrap().batch_number, 2);
    // And the connection carries new requests too.
    records(&channel).await.unwrap();
    drop((batches, answered, channel));
    server.finish().await;
}

#[tokio::test]
async fn incomplete_tls_files_leave_the_previous_ones_in_use() {
    let (folder, before, after) = (tempfile::tempdir().unwrap(), Authority::new(), Authority::new());
    let files = files(&folder, &before);
    let server = ListeningServer::start(Some(files.clone()), ConnectionLimits::default()).await;
    let pair = after.issue();
    let half = &pair.key[..pair.key.len() / 2];
    for (certificate, key) in [(&pair.certificate[..], None), ("", None), (&pair.certificate, Some(half))] {
        fs::write(&files.certificate, certificate).unwrap();
        if let Some(key) = key {
            fs::write(&files.key, key).unwrap();
        }
        tokio::time::sleep(2 * TLS_LOOK_INTERVAL).await;
        answers(encrypted(&server, before.client())).await.unwrap();
    }
    fs::remove_file(&files.key).unwrap();
    tokio::time::sleep(2 * TLS_LOOK_INTERVAL).await;
    answers(encrypted(&server, before.client())).await.unwrap();
    pair.write(&files);
    taken_up(&server, &after).await;
    server.finish().await;
}

#[tokio::test]
async fn revoked_tls_clients_are_refused_after_a_renewal() {
    let (folder, before, after) = (tempfile::tempdir().unwrap(), Authority::new(), Authority::new());
    let files = mutual(&folder, &before);
    let server = ListeningServer::start(Some(files.clone()), ConnectionLimits::default()).await;
    let (old, new) = (before.issue().identity(), after.issue().identity());
    let of = |identity: &tonic::transport::Identity| encrypted(&server, before.client().identity(identity.clone()));
    answers(of(&old)).await.unwrap();
    fs::write(files.client_ca.as_ref().unwrap(), after.certificate()).unwrap();
    until(async || answers(of(&new)).await).await;
    assert!(answers(of(&old)).await.is_err());
    server.finish().await;
}
