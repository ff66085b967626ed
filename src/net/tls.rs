//! TLS: certificate, private key and client authorities, reloaded when the files change.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use secrecy::zeroize::Zeroizing;
use sha2::{Digest, Sha256};
use tokio::sync::watch;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use tokio_rustls::rustls::{self, RootCertStore, ServerConfig};

use crate::net::limits::{MAX_TLS_FILE_BYTES, TLS_LOOK_INTERVAL};

/// Paths of the certificate and its key, in PEM.
#[derive(Debug, Clone)]
pub struct TlsFiles {
    /// Certificate chain, the server's own first.
    pub certificate: PathBuf,
    pub key: PathBuf,
    /// Authorities of client certificates; given, a client certificate is required.
    pub client_ca: Option<PathBuf>,
}

/// Error in a file, without its contents.
#[derive(Debug, thiserror::Error)]
#[error("{}: {problem}", .path.display())]
pub struct TlsError {
    path: PathBuf,
    problem: String,
}

/// Current TLS configuration for new connections.
#[derive(Debug, Clone)]
pub struct Tls {
    current: watch::Receiver<Arc<ServerConfig>>,
}

impl Tls {
    /// Reads the files, and checks them for changes every second.
    ///
    /// # Errors
    /// The file that cannot be used.
    pub fn open(files: TlsFiles) -> Result<Self, TlsError> {
        let found = FileContents::in_files(&files)?;
        let (renewed, current) = watch::channel(Arc::new(found.config(&files)?));
        tokio::spawn(reload_changes(files, found.digest(), renewed));
        Ok(Self { current })
    }

    pub(crate) fn current(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.current.borrow())
    }
}

/// Reloads changed files until the configuration is dropped. Unusable files are logged once and change nothing: the
/// certificate and its key are rarely written at the same moment.
async fn reload_changes(files: TlsFiles, seen: [u8; 32], renewed: watch::Sender<Arc<ServerConfig>>) {
    let mut seen = Ok(seen);
    loop {
        tokio::select! {
            () = renewed.closed() => return,
            () = tokio::time::sleep(TLS_LOOK_INTERVAL) => {}
        }
        let looking = files.clone();
        let looked = tokio::task::spawn_blocking(move || FileContents::in_files(&looking)).await;
        let Ok(found) = looked else { continue };
        let now = found.as_ref().map(FileContents::digest).map_err(ToString::to_string);
        if now == seen {
            continue;
        }
        seen = now;
        match found.and_then(|found| found.config(&files)) {
            Ok(config) => {
                renewed.send_replace(Arc::new(config));
                tracing::info!(certificate = %files.certificate.display(), "new connections get the renewed certificate");
            }
            Err(error) => tracing::error!(%error, "the renewed TLS files cannot be used; the earlier ones stay"),
        }
    }
}

/// Contents of the files, not yet parsed.
struct FileContents {
    certificate: Zeroizing<Vec<u8>>,
    key: Zeroizing<Vec<u8>>,
    client_ca: Option<Zeroizing<Vec<u8>>>,
}

impl FileContents {
    fn in_files(files: &TlsFiles) -> Result<Self, TlsError> {
        let client_ca = files.client_ca.as_deref().map(read).transpose()?;
        Ok(Self { certificate: read(&files.certificate)?, key: read(&files.key)?, client_ca })
    }

    /// Digest of the contents.
    fn digest(&self) -> [u8; 32] {
        let none = Zeroizing::default();
        let each = [&self.certificate, &self.key, self.client_ca.as_ref().unwrap_or(&none)];
        let digests = each.map(|contents| Sha256::digest(contents.as_slice()));
        Sha256::digest(digests.concat()).into()
    }

    fn config(&self, files: &TlsFiles) -> Result<ServerConfig, TlsError> {
        let chain = certificates(&files.certificate, &self.certificate)?;
        // The library's error could repeat the key.
        let key = PrivateKeyDer::from_pem_slice(&self.key)
            .map_err(|_| wrong(&files.key, "there is no private key in it, or it is encrypted; it is wanted in PEM"))?;
        let provider = Arc::new(ring::default_provider());
        let config = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| wrong(&files.certificate, error))?;
        let config = match (&files.client_ca, &self.client_ca) {
            (Some(path), Some(contents)) => {
                let verifier = WebPkiClientVerifier::builder_with_provider(authorities(path, contents)?, provider);
                config.with_client_cert_verifier(verifier.build().map_err(|error| wrong(path, error))?)
            }
            _ => config.with_no_client_auth(),
        };
        let mut config = config.with_single_cert(chain, key).map_err(|error| match error {
            rustls::Error::InconsistentKeys(_) => {
                wrong(&files.key, format!("the key does not belong to {}", files.certificate.display()))
            }
            error => wrong(&files.certificate, error),
        })?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        // No session resumption: a client certificate is checked on each connection.
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        Ok(config)
    }
}

fn authorities(path: &Path, contents: &[u8]) -> Result<Arc<RootCertStore>, TlsError> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(path, contents)? {
        roots.add(certificate).map_err(|error| wrong(path, error))?;
    }
    Ok(Arc::new(roots))
}

fn certificates(path: &Path, contents: &[u8]) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(contents).collect();
    match found {
        Ok(found) if !found.is_empty() => Ok(found),
        // A key in place of a certificate is a frequent mistake.
        Ok(_) | Err(_) => Err(wrong(path, "there is no certificate in it, or a broken one; it is wanted in PEM")),
    }
}

fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>, TlsError> {
    let mut contents = Zeroizing::new(Vec::new());
    let read = File::open(path).and_then(|file| file.take(MAX_TLS_FILE_BYTES).read_to_end(&mut contents));
    match read {
        Ok(length) if u64::try_from(length).is_ok_and(|length| length < MAX_TLS_FILE_BYTES) => Ok(contents),
        Ok(_) => Err(wrong(path, "it is larger than 1 MiB")),
        Err(error) => Err(wrong(path, format!("cannot be read: {error}"))),
    }
}

fn wrong(path: &Path, problem: impl ToString) -> TlsError {
    TlsError { path: path.to_owned(), problem: problem.to_string() }
}
