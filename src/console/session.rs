//! Sessions of the console. They end at sign-out, after an idle time and after a maximum age, and live in the memory of
//! this process: with several processes, a load balancer needs sticky sessions.

use std::num::NonZero;
use std::sync::{Mutex, MutexGuard, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use lru::LruCache;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::access::identity::Identity;

/// Idle time after which a session ends.
pub const MAX_IDLE: TimeDelta = TimeDelta::minutes(30);
/// Maximum age of a session.
pub const MAX_AGE: TimeDelta = TimeDelta::hours(12);
/// Maximum number of sessions; beyond it the least recently used one ends.
const MAX_SESSIONS: NonZero<usize> = NonZero::new(4_096).expect("is above 0");

/// Maximum number of sessions of one key, so that one key cannot end the sessions of others.
const MAX_SESSIONS_PER_KEY: usize = 16;

/// SHA-256 of a ticket: the memory of the process contains no usable ticket.
type TicketHash = [u8; 32];

/// The sessions of this process.
#[derive(Debug)]
pub(super) struct Sessions(Mutex<LruCache<TicketHash, Session>>);

/// A session.
#[derive(Debug, Clone)]
pub(super) struct Session {
    pub identity: Identity,
    /// CSRF token, required in every form that changes something.
    pub token: FormToken,
    /// Message for the next page, shown once.
    notice: String,
    started_at: DateTime<Utc>,
    last_seen_at: DateTime<Utc>,
}

/// A CSRF token; `Debug` does not show it.
#[derive(Clone)]
pub(super) struct FormToken(pub String);

impl std::fmt::Debug for FormToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FormToken")
    }
}

impl FormToken {
    pub fn matches(&self, text: &str) -> bool {
        self.0.as_bytes().ct_eq(text.as_bytes()).into()
    }
}

impl Default for Sessions {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(MAX_SESSIONS)))
    }
}

impl Sessions {
    /// Starts a session and returns its ticket; `None` if the system has no random numbers.
    pub fn start(&self, identity: Identity, now: DateTime<Utc>) -> Option<String> {
        let (ticket, token) = (random_text()?, FormToken(random_text()?));
        let mut table = self.table();
        let is_same_key = |session: &Session| {
            session.identity.key_id == identity.key_id && session.identity.tenant_id == identity.tenant_id
        };
        let same: Vec<TicketHash> = table.iter().filter(|(_, it)| is_same_key(it)).map(|(hash, _)| *hash).collect();
        // The cache iterates from the most recently used session.
        for oldest in same.iter().skip(MAX_SESSIONS_PER_KEY.saturating_sub(1)) {
            table.pop(oldest);
        }
        table.put(
            ticket_hash(&ticket),
            Session { identity, token, notice: String::new(), started_at: now, last_seen_at: now },
        );
        Some(ticket)
    }

    /// The session of a ticket, unless it has ended.
    pub fn find(&self, ticket: &str, now: DateTime<Utc>) -> Option<Session> {
        let mut table = self.table();
        let session = table.get_mut(&ticket_hash(ticket))?;
        let is_within = |since: DateTime<Utc>, limit| now.signed_duration_since(since) < limit;
        if is_within(session.last_seen_at, MAX_IDLE) && is_within(session.started_at, MAX_AGE) {
            session.last_seen_at = now.max(session.last_seen_at);
            return Some(session.clone());
        }
        table.pop(&ticket_hash(ticket));
        None
    }

    /// Stores a message for the next page.
    pub fn set_notice(&self, ticket: &str, notice: String) {
        if let Some(session) = self.table().get_mut(&ticket_hash(ticket)) {
            session.notice = notice;
        }
    }

    /// Takes the message for this page.
    pub fn take_notice(&self, ticket: &str) -> String {
        self.table()
            .get_mut(&ticket_hash(ticket))
            .map(|session| std::mem::take(&mut session.notice))
            .unwrap_or_default()
    }

    pub fn end(&self, ticket: &str) {
        self.table().pop(&ticket_hash(ticket));
    }

    fn table(&self) -> MutexGuard<'_, LruCache<TicketHash, Session>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn ticket_hash(ticket: &str) -> TicketHash {
    Sha256::digest(ticket).into()
}

/// 256 bits.
fn random_text() -> Option<String> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).ok()?;
    Some(URL_SAFE_NO_PAD.encode(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::minutes(minutes)
    }

    #[test]
    fn a_session_ends_after_the_idle_time() {
        let sessions = Sessions::default();
        let ticket = sessions.start(Identity::anonymous(), at(0)).unwrap();
        assert!(sessions.find(&ticket, at(29)).is_some());
        assert!(sessions.find(&ticket, at(58)).is_some());
        assert!(sessions.find(&ticket, at(88)).is_none());
        assert!(sessions.find(&ticket, at(58)).is_none(), "an ended session does not come back");
    }

    #[test]
    fn a_session_ends_at_the_maximum_age() {
        let sessions = Sessions::default();
        let ticket = sessions.start(Identity::anonymous(), at(0)).unwrap();
        for minutes in (20..720).step_by(20) {
            assert!(sessions.find(&ticket, at(minutes)).is_some(), "{minutes}");
        }
        assert!(sessions.find(&ticket, at(720)).is_none());
    }

    #[test]
    fn sessions_of_one_key_do_not_end_those_of_others() {
        let sessions = Sessions::default();
        let other =
            Identity { tenant_id: crate::domain::ids::TenantId::parse("other").unwrap(), ..Identity::anonymous() };
        let theirs = sessions.start(other, at(0)).unwrap();
        let own: Vec<String> = (0..5_000).map(|_| sessions.start(Identity::anonymous(), at(1)).unwrap()).collect();
        assert!(sessions.find(&theirs, at(2)).is_some());
        assert_eq!(own.iter().filter(|ticket| sessions.find(ticket, at(2)).is_some()).count(), MAX_SESSIONS_PER_KEY);
    }

    #[test]
    fn a_notice_is_shown_once() {
        let sessions = Sessions::default();
        let ticket = sessions.start(Identity::anonymous(), at(0)).unwrap();
        sessions.set_notice(&ticket, "done".to_owned());
        assert_eq!([sessions.take_notice(&ticket), sessions.take_notice(&ticket)], ["done", ""]);
    }

    #[test]
    fn sign_out_ends_one_session_only() {
        let sessions = Sessions::default();
        let begin = || sessions.start(Identity::anonymous(), at(0)).unwrap();
        let (one, other) = (begin(), begin());
        let tokens = [&one, &other].map(|ticket| sessions.find(ticket, at(0)).unwrap().token);
        assert!(tokens[0].matches(&tokens[0].0) && !tokens[0].matches(&tokens[1].0));
        sessions.end(&one);
        assert!(sessions.find(&one, at(0)).is_none() && sessions.find(&other, at(0)).is_some());
        assert!(!format!("{tokens:?}").contains(&tokens[0].0));
    }
}
