//! What went wrong, in words for people.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use maud::html;
use tonic::{Code, Status};
use tonic_types::StatusExt;

use crate::access::authenticator::Refused;
use crate::console::parts::page::{Tab, page};
use crate::console::signed_in::Visit;

/// Why a page cannot be shown.
#[derive(Debug)]
pub(super) struct Problem {
    code: StatusCode,
    text: String,
}

impl Problem {
    pub fn new(code: StatusCode, text: impl Into<String>) -> Self {
        Self { code, text: text.into() }
    }

    pub fn old_form() -> Self {
        let said = "The form is of an earlier session, or was not sent from here. Open the page again.";
        Self::new(StatusCode::FORBIDDEN, said)
    }

    pub fn no_store() -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "The database cannot be reached. Try again in a moment.")
    }

    pub fn refused(refused: &Refused) -> Self {
        let code = match refused {
            Refused::NoKey | Refused::Rejected(_) => StatusCode::UNAUTHORIZED,
            Refused::TooManyWrongKeys(_) | Refused::TooManyRequests(_) => StatusCode::TOO_MANY_REQUESTS,
        };
        Self::new(code, sentence(&refused.to_string()))
    }

    /// As a page of its own.
    pub fn into_page(self, visit: Option<&Visit>) -> Response {
        let body = html! {
            h1 { (self.code.canonical_reason().unwrap_or("Error")) }
            p .problem role="alert" { (self.text) }
        };
        (self.code, page(visit, "Error", Tab::None, body)).into_response()
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        self.into_page(None)
    }
}

impl From<Status> for Problem {
    fn from(status: Status) -> Self {
        let code = match status.code() {
            Code::InvalidArgument | Code::OutOfRange => StatusCode::BAD_REQUEST,
            Code::NotFound => StatusCode::NOT_FOUND,
            Code::PermissionDenied => StatusCode::FORBIDDEN,
            Code::Unauthenticated => StatusCode::UNAUTHORIZED,
            Code::FailedPrecondition | Code::Aborted | Code::AlreadyExists => StatusCode::CONFLICT,
            Code::ResourceExhausted => StatusCode::TOO_MANY_REQUESTS,
            Code::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        Self::new(code, words(&status))
    }
}

/// What a service says, for people: every field that is wrong.
pub(super) fn words(status: &Status) -> String {
    let violations = status.get_details_bad_request().map(|it| it.field_violations).unwrap_or_default();
    if violations.is_empty() {
        return sentence(status.message());
    }
    let each =
        violations.iter().map(|it| sentence(format!("{} {}", it.field.replace('_', " "), it.description).trim()));
    each.collect::<Vec<_>>().join(" ")
}

/// With a capital, and a full stop.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().to_string()).unwrap_or_default();
    let end = if text.ends_with(['.', '!', '?']) { "" } else { "." };
    format!("{first}{}{end}", letters.as_str())
}

/// There is no page at a path.
pub(super) async fn no_page(visit: Visit) -> Response {
    Problem::new(StatusCode::NOT_FOUND, "There is no such page.").into_page(Some(&visit))
}
