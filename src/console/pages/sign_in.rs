//! Sign-in with an API key, and sign-out.

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
use crate::console::error_page::ErrorPage;
use crate::console::parts::page::{Tab, page};
use crate::console::routes;
use crate::console::security::{host, is_loopback_name};
use crate::console::session::MAX_AGE;
use crate::console::signed_in::{SignedIn, cookie_name, peer_address, ticket};
use crate::console::state::ConsoleState;

#[derive(Debug, Deserialize, Default)]
pub(in crate::console) struct ReturnTo {
    #[serde(default)]
    next: String,
}

/// The sign-in form.
#[derive(Debug, Deserialize)]
pub(in crate::console) struct SignInForm {
    #[serde(default)]
    key: SecretString,
    #[serde(default)]
    next: String,
}

/// The sign-out form.
#[derive(Debug, Deserialize)]
pub(in crate::console) struct SignOutForm {
    #[serde(default)]
    token: String,
}

/// A request without a session.
pub(in crate::console) struct Anonymous {
    parts: Parts,
}

impl<S: Sync> FromRequestParts<S> for Anonymous {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Self::Rejection> {
        Ok(Self { parts: parts.clone() })
    }
}

impl Anonymous {
    /// Tests that no key is required: no key exists, and the request is for a loopback name of this machine.
    async fn needs_no_key(&self, state: &ConsoleState) -> Result<bool, ErrorPage> {
        let is_here = is_loopback_name(host(&self.parts.headers, self.parts.uri.host()));
        Ok(is_here && state.authenticator.is_open().await.map_err(|_| ErrorPage::store_unavailable())?)
    }
}

pub(in crate::console) async fn show(
    State(state): State<ConsoleState>,
    Query(ReturnTo { next }): Query<ReturnTo>,
    anonymous: Anonymous,
) -> Result<Markup, ErrorPage> {
    Ok(form(&next, None, anonymous.needs_no_key(&state).await?))
}

/// Starts a session and redirects to the requested page.
pub(in crate::console) async fn sign_in(
    State(state): State<ConsoleState>,
    request: Request,
) -> Result<Response, ErrorPage> {
    let (parts, body) = request.into_parts();
    let anonymous = Anonymous { parts };
    let request = Request::from_parts(anonymous.parts.clone(), body);
    let Ok(Form(entry)) = request.extract::<Form<SignInForm>, _>().await else {
        return Err(ErrorPage::new(StatusCode::BAD_REQUEST, "The form is incomplete. Open the sign-in page again."));
    };
    let needs_no_key = anonymous.needs_no_key(&state).await?;
    let found = if needs_no_key {
        Ok(Identity::anonymous())
    } else {
        let peer = state.authenticator.peer(&anonymous.parts.headers, peer_address(&anonymous.parts));
        let found = state.authenticator.identify(entry.key.expose_secret().trim(), peer).await;
        found.and_then(|identity| state.authenticator.count(&identity).map(|()| identity))
    };
    let identity = match found {
        Ok(identity) => identity,
        Err(refused) => {
            let problem = refusal_message(&refused);
            return Ok((StatusCode::UNAUTHORIZED, form(&entry.next, Some(problem), needs_no_key)).into_response());
        }
    };
    tracing::info!(actor = %identity.actor, tenant_id = %identity.tenant_id, "signed in to the console");
    let ticket = state.sessions.start(identity, state.clock.now()).ok_or_else(randomness_failed)?;
    let next = if routes::is_internal(&entry.next) { entry.next.as_str() } else { routes::OVERVIEW };
    let cookie = cookie(&ticket, MAX_AGE.num_seconds(), state.is_encrypted).ok_or_else(randomness_failed)?;
    Ok(([(SET_COOKIE, cookie)], Redirect::to(next)).into_response())
}

/// Ends the session.
pub(in crate::console) async fn sign_out(
    State(state): State<ConsoleState>,
    session: SignedIn,
    headers: HeaderMap,
    Form(SignOutForm { token }): Form<SignOutForm>,
) -> Result<Response, ErrorPage> {
    session.check_token(&token)?;
    if let Some(ticket) = ticket(&headers, state.is_encrypted) {
        state.sessions.end(ticket);
    }
    let cookie = cookie("", 0, state.is_encrypted).ok_or_else(randomness_failed)?;
    Ok(([(SET_COOKIE, cookie)], Redirect::to(routes::SIGN_IN)).into_response())
}

fn cookie(ticket: &str, seconds: i64, is_encrypted: bool) -> Option<HeaderValue> {
    let (name, secure) = (cookie_name(is_encrypted), if is_encrypted { "; Secure" } else { "" });
    // A `__Host-` cookie requires the path `/`; without TLS, other services of this host do not get the cookie.
    let path = if is_encrypted { "/" } else { "/console" };
    let text = format!("{name}={ticket}; Path={path}; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}");
    let mut value = HeaderValue::try_from(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

fn randomness_failed() -> ErrorPage {
    ErrorPage::new(StatusCode::INTERNAL_SERVER_ERROR, "Sign-in failed: the system has no random numbers.")
}

/// The message of a refused key. Expiry and revocation are disclosed only to a caller with the right secret.
fn refusal_message(refused: &Refused) -> &'static str {
    use crate::access::key_cache::Rejection::{Expired, Revoked, Store, Wrong};
    match refused {
        Refused::NoKey | Refused::Rejected(Wrong) => "This API key is not valid.",
        Refused::Rejected(Expired) => "This API key has expired. Ask an administrator for a new one.",
        Refused::Rejected(Revoked) => "This API key was revoked. Ask an administrator for a new one.",
        Refused::Rejected(Store(_)) => "The database cannot be reached. Try again in a moment.",
        Refused::TooManyWrongKeys(_) => "Too many failed attempts from your address. Wait a minute and try again.",
        Refused::TooManyRequests(_) => "Too many requests with this API key. Wait a moment and try again.",
    }
}

fn form(next: &str, problem: Option<&str>, needs_no_key: bool) -> Markup {
    let body = html! {
        div .sign-in {
            h1 { "Deltabook" }
            p { "Movements of recurring revenue, explained." }
            @if let Some(problem) = problem { p .problem role="alert" #problem { (problem) } }
            form method="post" action=(routes::SIGN_IN) {
                input type="hidden" name="next" value=(next);
                @if needs_no_key {
                    p {
                        "No API key exists yet: this machine has full access without one. Create the first key with "
                        code { "deltabook keys create" } "."
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
