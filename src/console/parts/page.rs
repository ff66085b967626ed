//! Layout of all pages: head, navigation, forms and tables.

use axum::response::{IntoResponse, Response};
use maud::{DOCTYPE, Markup, html};

use crate::console::error_page::ErrorPage;
use crate::console::routes;
use crate::console::signed_in::SignedIn;

/// The tab of a page in the navigation.
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
    (Tab::Customers, routes::CUSTOMER, "Customers"),
    (Tab::Retention, routes::RETENTION, "Retention"),
    (Tab::Scheduled, routes::SCHEDULED, "Scheduled"),
    (Tab::Periods, routes::PERIODS, "Periods"),
    (Tab::Audit, routes::AUDIT, "Audit trail"),
    (Tab::Deliveries, routes::DELIVERIES, "Deliveries"),
];

/// Renders a page or an error page.
pub(in crate::console) fn respond(
    session: &SignedIn,
    title: &str,
    tab: Tab,
    body: Result<Markup, ErrorPage>,
) -> Response {
    match body {
        Ok(body) => page(Some(session), title, tab, body).into_response(),
        Err(problem) => problem.into_page(Some(session)),
    }
}

/// Renders a page in the layout.
pub(in crate::console) fn page(session: Option<&SignedIn>, title: &str, tab: Tab, body: Markup) -> Markup {
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
                a .skip href="#content" { "Skip to content" }
                @if let Some(session) = session { (header(session, tab)) }
                main #content tabindex="-1" {
                    @if let Some(session) = session { (notice(&session.take_notice())) }
                    (body)
                }
            }
        }
    }
}

fn header(session: &SignedIn, tab: Tab) -> Markup {
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
                span { (session.identity.tenant_id.as_str()) " · " (session.identity.role.as_str().to_ascii_lowercase()) }
                form method="post" action=(routes::SIGN_OUT) {
                    (form_token(session))
                    button .quiet type="submit" { "Sign out" }
                }
            }
        }
    }
}

/// The hidden CSRF token of a form that changes something.
pub(in crate::console) fn form_token(session: &SignedIn) -> Markup {
    html! { input type="hidden" name="token" value=(session.token.0); }
}

/// A drop-down list.
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

/// A single-line input.
pub(in crate::console) fn input(label: &str, name: &str, kind: &str, value: &str) -> Markup {
    html! {
        label {
            span { (label) }
            input type=(kind) name=(name) value=(value) maxlength="1000" autocomplete="off";
        }
    }
}

/// A month input; browsers without a month picker show a text field.
pub(in crate::console) fn month(label: &str, name: &str, value: &str) -> Markup {
    html! {
        label {
            span { (label) }
            input type="month" name=(name) value=(value) placeholder="2026-01" pattern="[0-9]{4}-[0-9]{2}" title="A month, for example 2026-01";
        }
    }
}

/// An empty state: what would be here and how it gets here.
pub(in crate::console) fn empty_state(text: &str, next: Markup) -> Markup {
    html! { div .empty { p { (text) } (next) } }
}

/// A table in a region that scrolls by itself, also by keyboard.
pub(in crate::console) fn scroll_region(name: &str, table: Markup) -> Markup {
    html! { div .scrolled role="region" aria-label=(name) tabindex="0" { (table) } }
}

/// Heading of a column.
#[derive(Debug, Clone, Copy)]
pub(in crate::console) enum Heading {
    Text(&'static str),
    /// Amounts and counts, aligned to the right.
    Number(&'static str),
}

/// A table with a caption.
pub(in crate::console) fn table(name: &str, headings: &[Heading], rows: Markup) -> Markup {
    let table = html! {
        table {
            caption { (name) }
            thead {
                tr {
                    @for heading in headings {
                        @match heading {
                            Heading::Text(text) => th scope="col" { (text) },
                            Heading::Number(text) => th .number scope="col" { (text) },
                        }
                    }
                }
            }
            tbody { (rows) }
        }
    };
    html! { section { (scroll_region(name, table)) } }
}

/// Confirmation of the last action.
fn notice(text: &str) -> Markup {
    html! { @if !text.is_empty() { p .done role="status" { (text) } } }
}
