//! Error pages: the HTTP status and the message of a request that failed.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use maud::html;
use tonic::{Code, Status};
use tonic_types::StatusExt;

use crate::access::authenticator::Refused;
use crate::bug::Bug;
use crate::console::parts::page::{Tab, page};
use crate::console::signed_in::SignedIn;
use crate::domain::money::OutOfRange;

/// The status and the message of an error page.
#[derive(Debug)]
pub(super) struct ErrorPage {
    code: StatusCode,
    text: String,
}

impl ErrorPage {
    pub fn new(code: StatusCode, text: impl Into<String>) -> Self {
        Self { code, text: text.into() }
    }

    pub fn expired_form() -> Self {
        let text = "This form belongs to an earlier session. Open the page again and resubmit the form.";
        Self::new(StatusCode::FORBIDDEN, text)
    }

    pub fn store_unavailable() -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "The database cannot be reached. Try again in a moment.")
    }

    pub fn refused(refused: &Refused) -> Self {
        let code = match refused {
            Refused::NoKey | Refused::Rejected(_) => StatusCode::UNAUTHORIZED,
            Refused::TooManyWrongKeys(_) | Refused::TooManyRequests(_) => StatusCode::TOO_MANY_REQUESTS,
        };
        Self::new(code, sentence(&refused.to_string()))
    }

    /// Renders the page, with the navigation if a session is known.
    pub fn into_page(self, session: Option<&SignedIn>) -> Response {
        let body = html! {
            h1 { (self.code.canonical_reason().unwrap_or("Error")) }
            p .problem role="alert" { (self.text) }
        };
        (self.code, page(session, "Error", Tab::None, body)).into_response()
    }
}

impl IntoResponse for ErrorPage {
    fn into_response(self) -> Response {
        self.into_page(None)
    }
}

/// The case is logged where it occurs; its description is for operators.
impl From<Bug> for ErrorPage {
    fn from(_: Bug) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "Internal error. The log of the server describes it.")
    }
}

impl From<OutOfRange> for ErrorPage {
    fn from(error: OutOfRange) -> Self {
        Status::out_of_range(error.to_string()).into()
    }
}

impl From<Status> for ErrorPage {
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
        Self::new(code, message(&status))
    }
}

/// The message of a status: every invalid field, or else the status message.
pub(super) fn message(status: &Status) -> String {
    let violations = status.get_details_bad_request().map(|it| it.field_violations).unwrap_or_default();
    if violations.is_empty() {
        return sentence(status.message());
    }
    let each =
        violations.iter().map(|it| sentence(format!("{} {}", it.field.replace('_', " "), it.description).trim()));
    each.collect::<Vec<_>>().join(" ")
}

/// Capitalises the first letter and ends with a full stop.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().to_string()).unwrap_or_default();
    let end = if text.ends_with(['.', '!', '?']) { "" } else { "." };
    format!("{first}{}{end}", letters.as_str())
}

/// Answers a path of the console without a page.
pub(super) async fn no_page(session: SignedIn) -> Response {
    ErrorPage::new(StatusCode::NOT_FOUND, "This page does not exist.").into_page(Some(&session))
}
