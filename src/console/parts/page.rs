//! What all pages have in common.

use axum::response::{IntoResponse, Response};
use maud::{DOCTYPE, Markup, html};

use crate::console::error_page::Problem;
use crate::console::routes;
use crate::console::signed_in::Visit;

/// Where in the navigation a page is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::console) enum Tab {
    None,
    Overview,
    Movements,
    Customers,
    Retention,
    Scheduled,
    Periods,
    Audit,
    Deliveries,
}

const TABS: [(Tab, &str, &str); 8] = [
    (Tab::Overview, routes::OVERVIEW, "Overview"),
    (Tab::Movements, routes::MOVEMENTS, "Movements"),
    (Tab::Customers, routes::CUSTOMER, "Customer"),
    (Tab::Retention, routes::RETENTION, "Retention"),
    (Tab::Scheduled, routes::SCHEDULED, "Coming up"),
    (Tab::Periods, routes::PERIODS, "Periods"),
    (Tab::Audit, routes::AUDIT, "Audit trail"),
    (Tab::Deliveries, routes::DELIVERIES, "Deliveries"),
];

/// A page, or why there is none.
pub(in crate::console) fn answer(visit: &Visit, title: &str, tab: Tab, body: Result<Markup, Problem>) -> Response {
    match body {
        Ok(body) => page(Some(visit), title, tab, body).into_response(),
        Err(problem) => problem.into_page(Some(visit)),
    }
}

/// A page.
pub(in crate::console) fn page(visit: Option<&Visit>, title: &str, tab: Tab, body: Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " · Deltabook" }
                link rel="stylesheet" href=(routes::STYLE);
                link rel="icon" href=(routes::ICON) type="image/svg+xml";
            }
            body {
                a .skip href="#content" { "Skip to the content" }
                @if let Some(visit) = visit { (header(visit, tab)) }
                main #content tabindex="-1" {
                    @if let Some(visit) = visit { (done(&visit.news())) }
                    (body)
                }
            }
        }
    }
}

fn header(visit: &Visit, tab: Tab) -> Markup {
    html! {
        header .top {
            a .brand href=(routes::OVERVIEW) { "Deltabook" }
            nav aria-label="Main" {
                ul {
                    @for (it, path, name) in TABS {
                        li { a href=(path) aria-current=[(it == tab).then_some("page")] { (name) } }
                    }
                }
            }
            div .who {
                span { (visit.who.tenant_id.as_str()) " · " (visit.who.role.as_str().to_ascii_lowercase()) }
                form method="post" action=(routes::SIGN_OUT) {
                    (token(visit))
                    button .quiet type="submit" { "Sign out" }
                }
            }
        }
    }
}

/// The hidden field that every form has that changes something.
pub(in crate::console) fn token(visit: &Visit) -> Markup {
    html! { input type="hidden" name="token" value=(visit.token.0); }
}

/// A choice among few.
pub(in crate::console) fn select(label: &str, name: &str, options: &[(&str, &str)], chosen: &str) -> Markup {
    html! {
        label {
            span { (label) }
            select name=(name) {
                @for (value, text) in options {
                    option value=(value) selected[*value == chosen] { (text) }
                }
            }
        }
    }
}

/// A short text.
pub(in crate::console) fn input(label: &str, name: &str, kind: &str, value: &str) -> Markup {
    html! {
        label {
            span { (label) }
            input type=(kind) name=(name) value=(value) maxlength="1000" autocomplete="off";
        }
    }
}

/// A month; browsers that have no picker for it show a text.
pub(in crate::console) fn month(label: &str, name: &str, value: &str) -> Markup {
    html! {
        label {
            span { (label) }
            input type="month" name=(name) value=(value) placeholder="2026-01" pattern="[0-9]{4}-[0-9]{2}" title="A month such as 2026-01";
        }
    }
}

/// Where there is nothing to show: why, and what to do.
pub(in crate::console) fn nothing(text: &str, next: Markup) -> Markup {
    html! { div .empty { p { (text) } (next) } }
}

/// A table that can be scrolled on its own, also by keyboard.
pub(in crate::console) fn scrolled(name: &str, table: Markup) -> Markup {
    html! { div .scrolled role="region" aria-label=(name) tabindex="0" { (table) } }
}

/// What stands over a column.
#[derive(Debug, Clone, Copy)]
pub(in crate::console) enum Heading {
    Words(&'static str),
    /// Over amounts and counts, which end at the right.
    Number(&'static str),
}

/// A table with its name over it.
pub(in crate::console) fn table(name: &str, headings: &[Heading], rows: Markup) -> Markup {
    let table = html! {
        table {
            caption { (name) }
            thead {
                tr {
                    @for heading in headings {
                        @match heading {
                            Heading::Words(text) => th scope="col" { (text) },
                            Heading::Number(text) => th .number scope="col" { (text) },
                        }
                    }
                }
            }
            tbody { (rows) }
        }
    };
    html! { section { (scrolled(name, table)) } }
}

/// What was done.
fn done(text: &str) -> Markup {
    html! { @if !text.is_empty() { p .done role="status" { (text) } } }
}
