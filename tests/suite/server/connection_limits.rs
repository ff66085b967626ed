//! Limits of connections: idle, malformed and too many, beside well-behaved clients.

use std::time::{Duration, Instant};

use deltabook::grpc::v1;
use deltabook::grpc::v1::billing_service_client::BillingServiceClient;
use deltabook::net::limits::{ConnectionLimits, RESETS_AHEAD, TIME_FOR_A_RESET};
use http::uri::PathAndQuery;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Code;
use tonic::transport::Endpoint;
use tonic_types::StatusExt;

use super::{ListeningServer, answers, closed, records};
use crate::support::certificates::{Authority, files};
use crate::support::http2_frames;
use crate::support::program::{Folder, ServerProcess};
use crate::support::server::line;
use crate::support::wait::{PATIENCE, until};

const SOON: Duration = Duration::from_millis(200);
/// A limit that is met by what ends it, and by nothing that is answered on a busy machine.
const LATER: Duration = Duration::from_secs(5);
const NEVER: Duration = Duration::from_hours(1);

#[tokio::test]
async fn connection_without_handshake_is_closed() {
    let (folder, authority) = (tempfile::tempdir().unwrap(), Authority::new());
    let limits = ConnectionLimits { handshake_time: SOON, ..ConnectionLimits::default() };
    for tls in [None, Some(files(&folder, &authority))] {
        let is_plain = tls.is_none();
        let server = ListeningServer::start(tls, limits).await;
        // The beginning of HTTP/2, and of TLS.
        let half: [&[u8]; 2] = [b"PRI * HTTP/2.0\r\n", &[22, 3, 1, 2, 0, 1]];
        for beginning in [&b""[..], half[usize::from(!is_plain)]] {
            let mut connection = server.connect().await;
            connection.write_all(beginning).await.unwrap();
            closed(connection).await;
        }
        server.finish().await;
    }
}

#[tokio::test]
async fn connection_without_http_is_closed_at_once() {
    let limits = ConnectionLimits { handshake_time: NEVER, ..ConnectionLimits::default() };
    let server = ListeningServer::start(None, limits).await;
    let mut connection = server.connect().await;
    connection.write_all(b"\0SSH-2.0-OpenSSH_9.2p1 Debian\r\n").await.unwrap();
    assert_eq!(closed(connection).await, b"");
    server.finish().await;
}

#[tokio::test]
async fn idle_browser_connection_is_closed() {
    let limits = ConnectionLimits { request_time: LATER, ..ConnectionLimits::default() };
    let server = ListeningServer::start(None, limits).await;
    let mut connection = server.connect().await;
    connection.write_all(b"GET /console/sign-in HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    let answer = String::from_utf8(closed(connection).await).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("</html>"), "{answer}");
    server.finish().await;
}

#[tokio::test]
async fn oldest_pending_handshakes_make_room() {
    const HANDSHAKES: usize = 8;
    let limits = ConnectionLimits { handshake_time: NEVER, handshakes: HANDSHAKES, ..ConnectionLimits::default() };
    let server = ListeningServer::start(None, limits).await;
    let mut silent = Vec::new();
    for _ in 0..10 * HANDSHAKES {
        silent.push(server.connect().await);
    }
    // The first of these takes the place of one more, and leaves it to the next.
    for _ in 0..3 {
        answers(server.endpoint()).await.unwrap();
    }
    let kept = silent.split_off(silent.len() - (HANDSHAKES - 1));
    for connection in silent {
        closed(connection).await;
    }
    for connection in &kept {
        assert!(connection.try_read(&mut [0]).is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock));
    }
    server.finish().await;
}

#[tokio::test]
async fn connections_above_the_limit_are_refused() {
    let limits = ConnectionLimits { connections: 4, connections_of_one_address: 3, ..ConnectionLimits::default() };
    let server = ListeningServer::start(None, limits).await;
    let mut held = Vec::new();
    for _ in 0..limits.connections_of_one_address {
        let channel = server.endpoint().connect().await.unwrap();
        records(&channel).await.unwrap();
        held.push(channel);
    }
    for _ in 0..20 {
        assert!(answers(server.endpoint()).await.is_err());
    }
    for channel in &held {
        records(channel).await.unwrap();
    }
    // Another address still gets in.
    answers(endpoint_from("127.0.0.2", &server)).await.unwrap();
    drop(held.pop());
    // A place that is free again is given again.
    until(async || answers(server.endpoint()).await).await;
    drop(held);
    server.finish().await;
}

/// By a client of this address.
fn endpoint_from(address: &str, server: &ListeningServer) -> Endpoint {
    server.endpoint().local_address(Some(address.parse().unwrap()))
}

#[tokio::test]
async fn idle_stream_ends_with_a_reason() {
    let limits = ConnectionLimits { stream_idle_time: LATER, ..ConnectionLimits::default() };
    let server = ListeningServer::start(None, limits).await;
    let channel = server.endpoint().connect().await.unwrap();
    let (batches, sent) = mpsc::channel(4);
    let first = v1::StreamFactsRequest { batch_number: 1, facts: vec![line("acme", "L1", json!({}))] };
    batches.send(first).await.unwrap();
    let stream = BillingServiceClient::new(channel.clone()).stream_facts(ReceiverStream::new(sent)).await;
    let mut answered = stream.unwrap().into_inner();
    assert_eq!(answered.message().await.unwrap().unwrap().recorded_count, 1);
    let ended = answered.message().await.unwrap_err();
    assert_eq!(
        (ended.code(), ended.message()),
        (Code::DeadlineExceeded, "nothing came for 5 seconds; begin another stream")
    );
    assert_eq!(ended.get_details_error_info().unwrap().reason, "STREAM_IDLE");
    // Only the stream ends.
    records(&channel).await.unwrap();
    drop((batches, answered, channel));
    server.finish().await;
}

#[tokio::test]
async fn unfinished_request_is_ended() {
    let limits = ConnectionLimits { request_time: LATER, ..ConnectionLimits::default() };
    let server = ListeningServer::start(None, limits).await;
    let channel = server.endpoint().connect().await.unwrap();
    let mut client = tonic::client::Grpc::new(channel.clone());
    client.ready().await.unwrap();
    // Its headers come, and then nothing.
    let request = tonic::Request::new(tokio_stream::pending::<v1::RecordFactsRequest>());
    let method = PathAndQuery::from_static("/deltabook.v1.BillingService/RecordFacts");
    let codec = tonic_prost::ProstCodec::<_, v1::RecordFactsResponse>::default();
    let ended = tokio::time::timeout(PATIENCE, client.client_streaming(request, method, codec)).await.unwrap();
    assert_eq!(ended.unwrap_err().code(), Code::Cancelled);
    records(&channel).await.unwrap();
    drop((client, channel));
    server.finish().await;
}

#[tokio::test]
async fn rapid_resets_slow_their_own_connection_alone() {
    const RESETS: u32 = 5_000;
    let server = ListeningServer::plain().await;
    let mut bad = server.connect().await;
    let mut frames = http2_frames::begin();
    http2_frames::resets(&mut frames, 1, RESETS);
    http2_frames::ping(&mut frames, *b"answered");
    let began = Instant::now();
    let flood = tokio::spawn(async move {
        bad.write_all(&frames).await.unwrap();
        let mut output = Vec::new();
        // Its connection stays, and the ping behind all those requests is answered.
        while !output.windows(8).any(|it| it == b"answered") {
            assert_ne!(
                bad.read_buf(&mut output).await.unwrap(),
                0,
                "it was closed: {}",
                String::from_utf8_lossy(&output)
            );
        }
    });
    let others = server.endpoint().connect().await.unwrap();
    let mut answered = 0;
    while !flood.is_finished() {
        records(&others).await.unwrap();
        answered += 1;
    }
    flood.await.unwrap();
    // Nothing can make this shorter but reading on.
    let paused = (TIME_FOR_A_RESET * RESETS).checked_sub(RESETS_AHEAD).unwrap() / 2;
    assert!(began.elapsed() >= paused, "{:?}", began.elapsed());
    assert!(answered > 0, "no other client was answered");
    drop(others);
    server.finish().await;
}

// The server is a process of its own, and the test waits for it in between.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn server_recovers_from_exhausted_file_handles() {
    let folder = Folder::new();
    let mut serving = ServerProcess::start_under(&folder, "ulimit -n 64");
    let address = serving.url.trim_start_matches("http://").to_owned();
    // Accepted by the system, not by the server.
    let mut held = Vec::new();
    for _ in 0..100 {
        let mut connection = TcpStream::connect(&address).await.unwrap();
        connection.write_all(b"PRI").await.unwrap();
        held.push(connection);
    }
    assert!(serving.next_line().contains("cannot accept connections"));
    drop(held);
    let endpoint = Endpoint::from_shared(serving.url.clone()).unwrap();
    tokio::time::timeout(PATIENCE, answers(endpoint)).await.expect("it is dead").unwrap();
    serving.terminate();
    assert_eq!(serving.ended().0, Some(0));
}
