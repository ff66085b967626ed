//! The web console, on the port of the services. Pages call the services in this process with the identity of the
//! session, so a number on a page is the number that the rpc returns.
//!
//! | module | content |
//! |---|---|
//! | [`state`], [`routes`] | shared state of the pages; their paths and links |
//! | [`security`], [`session`], [`signed_in`] | CSRF check and headers; sessions; extractor of a request's session |
//! | [`params`], [`enum_params`], [`mod@format`] | query and form parameters; enum names in them; formatting of values |
//! | [`error_page`] | errors as pages |
//! | [`mod@pages`], [`parts`] | one module per page; shared components |
//!
//! Pages are rendered on the server, with one style sheet, SVG charts and no scripts.

pub mod state;
mod routes;

mod security;
mod session;
mod signed_in;

mod params;
mod enum_params;
mod format;

mod error_page;

pub(crate) mod pages;
pub(crate) mod parts;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::header;
use axum::middleware;
use axum::response::{IntoResponse, Redirect};
use axum::routing::{get, post};

use crate::console::state::ConsoleState;

/// Size limit of a form.
const MAX_FORM_BYTES: usize = 64 * 1024;

const STYLE: &str = include_str!("style.css");
const ICON: &str = include_str!("icon.svg");

/// Routes of all pages.
pub fn pages(state: ConsoleState) -> Router {
    let around = middleware::from_fn(security::protect);
    Router::new()
        .route("/", get(|| async { Redirect::to(routes::OVERVIEW) }))
        .route("/console", get(|| async { Redirect::to(routes::OVERVIEW) }))
        .route("/console/", get(|| async { Redirect::to(routes::OVERVIEW) }))
        .route(routes::OVERVIEW, get(pages::overview::show))
        .route(routes::MOVEMENTS, get(pages::movements::show))
        .route(routes::MOVEMENT, get(pages::movement::show))
        .route(routes::OVERRIDE, get(pages::override_form::show).post(pages::override_form::submit))
        .route(routes::CUSTOMER, get(pages::customer::show))
        .route(routes::RETENTION, get(pages::retention::show))
        .route(routes::SCHEDULED, get(pages::scheduled::show))
        .route(routes::PERIODS, get(pages::periods::show).post(pages::periods::submit))
        .route(routes::AUDIT, get(pages::audit::show).post(pages::audit::verify))
        .route(routes::DELIVERIES, get(pages::deliveries::show).post(pages::deliveries::submit))
        .route(routes::EXPORT, get(pages::export::download))
        .route(routes::SIGN_IN, get(pages::sign_in::show).post(pages::sign_in::sign_in))
        .route(routes::SIGN_OUT, post(pages::sign_in::sign_out))
        .route(routes::STYLE, get(|| async { asset("text/css; charset=utf-8", STYLE) }))
        .route(routes::ICON, get(|| async { asset("image/svg+xml", ICON) }))
        .route("/console/{*rest}", get(error_page::no_page))
        .layer(DefaultBodyLimit::max(MAX_FORM_BYTES))
        .layer(around)
        .with_state(state)
}

fn asset(kind: &'static str, text: &'static str) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "max-age=3600")], text)
}
