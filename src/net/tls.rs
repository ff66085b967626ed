//! TLS: a certificate with its key, and whom else to believe. Renewed files are taken up while the service runs.

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

/// Where the certificate and its key are kept, all in PEM.
#[derive(Debug, Clone)]
pub struct TlsFiles {
    /// The server's certificate first, then those that lead to its authority.
    pub certificate: PathBuf,
    pub key: PathBuf,
    /// With it only clients get in whose certificate one of these authorities has issued.
    pub client_ca: Option<PathBuf>,
}

/// What is wrong with a file; never what stands in it.
#[derive(Debug, thiserror::Error)]
#[error("{}: {problem}", .path.display())]
pub struct TlsError {
    path: PathBuf,
    problem: String,
}

/// What new connections are encrypted with.
#[derive(Debug, Clone)]
pub struct Tls {
    current: watch::Receiver<Arc<ServerConfig>>,
}

impl Tls {
    /// Reads the files, and looks at them again every second from then on.
    ///
    /// # Errors
    /// The file with which no connection could be made.
    pub fn open(files: TlsFiles) -> Result<Self, TlsError> {
        let found = Found::in_files(&files)?;
        let (renewed, current) = watch::channel(Arc::new(found.config(&files)?));
        tokio::spawn(keep_up(files, found.digest(), renewed));
        Ok(Self { current })
    }

    pub(crate) fn current(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.current.borrow())
    }
}

/// Takes up what is renewed, until nobody uses it any more. What cannot be used is said once, and leaves everything as it
/// was: the certificate and its key are seldom written in one moment.
async fn keep_up(files: TlsFiles, seen: [u8; 32], renewed: watch::Sender<Arc<ServerConfig>>) {
    let mut seen = Ok(seen);
    loop {
        tokio::select! {
            () = renewed.closed() => return,
            () = tokio::time::sleep(TLS_LOOK_INTERVAL) => {}
        }
        let looking = files.clone();
        let looked = tokio::task::spawn_blocking(move || Found::in_files(&looking)).await;
        let Ok(found) = looked else { continue };
        let now = found.as_ref().map(Found::digest).map_err(ToString::to_string);
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

/// The files as they were found, not yet understood.
struct Found {
    certificate: Zeroizing<Vec<u8>>,
    key: Zeroizing<Vec<u8>>,
    client_ca: Option<Zeroizing<Vec<u8>>>,
}

impl Found {
    fn in_files(files: &TlsFiles) -> Result<Self, TlsError> {
        let client_ca = files.client_ca.as_deref().map(read).transpose()?;
        Ok(Self { certificate: read(&files.certificate)?, key: read(&files.key)?, client_ca })
    }

    /// The same for the same contents.
    fn digest(&self) -> [u8; 32] {
        let none = Zeroizing::default();
        let each = [&self.certificate, &self.key, self.client_ca.as_ref().unwrap_or(&none)];
        let digests = each.map(|contents| Sha256::digest(contents.as_slice()));
        Sha256::digest(digests.concat()).into()
    }

    fn config(&self, files: &TlsFiles) -> Result<ServerConfig, TlsError> {
        let chain = certificates(&files.certificate, &self.certificate)?;
        // What the library says of a key could repeat it.
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
        // A client's certificate is looked at each time: no session is taken up again without it.
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
        // Whoever confuses the files has a key in this one.
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
