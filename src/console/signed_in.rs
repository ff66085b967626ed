//! Extractor of the session of a request; without one it redirects to the sign-in page.

use std::net::SocketAddr;

use axum::extract::FromRequestParts;
use axum::http::header::COOKIE;
use axum::http::request::Parts;
use axum::http::uri::PathAndQuery;
use axum::http::{HeaderMap, Method};
use axum::response::{IntoResponse, Redirect, Response};
use tonic::transport::server::TcpConnectInfo;

use crate::access::authenticator::Refused;
use crate::access::identity::Identity;
use crate::access::key_cache::Rejection;
use crate::console::error_page::ErrorPage;
use crate::console::routes;
use crate::console::security::{host, is_loopback_name};
use crate::console::session::FormToken;
use crate::console::state::ConsoleState;
use crate::grpc::client::{AdminClient, BillingClient, Clients, FinanceClient, MovementClient};
use crate::grpc::roles;

/// A request with a valid session.
pub(super) struct SignedIn {
    pub identity: Identity,
    pub token: FormToken,
    ticket: String,
    state: ConsoleState,
}

impl SignedIn {
    pub fn movements(&self) -> MovementClient {
        self.clients().movements()
    }

    pub fn finance(&self) -> FinanceClient {
        self.clients().finance()
    }

    pub fn admin(&self) -> AdminClient {
        self.clients().admin()
    }

    pub fn billing(&self) -> BillingClient {
        self.clients().billing()
    }

    fn clients(&self) -> Clients {
        self.state.services.clients(self.identity.clone())
    }

    /// Tests that the role of the session may call a method such as `FinanceService/ClosePeriod`.
    pub fn may(&self, method: &str) -> bool {
        roles::may(&format!("/deltabook.v1.{method}"), self.identity.role)
    }

    /// Stores a message for the next page.
    pub fn set_notice(&self, notice: impl Into<String>) {
        self.state.sessions.set_notice(&self.ticket, notice.into());
    }

    /// Takes the message for this page.
    pub fn take_notice(&self) -> String {
        self.state.sessions.take_notice(&self.ticket)
    }

    /// Checks the CSRF token of a form.
    pub fn check_token(&self, token: &str) -> Result<(), ErrorPage> {
        if self.token.matches(token) { Ok(()) } else { Err(ErrorPage::expired_form()) }
    }
}

impl FromRequestParts<ConsoleState> for SignedIn {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &ConsoleState) -> Result<Self, Response> {
        // The target of a form is not a page to return to.
        let page = parts.uri.path_and_query().map(PathAndQuery::as_str).filter(|_| parts.method == Method::GET);
        let to_sign_in = || Redirect::to(&routes::sign_in(page)).into_response();
        let ticket = ticket(&parts.headers, state.is_encrypted).ok_or_else(to_sign_in)?;
        let session = state.sessions.find(ticket, state.clock.now()).ok_or_else(to_sign_in)?;
        // A session without a key is valid on this machine only, under a name that only this machine can have.
        if session.identity.key_id.is_none() && !is_loopback_name(host(&parts.headers, parts.uri.host())) {
            return Err(to_sign_in());
        }
        match state.authenticator.check_again(&session.identity).await {
            Ok(()) => {}
            Err(Refused::Rejected(Rejection::Store(_))) => return Err(ErrorPage::store_unavailable().into_page(None)),
            Err(_) => {
                state.sessions.end(ticket);
                return Err(to_sign_in());
            }
        }
        state.authenticator.count(&session.identity).map_err(|refused| ErrorPage::refused(&refused).into_page(None))?;
        Ok(Self { identity: session.identity, token: session.token, ticket: ticket.to_owned(), state: state.clone() })
    }
}

/// The name of the cookie. With TLS it has the prefix `__Host-`: browsers accept it from this host only.
pub(super) const fn cookie_name(is_encrypted: bool) -> &'static str {
    if is_encrypted { "__Host-deltabook" } else { "deltabook" }
}

/// The ticket of a session, from the cookie.
pub(super) fn ticket(headers: &HeaderMap, is_encrypted: bool) -> Option<&str> {
    let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|cookies| cookies.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == cookie_name(is_encrypted)).map(|(_, ticket)| ticket)
}

/// The address of the peer.
pub(super) fn peer_address(parts: &Parts) -> Option<std::net::IpAddr> {
    let connected = parts.extensions.get::<TcpConnectInfo>().and_then(TcpConnectInfo::remote_addr);
    connected.map(|address: SocketAddr| address.ip())
}
