//! Signing in with a key, and out.

use axum::extract::{FromRequestParts, Query, Request, State};
use axum::http::header::{HeaderValue, SET_COOKIE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Form, RequestExt};
use maud::{Markup, html};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use crate::access::authenticator::Refused;
use crate::access::identity::Identity;
use crate::console::error_page::Problem;
use crate::console::parts::page::{Tab, page};
use crate::console::routes;
use crate::console::security::{host, is_this_machine};
use crate::console::session::LASTS;
use crate::console::signed_in::{Visit, address, cookie_name, ticket};
use crate::console::state::Desk;

#[derive(Debug, Deserialize, Default)]
pub(in crate::console) struct Next {
    #[serde(default)]
    next: String,
}

/// What the form sends.
#[derive(Debug, Deserialize)]
pub(in crate::console) struct Entry {
    #[serde(default)]
    key: SecretString,
    #[serde(default)]
    next: String,
}

/// A form of a session.
#[derive(Debug, Deserialize)]
pub(in crate::console) struct Leaving {
    #[serde(default)]
    token: String,
}

/// Who asks, before anybody knows.
pub(in crate::console) struct Stranger {
    parts: Parts,
}

impl<S: Sync> FromRequestParts<S> for Stranger {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Self::Rejection> {
        Ok(Self { parts: parts.clone() })
    }
}

impl Stranger {
    /// Whether no key is needed: there is none, and it is this machine that asks, by its own name.
    async fn needs_no_key(&self, desk: &Desk) -> Result<bool, Problem> {
        let is_here = is_this_machine(host(&self.parts.headers, self.parts.uri.host()));
        Ok(is_here && desk.door.is_open().await.map_err(|_| Problem::no_store())?)
    }
}

pub(in crate::console) async fn show(
    State(desk): State<Desk>,
    Query(Next { next }): Query<Next>,
    stranger: Stranger,
) -> Result<Markup, Problem> {
    Ok(form(&next, None, stranger.needs_no_key(&desk).await?))
}

/// Begins a session, and goes on to where the visitor wanted to go.
pub(in crate::console) async fn enter(State(desk): State<Desk>, request: Request) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let stranger = Stranger { parts };
    let request = Request::from_parts(stranger.parts.clone(), body);
    let Ok(Form(entry)) = request.extract::<Form<Entry>, _>().await else {
        return Err(Problem::new(StatusCode::BAD_REQUEST, "The form is not complete."));
    };
    let needs_no_key = stranger.needs_no_key(&desk).await?;
    let found = if needs_no_key {
        Ok(Identity::anonymous())
    } else {
        let peer = desk.door.peer(&stranger.parts.headers, address(&stranger.parts));
        let found = desk.door.identify(entry.key.expose_secret().trim(), peer).await;
        found.and_then(|who| desk.door.count(&who).map(|()| who))
    };
    let who = match found {
        Ok(who) => who,
        Err(refused) => {
            let problem = refusal(&refused);
            return Ok((StatusCode::UNAUTHORIZED, form(&entry.next, Some(problem), needs_no_key)).into_response());
        }
    };
    tracing::info!(actor = %who.actor, tenant_id = %who.tenant_id, "signed in to the console");
    let ticket = desk.sessions.begin(who, desk.clock.now()).ok_or_else(no_randomness)?;
    let next = if routes::is_own(&entry.next) { entry.next.as_str() } else { routes::OVERVIEW };
    let cookie = cookie(&ticket, LASTS.num_seconds(), desk.is_encrypted).ok_or_else(no_randomness)?;
    Ok(([(SET_COOKIE, cookie)], Redirect::to(next)).into_response())
}

/// Ends the session.
pub(in crate::console) async fn leave(
    State(desk): State<Desk>,
    visit: Visit,
    headers: HeaderMap,
    Form(Leaving { token }): Form<Leaving>,
) -> Result<Response, Problem> {
    visit.check(&token)?;
    if let Some(ticket) = ticket(&headers, desk.is_encrypted) {
        desk.sessions.end(ticket);
    }
    let cookie = cookie("", 0, desk.is_encrypted).ok_or_else(no_randomness)?;
    Ok(([(SET_COOKIE, cookie)], Redirect::to(routes::SIGN_IN)).into_response())
}

fn cookie(ticket: &str, seconds: i64, is_encrypted: bool) -> Option<HeaderValue> {
    let (name, secure) = (cookie_name(is_encrypted), if is_encrypted { "; Secure" } else { "" });
    // The name with `__Host-` needs the path of all; without TLS, other services of this host need not see it.
    let path = if is_encrypted { "/" } else { "/console" };
    let text = format!("{name}={ticket}; Path={path}; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}");
    let mut value = HeaderValue::try_from(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

fn no_randomness() -> Problem {
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "The system gives no random numbers.")
}

/// Says no more than that the key is not the right one, unless its secret is.
fn refusal(refused: &Refused) -> &'static str {
    use crate::access::key_cache::Rejection::{Expired, Revoked, Store, Wrong};
    match refused {
        Refused::NoKey | Refused::Rejected(Wrong) => "This is not a key of this service.",
        Refused::Rejected(Expired) => "This key has expired. Ask an administrator for another.",
        Refused::Rejected(Revoked) => "This key was revoked. Ask an administrator for another.",
        Refused::Rejected(Store(_)) => "The database cannot be reached. Try again in a moment.",
        Refused::TooManyWrongKeys(_) => "Too many wrong keys came from your address. Wait a minute, and try again.",
        Refused::TooManyRequests(_) => "The key was used too often. Wait a moment, and try again.",
    }
}

fn form(next: &str, problem: Option<&str>, needs_no_key: bool) -> Markup {
    let body = html! {
        div .sign-in {
            h1 { "Deltabook" }
            p { "What happened to recurring revenue, and why." }
            @if let Some(problem) = problem { p .problem role="alert" #problem { (problem) } }
            form method="post" action=(routes::SIGN_IN) {
                input type="hidden" name="next" value=(next);
                @if needs_no_key {
                    p {
                        "There is no key yet, so whoever is at this machine may do everything. "
                        code { "deltabook keys create" } " makes the first one."
                    }
                    button type="submit" { "Open the console" }
                } @else {
                    label {
                        span { "API key" }
                        input type="password" name="key" required autofocus autocomplete="current-password" maxlength="200"
                            placeholder="dbk_…" aria-describedby=[problem.map(|_| "problem")];
                    }
                    button type="submit" { "Sign in" }
                }
            }
        }
    };
    page(None, "Sign in", Tab::None, body)
}
