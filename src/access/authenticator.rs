//! The door: who is let in, by the key that is shown. Whoever serves asks here, and takes the tenant from the answer
//! and from nowhere else.
//!
//! A wrong key costs a look into the store. So an address that has sent too many is refused before that, unless it
//! sends a key that was found right before: behind one address may be many, of whom one is wrong.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::num::NonZero;
use std::time::{Duration, Instant};

use http::HeaderMap;
use tokio::sync::Semaphore;

use crate::access::identity::Identity;
use crate::access::key::Presented;
use crate::access::key_cache::{Ended, KeyCache, Rejection};
use crate::access::rate_limiter::Limiter;
use crate::domain::ids::KeyId;
use crate::store::error::StoreError;

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

/// Why somebody is not let in.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    #[error("a key is needed")]
    NoKey,
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// So long.
    #[error("too many wrong keys came from this address; try again later")]
    TooManyWrongKeys(Duration),
    /// So long.
    #[error("this key was used more often than it may be; try again later")]
    TooManyRequests(Duration),
}

/// Lets in, or not.
#[derive(Debug)]
pub struct Authenticator {
    pub access: Access,
    keys: KeyCache,
    wrong_keys: Limiter<IpAddr>,
    /// Keys that nobody has shown yet are looked up by so many at a time: less than the wrong ones that an address may
    /// show, so that the first requests with a right key, however many come at once, are not taken for wrong ones.
    lookups: Semaphore,
    requests: Option<Limiter<KeyId>>,
}

impl Authenticator {
    #[must_use]
    pub fn new(keys: KeyCache, access: Access) -> Self {
        let requests = access.requests_per_key.map(|count| Limiter::new(count, SECOND));
        let (wrong_keys, lookups) = (Limiter::new(WRONG_KEYS, MINUTE), Semaphore::new(LOOKUPS));
        Self { access, keys, wrong_keys, lookups, requests }
    }

    /// Whether nobody has to show a key.
    pub async fn is_open(&self) -> Result<bool, StoreError> {
        Ok(self.access.is_open_without_keys && !self.keys.has_keys().await?)
    }

    /// Whose key it is that an address shows.
    pub async fn identify(&self, key: &str, peer: IpAddr) -> Result<Identity, Refused> {
        let presented = Presented::read(key);
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
            self.wrong_keys.give_back(&peer);
        }
        Ok(found?)
    }

    /// Whether somebody who was let in before would be let in still.
    pub async fn check_again(&self, identity: &Identity) -> Result<(), Refused> {
        self.keys.check_again(identity).await.map_err(|ended| match ended {
            Ended::NeedsKey => Refused::NoKey,
            Ended::Rejected(rejection) => Refused::Rejected(rejection),
        })
    }

    /// Counts a request.
    pub fn count(&self, identity: &Identity) -> Result<(), Refused> {
        let Some((requests, key_id)) = self.requests.as_ref().zip(identity.key_id.clone()) else { return Ok(()) };
        requests.take(key_id, Instant::now()).map_err(Refused::TooManyRequests)
    }

    /// The address that wrong keys are counted for: that of the connection, or what a proxy of ours says.
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
}
