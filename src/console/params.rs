//! Parameters of a query string or of a form, in order; a name can occur more than once.

use axum::extract::{FromRequest, Request};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use url::form_urlencoded::parse;

use crate::console::error_page::ErrorPage;

/// The parameters of a request.
#[derive(Debug, Clone, Default)]
pub(super) struct Params(Vec<(String, String)>);

impl Params {
    fn read(text: &str) -> Self {
        // Browsers send line breaks as CR LF.
        Self(parse(text.as_bytes()).map(|(name, value)| (name.into_owned(), value.replace("\r\n", "\n"))).collect())
    }

    /// The first value of a parameter, or empty text.
    pub fn get(&self, name: &str) -> &str {
        self.all(name).next().unwrap_or_default()
    }

    pub fn all<'p>(&'p self, name: &str) -> impl Iterator<Item = &'p str> {
        self.0.iter().filter(move |(it, value)| it == name && !value.is_empty()).map(|(_, value)| value.trim())
    }

    /// Sets a default for a parameter without a value.
    pub fn set_default(&mut self, name: &str, value: impl Into<String>) {
        if self.all(name).next().is_none() {
            self.0.push((name.to_owned(), value.into()));
        }
    }

    /// All parameters with one of them replaced: the query of a link to the same page.
    pub fn replacing<'p>(&'p self, name: &'p str, value: &'p str) -> impl Iterator<Item = (&'p str, &'p str)> {
        let others = self.0.iter().filter(move |(it, _)| it != name);
        others.map(|(name, value)| (name.as_str(), value.as_str())).chain([(name, value)])
    }
}

impl<S: Send + Sync> FromRequest<S> for Params {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        if matches!(*request.method(), Method::GET | Method::HEAD) {
            return Ok(Self::read(request.uri().query().unwrap_or_default()));
        }
        let text = String::from_request(request, state).await;
        let text = text.map_err(|_| {
            ErrorPage::new(
                StatusCode::BAD_REQUEST,
                "The form is malformed or too large. Open the page again and resubmit the form.",
            )
        });
        Ok(Self::read(&text.map_err(IntoResponse::into_response)?))
    }
}
