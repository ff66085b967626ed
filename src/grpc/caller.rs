//! Who asks, as the services see it.

use tonic::{Request, Status};

use crate::access::identity::Identity;
use crate::domain::actor::Actor;
use crate::domain::ids::RequestId;
use crate::grpc::status;

/// The caller's name for a request, in its metadata.
const REQUEST_ID: &str = "x-request-id";

/// Whoever the check at the door let in; nobody else gets anything.
pub(super) fn identity<T>(request: &Request<T>) -> Result<Identity, Status> {
    request.extensions().get::<Identity>().cloned().ok_or_else(status::no_key)
}

/// Who asks, and by which request: the caller's name for it where that is an id, or one that is made here.
pub(super) fn actor<T>(request: &Request<T>) -> Result<Actor, Status> {
    let name = identity(request)?.actor;
    let named = request.metadata().get(REQUEST_ID).and_then(|id| id.to_str().ok());
    let named = named.filter(|id| RequestId::parse(id).is_ok());
    let request_id = named.map_or_else(fresh, str::to_owned);
    Ok(Actor { name, request_id: request_id.into() })
}

/// Unlike that of any other request.
fn fresh() -> String {
    getrandom::u64().map_or_else(|_| String::new(), |number| format!("{number:016x}"))
}
