//! How a server is reached: which one is believed to be it, and who asks.

use std::fs;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::Args;
use tonic::transport::{Certificate, ClientTlsConfig, Endpoint, Identity};

/// Whom to believe on the way to a server, and who we are there.
#[derive(Debug, Args)]
pub struct TrustOptions {
    /// Believe a server of https:// if this authority has issued its certificate (PEM), instead of the machine's authorities
    #[arg(long, env = "DELTABOOK_CA_FILE", value_name = "FILE", hide_short_help = true)]
    ca_file: Option<PathBuf>,

    /// Our certificate (PEM), for a server that lets in only those who have one
    #[arg(
        long,
        env = "DELTABOOK_CLIENT_CERTIFICATE",
        value_name = "FILE",
        requires = "client_key",
        hide_short_help = true
    )]
    client_certificate: Option<PathBuf>,

    /// Its private key (PEM)
    #[arg(
        long,
        env = "DELTABOOK_CLIENT_KEY",
        value_name = "FILE",
        requires = "client_certificate",
        hide_short_help = true
    )]
    client_key: Option<PathBuf>,
}

impl TrustOptions {
    /// The server of this address, or of this URL.
    pub fn endpoint(&self, server: &str) -> anyhow::Result<Endpoint> {
        if server.contains('@') {
            bail!("the address of the server has no user or password in it");
        }
        let url = if server.contains("://") { server.to_owned() } else { format!("http://{server}") };
        let is_encrypted = url.starts_with("https://");
        let endpoint = Endpoint::from_shared(url).with_context(|| format!("{server} is not an address"))?;
        if !is_encrypted {
            return Ok(endpoint);
        }
        endpoint.tls_config(self.tls()?).context("TLS")
    }

    fn tls(&self) -> anyhow::Result<ClientTlsConfig> {
        let config = ClientTlsConfig::new();
        let config = match &self.ca_file {
            Some(path) => config.ca_certificate(Certificate::from_pem(read(path)?)),
            None => config.with_native_roots(),
        };
        let (Some(certificate), Some(key)) = (&self.client_certificate, &self.client_key) else { return Ok(config) };
        Ok(config.identity(Identity::from_pem(read(certificate)?, read(key)?)))
    }
}

/// Whether what is sent there is encrypted, or stays on this machine.
pub fn is_confidential(endpoint: &Endpoint) -> bool {
    let host = endpoint.uri().host().unwrap_or_default().trim_matches(['[', ']']);
    let is_here = host == "localhost" || host.parse().is_ok_and(|address: IpAddr| address.is_loopback());
    is_here || endpoint.uri().scheme_str() == Some("https")
}

fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}
