//! The fields of a form or of an address, each by its name, as often as it is given.

use axum::extract::{FromRequest, Request};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use url::form_urlencoded::parse;

use crate::console::error_page::Problem;

/// What was sent.
#[derive(Debug, Clone, Default)]
pub(super) struct Fields(Vec<(String, String)>);

impl Fields {
    fn read(text: &str) -> Self {
        // Browsers end the lines of a text with two characters.
        Self(parse(text.as_bytes()).map(|(name, value)| (name.into_owned(), value.replace("\r\n", "\n"))).collect())
    }

    /// The field, or nothing.
    pub fn one(&self, name: &str) -> &str {
        self.all(name).next().unwrap_or_default()
    }

    pub fn all<'f>(&'f self, name: &str) -> impl Iterator<Item = &'f str> {
        self.0.iter().filter(move |(it, value)| it == name && !value.is_empty()).map(|(_, value)| value.trim())
    }

    /// Puts a value where none was given.
    pub fn or(&mut self, name: &str, value: impl Into<String>) {
        if self.all(name).next().is_none() {
            self.0.push((name.to_owned(), value.into()));
        }
    }

    /// All of them, but for one, with another in its place: for a link to the same page.
    pub fn with<'f>(&'f self, name: &'f str, value: &'f str) -> impl Iterator<Item = (&'f str, &'f str)> {
        let others = self.0.iter().filter(move |(it, _)| it != name);
        others.map(|(name, value)| (name.as_str(), value.as_str())).chain([(name, value)])
    }
}

impl<S: Send + Sync> FromRequest<S> for Fields {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        if matches!(*request.method(), Method::GET | Method::HEAD) {
            return Ok(Self::read(request.uri().query().unwrap_or_default()));
        }
        let text = String::from_request(request, state).await;
        let text = text.map_err(|_| Problem::new(StatusCode::BAD_REQUEST, "The form is broken or too large."));
        Ok(Self::read(&text.map_err(IntoResponse::into_response)?))
    }
}
