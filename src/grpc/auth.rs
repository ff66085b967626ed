//! Who may call: a layer around all services. Whatever it lets through has the [`Identity`] of whoever asks in the
//! request's extensions; the services take the tenant from there and from nowhere else.
//!
//! A wrong key costs a look into the store. So an address that has sent too many is refused before that, unless it
//! sends a key that was found right before: behind one address may be many, of whom one is wrong.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::num::NonZero;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use http::header::AUTHORIZATION;
use http::request::Parts;
use http::{HeaderMap, Request, Response};
use tokio::sync::Semaphore;
use tonic::Status;
use tonic::body::Body;
use tonic::codegen::BoxFuture;
use tonic::transport::server::TcpConnectInfo;
use tower::{Layer, Service};

use super::roles::{Needed, is_allowed, needed};
use super::status;
use crate::access::identity::Identity;
use crate::access::key::Presented;
use crate::access::limit::Limiter;
use crate::access::ring::{KeyRing, Rejection};
use crate::domain::ids::KeyId;

/// Wrong keys of an address in a minute.
const WRONG_KEYS: NonZero<u32> = NonZero::new(30).expect("is above 0");
const LOOKUPS: usize = 8;
const MINUTE: Duration = Duration::from_mins(1);
const SECOND: Duration = Duration::from_secs(1);
/// Where a proxy says for whom it asks.
const FORWARDED_FOR: &str = "x-forwarded-for";

/// What is asked of those who ask.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Access {
    /// Whoever can reach the service may do everything as long as there is no key.
    pub is_open_without_keys: bool,
    /// The last address of `x-forwarded-for` is true: a proxy of ours wrote it.
    pub is_behind_proxy: bool,
    /// Requests of one key in a second. None: as many as come.
    pub requests_per_key: Option<NonZero<u32>>,
}

impl Access {
    /// For a service that nobody reaches but from this machine.
    pub const OPEN: Self = Self { is_open_without_keys: true, is_behind_proxy: false, requests_per_key: None };
}

/// Puts the check around a service.
#[derive(Debug, Clone)]
pub(super) struct AuthLayer(Arc<Doorkeeper>);

/// A service behind the check.
#[derive(Debug, Clone)]
pub(super) struct Guarded<S> {
    inner: S,
    doorkeeper: Arc<Doorkeeper>,
}

#[derive(Debug)]
struct Doorkeeper {
    keys: KeyRing,
    access: Access,
    wrong_keys: Limiter<IpAddr>,
    /// Keys that nobody has shown yet are looked up by so many at a time: less than the wrong ones that an address may
    /// show, so that the first requests with a right key, however many come at once, are not taken for wrong ones.
    lookups: Semaphore,
    requests: Option<Limiter<KeyId>>,
}

impl AuthLayer {
    pub fn new(keys: KeyRing, access: Access) -> Self {
        let requests = access.requests_per_key.map(|count| Limiter::new(count, SECOND));
        let (wrong_keys, lookups) = (Limiter::new(WRONG_KEYS, MINUTE), Semaphore::new(LOOKUPS));
        Self(Arc::new(Doorkeeper { keys, access, wrong_keys, lookups, requests }))
    }
}

impl<S> Layer<S> for AuthLayer {
    type Service = Guarded<S>;

    fn layer(&self, inner: S) -> Guarded<S> {
        Guarded { inner, doorkeeper: Arc::clone(&self.0) }
    }
}

impl<S> Service<Request<Body>> for Guarded<S>
where
    S: Service<Request<Body>, Response = Response<Body>> + Clone + Send + 'static,
    S::Future: Send,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = BoxFuture<Response<Body>, S::Error>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        // The one that was found ready.
        let fresh = self.inner.clone();
        let mut ready = std::mem::replace(&mut self.inner, fresh);
        let doorkeeper = Arc::clone(&self.doorkeeper);
        Box::pin(async move {
            let (mut parts, body) = request.into_parts();
            match doorkeeper.admit(&parts).await {
                Ok(identity) => {
                    // Nobody behind the door needs it.
                    parts.headers.remove(AUTHORIZATION);
                    if let Some(identity) = identity {
                        parts.extensions.insert(identity);
                    }
                    ready.call(Request::from_parts(parts, body)).await
                }
                Err(status) => Ok(status.into_http()),
            }
        })
    }
}

impl Doorkeeper {
    /// Who asks; None where nobody has to say so.
    async fn admit(&self, request: &Parts) -> Result<Option<Identity>, Status> {
        let needed = needed(request.uri.path());
        if needed == Some(Needed::Nothing) {
            return Ok(None);
        }
        let peer = self.peer(request);
        let identity = self.identify(&request.headers, peer).await?;
        self.count(&identity)?;
        match needed {
            Some(Needed::Roles(allowed)) if !is_allowed(identity.role, allowed) => {
                Err(status::role_not_allowed(identity.role, allowed))
            }
            Some(_) => Ok(Some(identity)),
            None => Err(Status::unimplemented("there is no such method")),
        }
    }

    async fn identify(&self, headers: &HeaderMap, peer: IpAddr) -> Result<Identity, Status> {
        if self.access.is_open_without_keys && !self.keys.has_keys().await.map_err(|it| status::store(&it))? {
            return Ok(Identity::anonymous());
        }
        let mut given = headers.get_all(AUTHORIZATION).iter();
        let text = given.next().ok_or_else(status::no_key)?.to_str().unwrap_or_default();
        let presented = bearer(text).and_then(Presented::read).filter(|_| given.next().is_none());
        let is_remembered = || presented.as_ref().is_some_and(|it| self.keys.remembers(it));
        // Never closed.
        let _turn = if is_remembered() { None } else { self.lookups.acquire().await.ok() };
        let is_remembered = is_remembered();
        if !is_remembered {
            self.wrong_keys.take(peer, Instant::now()).map_err(status::too_many_wrong_keys)?;
        }
        let found = match &presented {
            Some(presented) => self.keys.identify(presented).await,
            None => Err(Rejection::Wrong),
        };
        if !is_remembered && !matches!(found, Err(Rejection::Wrong)) {
            self.wrong_keys.give_back(&peer);
        }
        found.map_err(status::rejected)
    }

    fn count(&self, identity: &Identity) -> Result<(), Status> {
        let Some((requests, key_id)) = self.requests.as_ref().zip(identity.key_id.clone()) else { return Ok(()) };
        requests.take(key_id, Instant::now()).map_err(status::too_many_requests)
    }

    /// The address that wrong keys are counted for.
    fn peer(&self, request: &Parts) -> IpAddr {
        let forwarded = || {
            let last = request.headers.get_all(FORWARDED_FOR).iter().next_back()?;
            last.to_str().ok()?.rsplit(',').next()?.trim().parse().ok()
        };
        let connected = request.extensions.get::<TcpConnectInfo>().and_then(TcpConnectInfo::remote_addr);
        let named = if self.access.is_behind_proxy { forwarded() } else { None };
        network(named.or(connected.map(|address| address.ip())).unwrap_or(Ipv4Addr::UNSPECIFIED.into()))
    }
}

/// What stands behind `Bearer`.
fn bearer(text: &str) -> Option<&str> {
    let (scheme, key) = text.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(key)
}

/// Of IPv6 the first half: the rest is whatever a host likes.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
        address @ IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_stands_for_its_network() {
        let of = |text: &str| network(text.parse().unwrap()).to_string();
        assert_eq!(of("192.0.2.7"), "192.0.2.7");
        assert_eq!(of("::ffff:192.0.2.7"), "192.0.2.7");
        assert_eq!(of("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
    }

    #[test]
    fn the_scheme_is_bearer() {
        assert_eq!(bearer("Bearer x"), Some("x"));
        assert_eq!(bearer("bearer x"), Some("x"));
        assert_eq!((bearer("Basic x"), bearer("Bearer"), bearer("x")), (None, None, None));
    }
}
