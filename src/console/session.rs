//! Who has signed in, until they leave, do nothing for a while, or a working day is over. Sessions are this process's
//! own: where several serve, a balancer must send a browser to the same one.

use std::num::NonZero;
use std::sync::{Mutex, MutexGuard, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use lru::LruCache;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::access::identity::Identity;

/// Without a request for so long, it is over.
pub const IDLE: TimeDelta = TimeDelta::minutes(30);
/// It is over after so long, whatever happens.
pub const LASTS: TimeDelta = TimeDelta::hours(12);
/// Sessions that are remembered; those that were idle longest go.
const REMEMBERED: NonZero<usize> = NonZero::new(4_096).expect("is above 0");

/// Sessions of one key; more end the one that was idle longest. So nobody signs others out.
const OF_ONE_KEY: usize = 16;

/// What is kept of a ticket: whoever reads the memory cannot sign in with it.
type Kept = [u8; 32];

/// All sessions.
#[derive(Debug)]
pub(super) struct Sessions(Mutex<LruCache<Kept, Session>>);

/// A session.
#[derive(Debug, Clone)]
pub(super) struct Session {
    pub who: Identity,
    /// What every form that changes something must send along: no other site knows it.
    pub token: FormToken,
    /// What was done, to be told once.
    news: String,
    began: DateTime<Utc>,
    seen: DateTime<Utc>,
}

/// Not shown in logs.
#[derive(Clone)]
pub(super) struct FormToken(pub String);

impl std::fmt::Debug for FormToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FormToken")
    }
}

impl FormToken {
    pub fn is(&self, text: &str) -> bool {
        self.0.as_bytes().ct_eq(text.as_bytes()).into()
    }
}

impl Default for Sessions {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(REMEMBERED)))
    }
}

impl Sessions {
    /// Begins one; gives the ticket by which it is found again. None: the system gives no random numbers.
    pub fn begin(&self, who: Identity, now: DateTime<Utc>) -> Option<String> {
        let (ticket, token) = (random()?, FormToken(random()?));
        let mut table = self.table();
        let of_key = |session: &Session| session.who.key_id == who.key_id && session.who.tenant_id == who.tenant_id;
        let same: Vec<Kept> = table.iter().filter(|(_, it)| of_key(it)).map(|(kept, _)| *kept).collect();
        // Those that were used last come first.
        for oldest in same.iter().skip(OF_ONE_KEY.saturating_sub(1)) {
            table.pop(oldest);
        }
        table.put(kept(&ticket), Session { who, token, news: String::new(), began: now, seen: now });
        Some(ticket)
    }

    /// The session of a ticket, if it still lasts.
    pub fn find(&self, ticket: &str, now: DateTime<Utc>) -> Option<Session> {
        let mut table = self.table();
        let session = table.get_mut(&kept(ticket))?;
        let lasts = |since: DateTime<Utc>, how_long| now.signed_duration_since(since) < how_long;
        if lasts(session.seen, IDLE) && lasts(session.began, LASTS) {
            session.seen = now.max(session.seen);
            return Some(session.clone());
        }
        table.pop(&kept(ticket));
        None
    }

    /// Leaves word of what was done for the next page.
    pub fn tell(&self, ticket: &str, news: String) {
        if let Some(session) = self.table().get_mut(&kept(ticket)) {
            session.news = news;
        }
    }

    /// What is to be told, once.
    pub fn news(&self, ticket: &str) -> String {
        self.table().get_mut(&kept(ticket)).map(|session| std::mem::take(&mut session.news)).unwrap_or_default()
    }

    pub fn end(&self, ticket: &str) {
        self.table().pop(&kept(ticket));
    }

    fn table(&self) -> MutexGuard<'_, LruCache<Kept, Session>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn kept(ticket: &str) -> Kept {
    Sha256::digest(ticket).into()
}

/// 256 bits.
fn random() -> Option<String> {
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
    fn a_session_ends_when_it_is_idle() {
        let sessions = Sessions::default();
        let ticket = sessions.begin(Identity::anonymous(), at(0)).unwrap();
        assert!(sessions.find(&ticket, at(29)).is_some());
        assert!(sessions.find(&ticket, at(58)).is_some());
        assert!(sessions.find(&ticket, at(88)).is_none());
        assert!(sessions.find(&ticket, at(58)).is_none(), "what has ended has ended");
    }

    #[test]
    fn a_session_ends_after_a_working_day() {
        let sessions = Sessions::default();
        let ticket = sessions.begin(Identity::anonymous(), at(0)).unwrap();
        for minutes in (20..720).step_by(20) {
            assert!(sessions.find(&ticket, at(minutes)).is_some(), "{minutes}");
        }
        assert!(sessions.find(&ticket, at(720)).is_none());
    }

    #[test]
    fn whoever_signs_in_often_signs_nobody_else_out() {
        let sessions = Sessions::default();
        let other =
            Identity { tenant_id: crate::domain::ids::TenantId::parse("other").unwrap(), ..Identity::anonymous() };
        let theirs = sessions.begin(other, at(0)).unwrap();
        let own: Vec<String> = (0..5_000).map(|_| sessions.begin(Identity::anonymous(), at(1)).unwrap()).collect();
        assert!(sessions.find(&theirs, at(2)).is_some());
        assert_eq!(own.iter().filter(|ticket| sessions.find(ticket, at(2)).is_some()).count(), OF_ONE_KEY);
    }

    #[test]
    fn news_are_told_once() {
        let sessions = Sessions::default();
        let ticket = sessions.begin(Identity::anonymous(), at(0)).unwrap();
        sessions.tell(&ticket, "done".to_owned());
        assert_eq!([sessions.news(&ticket), sessions.news(&ticket)], ["done", ""]);
    }

    #[test]
    fn a_session_ends_when_it_is_ended_and_no_other_does() {
        let sessions = Sessions::default();
        let begin = || sessions.begin(Identity::anonymous(), at(0)).unwrap();
        let (one, other) = (begin(), begin());
        let tokens = [&one, &other].map(|ticket| sessions.find(ticket, at(0)).unwrap().token);
        assert!(tokens[0].is(&tokens[0].0) && !tokens[0].is(&tokens[1].0));
        sessions.end(&one);
        assert!(sessions.find(&one, at(0)).is_none() && sessions.find(&other, at(0)).is_some());
        assert!(!format!("{tokens:?}").contains(&tokens[0].0));
    }
}
