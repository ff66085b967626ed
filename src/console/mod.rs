//! The console: pages for people, on the same port as the services. It asks the services within the process, as whoever
//! signed in, and shows what they answer: a number on a page is the number that the rpc gives.
//!
//! [`visit`] is the door of each page, [`session`] remembers who signed in, [`guard`] is around all of it. Pages are made
//! here, on the server, of one style sheet and without a script; charts are SVG.

mod enum_params;
mod error_page;
mod format;
pub(crate) mod pages;
mod params;
pub(crate) mod parts;
mod routes;
mod security;
mod session;
mod signed_in;
pub mod state;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::header;
use axum::middleware;
use axum::response::{IntoResponse, Redirect};
use axum::routing::{get, post};

use crate::console::state::Desk;

/// The largest form.
const MAX_FORM_BYTES: usize = 64 * 1024;

const STYLE: &str = include_str!("style.css");
const ICON: &str = include_str!("icon.svg");

/// All pages, by their paths.
pub fn pages(desk: Desk) -> Router {
    let around = middleware::from_fn(security::around);
    Router::new()
        .route("/", get(|| async { Redirect::to(routes::OVERVIEW) }))
        .route("/console", get(|| async { Redirect::to(routes::OVERVIEW) }))
        .route("/console/", get(|| async { Redirect::to(routes::OVERVIEW) }))
        .route(routes::OVERVIEW, get(pages::overview::show))
        .route(routes::MOVEMENTS, get(pages::movements::show))
        .route(routes::MOVEMENT, get(pages::movement::show))
        .route(routes::OVERRIDE, get(pages::override_form::show).post(pages::override_form::send))
        .route(routes::CUSTOMER, get(pages::customer::show))
        .route(routes::RETENTION, get(pages::retention::show))
        .route(routes::SCHEDULED, get(pages::scheduled::show))
        .route(routes::PERIODS, get(pages::periods::show).post(pages::periods::send))
        .route(routes::AUDIT, get(pages::audit::show).post(pages::audit::verify))
        .route(routes::DELIVERIES, get(pages::deliveries::show).post(pages::deliveries::send))
        .route(routes::EXPORT, get(pages::export::take))
        .route(routes::SIGN_IN, get(pages::sign_in::show).post(pages::sign_in::enter))
        .route(routes::SIGN_OUT, post(pages::sign_in::leave))
        .route(routes::STYLE, get(|| async { asset("text/css; charset=utf-8", STYLE) }))
        .route(routes::ICON, get(|| async { asset("image/svg+xml", ICON) }))
        .route("/console/{*rest}", get(error_page::no_page))
        .layer(DefaultBodyLimit::max(MAX_FORM_BYTES))
        .layer(around)
        .with_state(desk)
}

fn asset(kind: &'static str, text: &'static str) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "max-age=3600")], text)
}
