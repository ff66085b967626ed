//! Authentication of requests by API key. The identity it returns is the only source of a request's tenant.
//!
//! A wrong key costs a query. So an address that has sent too many wrong keys is refused before the query, unless it
//! sends a key that was valid before: many clients may share an address with one that is misconfigured.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::num::NonZero;
use std::time::{Duration, Instant};

use http::HeaderMap;
use tokio::sync::Semaphore;

use crate::access::identity::Identity;
use crate::access::key::PresentedKey;
use crate::access::key_cache::{Ended, KeyCache, Rejection};
use crate::access::rate_limiter::RateLimiter;
use crate::domain::ids::KeyId;
use crate::store::error::StoreError;

/// Wrong keys allowed from an address in a minute.
const WRONG_KEYS: NonZero<u32> = NonZero::new(30).expect("is above 0");
/// Concurrent queries for keys that are not cached.
const LOOKUPS: usize = 8;
const MINUTE: Duration = Duration::from_mins(1);
const SECOND: Duration = Duration::from_secs(1);
/// Header in which a proxy forwards the client's address.
const FORWARDED_FOR: &str = "x-forwarded-for";

/// Access policy of a service.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Access {
    /// Every client has full access as long as no key exists.
    pub is_open_without_keys: bool,
    /// The last address of `x-forwarded-for` is trusted: the operator's proxy wrote it.
    pub is_behind_proxy: bool,
    /// Requests of one key in a second; None: unlimited.
    pub requests_per_key: Option<NonZero<u32>>,
}

impl Access {
    /// Policy of a service that only this machine can reach.
    pub const OPEN: Self = Self { is_open_without_keys: true, is_behind_proxy: false, requests_per_key: None };
}

/// Failed authentication, or a rate limit.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    #[error("a key is needed")]
    NoKey,
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// With the time to wait.
    #[error("too many wrong keys came from this address; try again later")]
    TooManyWrongKeys(Duration),
    /// With the time to wait.
    #[error("this key was used more often than it may be; try again later")]
    TooManyRequests(Duration),
}

/// Authenticates requests and applies the rate limits.
#[derive(Debug)]
pub struct Authenticator {
    pub access: Access,
    keys: KeyCache,
    wrong_keys: RateLimiter<IpAddr>,
    /// Bounds concurrent queries for keys that are not cached, below the number of wrong keys allowed from an address:
    /// a burst of first requests with a valid key must not count as wrong keys.
    lookups: Semaphore,
    requests: Option<RateLimiter<KeyId>>,
}

impl Authenticator {
    #[must_use]
    pub fn new(keys: KeyCache, access: Access) -> Self {
        let requests = access.requests_per_key.map(|count| RateLimiter::new(count, SECOND));
        let (wrong_keys, lookups) = (RateLimiter::new(WRONG_KEYS, MINUTE), Semaphore::new(LOOKUPS));
        Self { access, keys, wrong_keys, lookups, requests }
    }

    /// Tells if requests without a key are accepted.
    pub async fn is_open(&self) -> Result<bool, StoreError> {
        Ok(self.access.is_open_without_keys && !self.keys.has_keys().await?)
    }

    /// Authenticates a key sent from an address.
    pub async fn identify(&self, key: &str, peer: IpAddr) -> Result<Identity, Refused> {
        let presented = PresentedKey::parse(key);
        let is_remembered = || presented.as_ref().is_some_and(|it| self.keys.remembers(it));
        // Never closed.
        let _turn = if is_remembered() { None } else { self.lookups.acquire().await.ok() };
        let is_remembered = is_remembered();
        if !is_remembered {
            self.wrong_keys.take(peer, Instant::now()).map_err(Refused::TooManyWrongKeys)?;
        }
        let found = match &presented {
            Some(presented) => self.keys.identify(presented).await,
            None => Err(Rejection::Wrong),
        };
        if !is_remembered && !matches!(found, Err(Rejection::Wrong)) {
            self.wrong_keys.refund(&peer);
        }
        Ok(found?)
    }

    /// Authenticates an identity again, after its key may have ended.
    pub async fn check_again(&self, identity: &Identity) -> Result<(), Refused> {
        self.keys.check_again(identity).await.map_err(|ended| match ended {
            Ended::NeedsKey => Refused::NoKey,
            Ended::Rejected(rejection) => Refused::Rejected(rejection),
        })
    }

    /// Counts a request against the key's rate limit.
    pub fn count(&self, identity: &Identity) -> Result<(), Refused> {
        let Some((requests, key_id)) = self.requests.as_ref().zip(identity.key_id.clone()) else { return Ok(()) };
        requests.take(key_id, Instant::now()).map_err(Refused::TooManyRequests)
    }

    /// Address for which wrong keys are counted: the connection's, or the one a trusted proxy forwards.
    #[must_use]
    pub fn peer(&self, headers: &HeaderMap, connected: Option<IpAddr>) -> IpAddr {
        let forwarded = || {
            let last = headers.get_all(FORWARDED_FOR).iter().next_back()?;
            last.to_str().ok()?.rsplit(',').next()?.trim().parse().ok()
        };
        let named = if self.access.is_behind_proxy { forwarded() } else { None };
        network(named.or(connected).unwrap_or(Ipv4Addr::UNSPECIFIED.into()))
    }
}

/// Reduces an IPv6 address to its network of 64 bits, in which a host chooses its address freely.
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
}
