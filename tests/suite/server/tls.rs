//! Who gets in with TLS, and who does not.

use std::sync::Arc;

use deltabook::net::limits::ConnectionLimits;
use deltabook::net::tls::{Tls, TlsFiles};
use tokio::io::AsyncWriteExt;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use tonic::transport::{ClientTlsConfig, Endpoint};

use super::{ListeningServer, answers, closed};
use crate::support::certificates::{Authority, files, mutual};
use crate::support::program::Folder;

fn encrypted(server: &ListeningServer, tls: ClientTlsConfig) -> Endpoint {
    let url = format!("https://localhost:{}", server.address.port());
    Endpoint::from_shared(url).unwrap().tls_config(tls).unwrap()
}

async fn start(files: TlsFiles) -> ListeningServer {
    ListeningServer::start(Some(files), ConnectionLimits::default()).await
}

#[tokio::test]
async fn tls_server_is_trusted_through_its_authority() {
    let (folder, ours, other) = (tempfile::tempdir().unwrap(), Authority::new(), Authority::new());
    let server = start(files(&folder, &ours)).await;
    answers(encrypted(&server, ours.client())).await.unwrap();
    let refused = answers(encrypted(&server, other.client())).await.unwrap_err();
    assert!(refused.contains("invalid peer certificate"), "{refused}");
    let elsewhere = answers(encrypted(&server, ours.client().domain_name("books.example.com"))).await.unwrap_err();
    assert!(elsewhere.contains("not valid for name"), "{elsewhere}");
    server.finish().await;
}

#[tokio::test]
async fn mutual_tls_accepts_clients_of_its_authority_alone() {
    let (folder, ours, other) = (tempfile::tempdir().unwrap(), Authority::new(), Authority::new());
    let server = start(mutual(&folder, &ours)).await;
    answers(encrypted(&server, ours.client().identity(ours.issue().identity()))).await.unwrap();
    for (wrong, why) in [
        (ours.client(), "CertificateRequired"),
        (ours.client().identity(ours.issue_expired().identity()), "CertificateExpired"),
        // Of an authority that has the name of ours, but not its key.
        (ours.client().identity(other.issue().identity()), "UnknownCA"),
    ] {
        let refused = answers(encrypted(&server, wrong)).await.expect_err(why);
        assert!(refused.contains(why), "{why}: {refused}");
    }
    server.finish().await;
}

#[tokio::test]
async fn plain_connections_to_a_tls_port_are_refused() {
    let (folder, authority) = (tempfile::tempdir().unwrap(), Authority::new());
    let (encrypting, plain) = (start(files(&folder, &authority)).await, ListeningServer::plain().await);
    assert!(answers(encrypting.endpoint()).await.is_err(), "plain text to the port with TLS");
    assert!(answers(encrypted(&plain, authority.client())).await.is_err(), "TLS to the port without");
    let mut connection = encrypting.connect().await;
    connection.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await.unwrap();
    let sent = closed(connection).await;
    // An alert, and nothing of HTTP.
    assert_eq!(sent.first(), Some(&21), "{sent:?}");
    encrypting.finish().await;
    plain.finish().await;
}

#[tokio::test]
async fn tls_versions_negotiate_http_alone() {
    let (folder, authority) = (tempfile::tempdir().unwrap(), Authority::new());
    let server = start(files(&folder, &authority)).await;
    for version in [&TLS12, &TLS13] {
        for (protocol, is_spoken) in [("h2", true), ("http/1.1", true), ("http/1.0", false), ("spdy/3", false)] {
            let mut roots = RootCertStore::empty();
            roots.add(CertificateDer::from_pem_slice(authority.certificate().as_bytes()).unwrap()).unwrap();
            let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
            let config = ClientConfig::builder_with_provider(provider).with_protocol_versions(&[version]).unwrap();
            let mut config = config.with_root_certificates(roots).with_no_client_auth();
            config.alpn_protocols = vec![protocol.as_bytes().to_vec()];
            let name = ServerName::try_from("localhost").unwrap();
            let connected = TlsConnector::from(Arc::new(config)).connect(name, server.connect().await).await;
            assert_eq!(connected.is_ok(), is_spoken, "{version:?} {protocol}");
        }
    }
    server.finish().await;
}

#[tokio::test]
async fn invalid_tls_files_are_named_and_not_printed() {
    let (folder, authority) = (tempfile::tempdir().unwrap(), Authority::new());
    let good = mutual(&folder, &authority);
    let other = folder.path().join("other.key");
    std::fs::write(&other, authority.issue().key).unwrap();
    let empty = folder.path().join("empty.pem");
    std::fs::write(&empty, "").unwrap();
    let torn = folder.path().join("torn.key");
    let key = std::fs::read_to_string(&good.key).unwrap();
    std::fs::write(&torn, &key[..key.len() / 2]).unwrap();
    let (missing, large) = (folder.path().join("missing.pem"), std::path::PathBuf::from("/dev/zero"));
    let certificate = |path: &std::path::Path| TlsFiles { certificate: path.to_owned(), ..good.clone() };
    let key_of = |path: &std::path::Path| TlsFiles { key: path.to_owned(), ..good.clone() };
    for (files, named, why) in [
        (certificate(&missing), &missing, "cannot be read: No such file"),
        (certificate(&empty), &empty, "there is no certificate in it"),
        (certificate(&good.key), &good.key, "there is no certificate in it"),
        (certificate(&large), &large, "larger than 1 MiB"),
        (key_of(&good.certificate), &good.certificate, "there is no private key in it"),
        (key_of(&torn), &torn, "there is no private key in it"),
        (key_of(&other), &other, "the key does not belong to"),
        (TlsFiles { client_ca: Some(empty.clone()), ..good.clone() }, &empty, "there is no certificate in it"),
    ] {
        let error = Tls::open(files).unwrap_err().to_string();
        assert!(error.starts_with(&format!("{}: ", named.display())) && error.contains(why), "{error}");
        assert!(!key.lines().any(|line| error.contains(line)), "{error}");
    }
}

#[test]
fn commands_connect_with_tls() {
    let (folder, authority) = (Folder::new(), Authority::new());
    let (server, client) = (authority.issue(), authority.issue());
    for (name, text) in [
        ("server.pem", &server.certificate),
        ("server.key", &server.key),
        ("client.pem", &client.certificate),
        ("client.key", &client.key),
        ("ca.pem", &authority.certificate()),
    ] {
        folder.write(name, text);
    }
    let options = "--tls-certificate server.pem --tls-key server.key --tls-client-ca ca.pem";
    let mut serving = crate::support::program::ServerProcess::start_with(&folder, options);
    let port = serving.url.rsplit(':').next().unwrap();
    let asked = format!("mrr --server https://localhost:{port}");
    let trusted = format!("{asked} --ca-file ca.pem --client-certificate client.pem --client-key client.key");
    assert_eq!(folder.ask(&trusted), "no results\n");
    for wrong in ["", "--ca-file ca.pem", "--ca-file server.key", "--ca-file no.pem"] {
        let output = folder.run(&format!("{asked} {wrong}"));
        assert_eq!((output.code, output.stdout.as_str()), (Some(1), ""), "{wrong}: {}", output.stderr);
        assert!(output.stderr.starts_with("error: "), "{wrong}: {}", output.stderr);
    }
    serving.terminate();
    assert_eq!(serving.ended(), (Some(0), "deltabook stopped\n".to_owned()));
    let half = folder.run("serve --listen 127.0.0.1:0 --tls-certificate server.pem");
    assert!(half.stderr.contains("--tls-key"), "{}", half.stderr);
    let swapped = folder.run("serve --listen 127.0.0.1:0 --tls-certificate server.pem --tls-key client.key");
    assert_eq!(swapped.stderr, "error: TLS: client.key: the key does not belong to server.pem\n");
}
