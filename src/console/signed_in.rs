//! The door of each page: a visit of somebody who has signed in.

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
use crate::console::error_page::Problem;
use crate::console::routes;
use crate::console::security::{host, is_this_machine};
use crate::console::session::FormToken;
use crate::console::state::Desk;
use crate::grpc::client::{AdminClient, BillingClient, Clients, FinanceClient, MovementClient};
use crate::grpc::roles;

/// A visit.
pub(super) struct Visit {
    pub who: Identity,
    pub token: FormToken,
    ticket: String,
    desk: Desk,
}

impl Visit {
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
        self.desk.services.clients(self.who.clone())
    }

    /// Whether who visits may call a method, such as `FinanceService/ClosePeriod`.
    pub fn may(&self, method: &str) -> bool {
        roles::may(&format!("/deltabook.v1.{method}"), self.who.role)
    }

    /// Leaves word of what was done for the next page.
    pub fn tell(&self, news: impl Into<String>) {
        self.desk.sessions.tell(&self.ticket, news.into());
    }

    /// What is to be told, once.
    pub fn news(&self) -> String {
        self.desk.sessions.news(&self.ticket)
    }

    /// Whether a form came from a page of this session.
    pub fn check(&self, token: &str) -> Result<(), Problem> {
        if self.token.is(token) { Ok(()) } else { Err(Problem::old_form()) }
    }
}

impl FromRequestParts<Desk> for Visit {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, desk: &Desk) -> Result<Self, Response> {
        // What a form leads to is no page.
        let page = parts.uri.path_and_query().map(PathAndQuery::as_str).filter(|_| parts.method == Method::GET);
        let to_sign_in = || Redirect::to(&routes::sign_in(page)).into_response();
        let ticket = ticket(&parts.headers, desk.is_encrypted).ok_or_else(to_sign_in)?;
        let session = desk.sessions.find(ticket, desk.clock.now()).ok_or_else(to_sign_in)?;
        // Who needs no key must be at this machine, and no page of another site that goes by its name.
        if session.who.key_id.is_none() && !is_this_machine(host(&parts.headers, parts.uri.host())) {
            return Err(to_sign_in());
        }
        match desk.door.check_again(&session.who).await {
            Ok(()) => {}
            Err(Refused::Rejected(Rejection::Store(_))) => return Err(Problem::no_store().into_page(None)),
            Err(_) => {
                desk.sessions.end(ticket);
                return Err(to_sign_in());
            }
        }
        desk.door.count(&session.who).map_err(|refused| Problem::refused(&refused).into_page(None))?;
        Ok(Self { who: session.who, token: session.token, ticket: ticket.to_owned(), desk: desk.clone() })
    }
}

/// The name of the cookie. Where everything is encrypted, browsers take `__Host-` from nobody but this host.
pub(super) const fn cookie_name(is_encrypted: bool) -> &'static str {
    if is_encrypted { "__Host-deltabook" } else { "deltabook" }
}

/// The ticket of a session, as the browser keeps it.
pub(super) fn ticket(headers: &HeaderMap, is_encrypted: bool) -> Option<&str> {
    let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|cookies| cookies.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == cookie_name(is_encrypted)).map(|(_, ticket)| ticket)
}

/// The address of who asks.
pub(super) fn address(parts: &Parts) -> Option<std::net::IpAddr> {
    let connected = parts.extensions.get::<TcpConnectInfo>().and_then(TcpConnectInfo::remote_addr);
    connected.map(|address: SocketAddr| address.ip())
}
