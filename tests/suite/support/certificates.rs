//! Authorities, and the certificates that they issue.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};

use deltabook::net::tls::TlsFiles;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair};
use tempfile::TempDir;
use time::{Duration, OffsetDateTime};
use tonic::transport::{Certificate, ClientTlsConfig, Identity};

/// No two have the same name.
static COUNT: AtomicU32 = AtomicU32::new(1);

pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

/// A certificate and its key, both in PEM.
pub struct Pair {
    pub certificate: String,
    pub key: String,
}

impl Authority {
    pub fn new() -> Self {
        let mut params = CertificateParams::new([]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let name = format!("authority {}", COUNT.fetch_add(1, Ordering::Relaxed));
        params.distinguished_name.push(DnType::CommonName, name);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        Self { issuer }
    }

    /// Of the authority itself.
    pub fn certificate(&self) -> String {
        self.issuer.pem()
    }

    /// For servers at `localhost`, and for clients.
    pub fn issue(&self) -> Pair {
        self.issue_until(OffsetDateTime::now_utc() + Duration::days(1))
    }

    pub fn issue_expired(&self) -> Pair {
        self.issue_until(OffsetDateTime::now_utc() - Duration::days(1))
    }

    fn issue_until(&self, end: OffsetDateTime) -> Pair {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(["localhost".to_owned()]).unwrap();
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        (params.not_before, params.not_after) = (end - Duration::days(30), end);
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        Pair { certificate: certificate.pem(), key: key.serialize_pem() }
    }

    /// Of a client that believes this authority.
    pub fn client(&self) -> ClientTlsConfig {
        ClientTlsConfig::new().ca_certificate(Certificate::from_pem(self.certificate())).domain_name("localhost")
    }
}

impl Pair {
    pub fn identity(&self) -> Identity {
        Identity::from_pem(&self.certificate, &self.key)
    }

    pub fn write(&self, files: &TlsFiles) {
        fs::write(&files.certificate, &self.certificate).unwrap();
        fs::write(&files.key, &self.key).unwrap();
    }
}

/// The files of a server, with a certificate of this authority.
pub fn files(folder: &TempDir, authority: &Authority) -> TlsFiles {
    let files = names(folder.path());
    authority.issue().write(&files);
    files
}

/// The same, where clients need a certificate of the same authority.
pub fn mutual(folder: &TempDir, authority: &Authority) -> TlsFiles {
    let client_ca = folder.path().join("clients.pem");
    fs::write(&client_ca, authority.certificate()).unwrap();
    TlsFiles { client_ca: Some(client_ca), ..files(folder, authority) }
}

fn names(folder: &Path) -> TlsFiles {
    TlsFiles { certificate: folder.join("server.pem"), key: folder.join("server.key"), client_ca: None }
}
