//! TLS options of a client: trusted authorities and client certificate.

use std::fs;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::Args;
use tonic::transport::{Certificate, ClientTlsConfig, Endpoint, Identity};

/// TLS options of the connection to a server.
#[derive(Debug, Args)]
pub struct TlsClientOptions {
    /// Certificate authority to trust for https:// servers (PEM) [default: the authorities of this machine]
    #[arg(long, env = "DELTABOOK_CA_FILE", value_name = "FILE", hide_short_help = true)]
    ca_file: Option<PathBuf>,

    /// Client certificate (PEM), for servers that require mutual TLS
    #[arg(
        long,
        env = "DELTABOOK_CLIENT_CERTIFICATE",
        value_name = "FILE",
        requires = "client_key",
        hide_short_help = true
    )]
    client_certificate: Option<PathBuf>,

    /// Private key of the client certificate (PEM)
    #[arg(
        long,
        env = "DELTABOOK_CLIENT_KEY",
        value_name = "FILE",
        requires = "client_certificate",
        hide_short_help = true
    )]
    client_key: Option<PathBuf>,
}

impl TlsClientOptions {
    /// The endpoint of an address or a URL.
    pub fn endpoint(&self, server: &str) -> anyhow::Result<Endpoint> {
        if server.contains('@') {
            bail!("the address of a server cannot contain a user or a password");
        }
        let url = if server.contains("://") { server.to_owned() } else { format!("http://{server}") };
        let is_encrypted = url.starts_with("https://");
        let endpoint = Endpoint::from_shared(url).with_context(|| format!("{server} is not a valid address"))?;
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

/// Tests that a connection is encrypted or stays on this machine.
pub fn is_confidential(endpoint: &Endpoint) -> bool {
    let host = endpoint.uri().host().unwrap_or_default().trim_matches(['[', ']']);
    let is_here = host == "localhost" || host.parse().is_ok_and(|address: IpAddr| address.is_loopback());
    is_here || endpoint.uri().scheme_str() == Some("https")
}

fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}
