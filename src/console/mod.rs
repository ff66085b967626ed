//! The console: pages for people, on the same port as the services. It asks the services within the process, as whoever
//! signed in, and shows what they answer: a number on a page is the number that the rpc gives.
//!
//! [`visit`] is the door of each page, [`session`] remembers who signed in, [`guard`] is around all of it. Pages are made
//! here, on the server, of one style sheet and without a script; charts are SVG.

mod audit;
mod chart;
mod customer;
mod deliveries;
pub mod desk;
mod effect;
mod export;
mod fields;
mod groups;
mod guard;
mod history;
mod link;
mod movement;
mod movement_table;
mod movements;
mod overriding;
mod overview;
mod page;
mod periods;
mod problem;
mod retention;
mod scheduled;
mod session;
mod sign_in;
mod story;
mod text;
mod timeline;
mod visit;
mod waterfall;
mod words;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::header;
use axum::middleware;
use axum::response::{IntoResponse, Redirect};
use axum::routing::{get, post};

use desk::Desk;

/// The largest form.
const MAX_FORM_BYTES: usize = 64 * 1024;

const STYLE: &str = include_str!("style.css");
const ICON: &str = include_str!("icon.svg");

/// All pages, by their paths.
pub fn pages(desk: Desk) -> Router {
    let around = middleware::from_fn(guard::around);
    Router::new()
        .route("/", get(|| async { Redirect::to(link::OVERVIEW) }))
        .route("/console", get(|| async { Redirect::to(link::OVERVIEW) }))
        .route("/console/", get(|| async { Redirect::to(link::OVERVIEW) }))
        .route(link::OVERVIEW, get(overview::show))
        .route(link::MOVEMENTS, get(movements::show))
        .route(link::MOVEMENT, get(movement::show))
        .route(link::OVERRIDE, get(overriding::show).post(overriding::send))
        .route(link::CUSTOMER, get(customer::show))
        .route(link::RETENTION, get(retention::show))
        .route(link::SCHEDULED, get(scheduled::show))
        .route(link::PERIODS, get(periods::show).post(periods::send))
        .route(link::AUDIT, get(audit::show).post(audit::verify))
        .route(link::DELIVERIES, get(deliveries::show).post(deliveries::send))
        .route(link::EXPORT, get(export::take))
        .route(link::SIGN_IN, get(sign_in::show).post(sign_in::enter))
        .route(link::SIGN_OUT, post(sign_in::leave))
        .route(link::STYLE, get(|| async { asset("text/css; charset=utf-8", STYLE) }))
        .route(link::ICON, get(|| async { asset("image/svg+xml", ICON) }))
        .route("/console/{*rest}", get(problem::no_page))
        .layer(DefaultBodyLimit::max(MAX_FORM_BYTES))
        .layer(around)
        .with_state(desk)
}

fn asset(kind: &'static str, text: &'static str) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "max-age=3600")], text)
}
