//! Who may call: a layer around the gRPC services. Whatever it lets through has the [`Identity`] of whoever asks in the
//! request's extensions; the services take the tenant from there and from nowhere else.
//!
//! Pages have a door of their own, with the same lock: what is under [`PAGES`] passes here.

use std::net::SocketAddr;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::request::Parts;
use http::{HeaderMap, Request, Response, StatusCode, Version};
use tonic::Status;
use tonic::body::Body;
use tonic::codegen::BoxFuture;
use tonic::transport::server::TcpConnectInfo;
use tower::{Layer, Service};

use crate::access::authenticator::Authenticator;
use crate::access::identity::Identity;
use crate::grpc::roles::{Needed, check, needed};
use crate::grpc::status;

/// Where the pages are; the first page of all leads there. No gRPC service can have such a path.
pub const PAGES: &str = "/console";

/// Puts the check around a service.
#[derive(Debug, Clone)]
pub(super) struct AuthLayer(pub Arc<Authenticator>);

/// A service behind the check.
#[derive(Debug, Clone)]
pub(super) struct Guarded<S> {
    inner: S,
    door: Arc<Authenticator>,
}

impl<S> Layer<S> for AuthLayer {
    type Service = Guarded<S>;

    fn layer(&self, inner: S) -> Guarded<S> {
        Guarded { inner, door: Arc::clone(&self.0) }
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
        if is_page(request.uri().path()) {
            return Box::pin(ready.call(request));
        }
        if !is_grpc(&request) {
            let mut refused = Response::new(Body::empty());
            *refused.status_mut() = StatusCode::UNSUPPORTED_MEDIA_TYPE;
            return Box::pin(async move { Ok(refused) });
        }
        let door = Arc::clone(&self.door);
        Box::pin(async move {
            let (mut parts, body) = request.into_parts();
            match admit(&door, &parts).await {
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

/// Whether a client of gRPC asks. What pages of other sites can make a browser send is not of HTTP/2 without TLS, and not of
/// this kind: a server that is open to its machine must not be open to the browser on it.
fn is_grpc(request: &Request<Body>) -> bool {
    let kind = request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    request.version() == Version::HTTP_2 && kind.is_some_and(|kind| kind.starts_with("application/grpc"))
}

/// Whether it is a path of the pages.
fn is_page(path: &str) -> bool {
    path == "/" || path.strip_prefix(PAGES).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Who asks; None where nobody has to say so.
async fn admit(door: &Authenticator, request: &Parts) -> Result<Option<Identity>, Status> {
    let path = request.uri.path();
    if needed(path) == Some(Needed::Nothing) {
        return Ok(None);
    }
    let identity = identify(door, request).await?;
    door.count(&identity)?;
    check(path, identity.role)?;
    Ok(Some(identity))
}

async fn identify(door: &Authenticator, request: &Parts) -> Result<Identity, Status> {
    if door.is_open().await? {
        return Ok(Identity::anonymous());
    }
    let connected = request.extensions.get::<TcpConnectInfo>().and_then(TcpConnectInfo::remote_addr);
    let peer = door.peer(&request.headers, connected.map(|address: SocketAddr| address.ip()));
    let key = bearer(&request.headers)?;
    Ok(door.identify(key, peer).await?)
}

/// The key of a request; one that is not as it must be is as good as a wrong one.
fn bearer(headers: &HeaderMap) -> Result<&str, Status> {
    let mut given = headers.get_all(AUTHORIZATION).iter();
    let text = given.next().ok_or_else(status::no_key)?.to_str().unwrap_or_default();
    Ok(behind_bearer(text).filter(|_| given.next().is_none()).unwrap_or_default())
}

/// What stands behind `Bearer`.
fn behind_bearer(text: &str) -> Option<&str> {
    let (scheme, key) = text.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scheme_is_bearer() {
        assert_eq!(behind_bearer("Bearer x"), Some("x"));
        assert_eq!(behind_bearer("bearer x"), Some("x"));
        assert_eq!((behind_bearer("Basic x"), behind_bearer("Bearer"), behind_bearer("x")), (None, None, None));
    }

    #[test]
    fn pages_are_where_no_service_is() {
        for page in ["/", "/console", "/console/", "/console/movements/7"] {
            assert!(is_page(page), "{page}");
        }
        for other in ["", "/consoles", "/console.v1.X/Y", "/deltabook.v1.MovementService/GetMrr", "//console"] {
            assert!(!is_page(other), "{other}");
        }
    }
}
