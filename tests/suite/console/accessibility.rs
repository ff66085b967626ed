//! Every page, in each of its states: no accessibility violation, and nothing out of sight.

use std::env;
use std::fs;
use std::path::PathBuf;

use serde_json::json;

use crate::support::console::browser::axe;
use crate::support::console::browser::{Browser, LOOKS};
use crate::support::console::site::ConsoleSite;
use crate::support::store;

/// Where pictures of the pages are wanted.
const PICTURES: &str = "DELTABOOK_SCREENSHOTS";

/// A page in one of its states.
struct Page {
    name: &'static str,
    path: String,
    /// The steps that lead to the state.
    does: &'static str,
    /// Part of what is on it then.
    says: &'static str,
}

fn page(name: &'static str, path: impl Into<String>, says: &'static str) -> Page {
    Page { name, path: path.into(), does: "", says }
}

const PREVIEW: &str = "
    document.querySelector('[name=type][value=IGNORED]').click();
    document.querySelector('textarea').value = 'The five seats replace those of a pilot';
    document.querySelector('[value=preview]').click();";

/// Those of a store with the book of the demo, for who may do everything.
fn furnished(movement: &str, reversed: &str) -> Vec<Page> {
    let with = |page: Page, does: &'static str| Page { does, ..page };
    vec![
        page("overview", "/console/overview?from=2026-01&to=2026-11", "Each amount links to its movements"),
        page(
            "overview-by-quarter",
            "/console/overview?from=2025-01&to=2026-12&by=QUARTER&level=CONTRACT",
            "2025-10 to 2025-12",
        ),
        page("overview-by-subcategory", "/console/overview?group=SUBCATEGORY", "By subcategory, in USD"),
        page("overview-by-item", "/console/overview?from=2026-01&to=2026-11&group=ITEM", "By item, in USD"),
        page("overview-error", "/console/overview?from=2026-13", "month"),
        page("movements", "/console/movements", "Export all as CSV"),
        page("movements-by-condition", "/console/movements?filter=mrr_delta+%3C+-500", "Export all as CSV"),
        page("movements-condition-error", "/console/movements?filter=mrr_delta+%3C", "ilter"),
        page("movements-none", "/console/movements?item=none", "No movements match the filter"),
        page("movements-error", "/console/movements?posting_from=tomorrow", "osting"),
        page("movement", format!("/console/movements/{movement}"), "Source facts"),
        page("movement-reversed", format!("/console/movements/{reversed}"), "Superseded: reversed by"),
        page("movement-none", "/console/movements/9999999", "Not Found"),
        page("override", format!("/console/movements/{movement}/override"), "Modification type"),
        with(
            page("override-error", format!("/console/movements/{movement}/override"), "Reason"),
            "document.querySelector('form.stacked').noValidate = true; document.querySelector('[value=preview]').click()",
        ),
        with(
            page(
                "override-preview",
                format!("/console/movements/{movement}/override"),
                "Preview of the reclassification",
            ),
            PREVIEW,
        ),
        page("customers", "/console/customer", "Recently changed customers"),
        page("customer", "/console/customer?id=pikestone-robotics", "Timeline from"),
        page("customer-none", "/console/customer?id=nobody", "Not Found"),
        page("retention", "/console/retention?from=2026-01&to=2026-11", "Retention in USD"),
        page(
            "retention-of-customers",
            "/console/retention?from=2025-01&to=2026-11&by=QUARTER&measure=CUSTOMERS",
            "Customer retention by cohort",
        ),
        page("scheduled", "/console/scheduled?until=2027-12-31", "Terms ending without renewal"),
        page("scheduled-none", "/console/scheduled?until=2026-11-22&currency=CHF", "No scheduled movements"),
        page("periods", "/console/periods", "2025-11"),
        with(
            page("periods-error", "/console/periods", "2027-05"),
            "document.querySelector('[name=month]').value = '2027-05'; document.querySelector('[value=close]').click()",
        ),
        page("audit", "/console/audit", "A second company of the same owner"),
        page("audit-none", "/console/audit?actor=nobody", "No audit entries match the filter"),
        with(
            page("audit-checked", "/console/audit", "None was changed"),
            "document.querySelector('main form[method=post] button').click()",
        ),
        page("deliveries", "/console/deliveries", "410 Gone"),
        page("deliveries-given-up", "/console/deliveries?sink=crm&state=DEAD", "400 Bad Request"),
        page("no-such-page", "/console/nowhere", "This page does not exist"),
    ]
}

/// Those of a store with nothing in it.
fn bare() -> Vec<Page> {
    vec![
        page("empty-overview", "/console/overview", "No movements up to the end of this range"),
        page("empty-movements", "/console/movements", "No movements match the filter"),
        page("empty-customers", "/console/customer", "No customers yet"),
        page("empty-retention", "/console/retention", "No movements up to the end of this range"),
        page("empty-scheduled", "/console/scheduled", "No scheduled movements"),
        page("empty-periods", "/console/periods", "No months closed yet"),
        page("empty-deliveries", "/console/deliveries", "No sinks yet"),
    ]
}

/// Those that need no key.
fn before_signing_in() -> Vec<Page> {
    let wrong = "document.querySelector('[name=key]').value = 'nonsense'; document.querySelector('button').click()";
    vec![
        page("sign-in", "/console/sign-in", "Movements of recurring revenue"),
        Page { name: "sign-in-wrong-key", path: "/console/sign-in".into(), does: wrong, says: "not valid" },
    ]
}

/// What is wrong with a page, looked at in every way; and pictures of it, where they are wanted.
async fn check(browser: &Browser, page: &Page) -> Vec<String> {
    let mut wrong = Vec::new();
    browser.goto(&page.path).await;
    if !page.does.is_empty() {
        browser.run_away(page.does, json!([])).await;
    }
    let text = browser.text("//body").await;
    if !text.contains(page.says) {
        wrong.push(format!("{} does not say {:?}:\n{text}", page.name, page.says));
    }
    for look in LOOKS {
        browser.look(look).await;
        for (impact, what) in axe::violations(browser).await {
            let printed = format!("{} {} {impact} {what}", page.name, look.name);
            if matches!(impact.as_str(), "serious" | "critical") { wrong.push(printed) } else { println!("{printed}") }
        }
        let beyond = "return document.scrollingElement.scrollWidth - innerWidth";
        let beyond = browser.run(beyond, json!([])).await;
        if beyond.as_i64().is_none_or(|beyond| beyond > 0) {
            wrong.push(format!("{} {} is {beyond} pixels too wide", page.name, look.name));
        }
        if let Some(folder) = env::var_os(PICTURES).map(PathBuf::from) {
            fs::create_dir_all(&folder).unwrap();
            fs::write(folder.join(format!("{}-{}.png", page.name, look.name)), browser.picture().await).unwrap();
        }
    }
    wrong
}

async fn sign_in(browser: &Browser, key: &str) {
    browser.goto("/console/sign-in").await;
    browser.write("//input[@name='key']", key).await;
    browser.follow("//button[.='Sign in']").await;
}

#[tokio::test]
async fn console_pages_have_no_accessibility_violations() {
    let mut site = ConsoleSite::with_demo(store::sqlite()).await;
    let reversed = site.decide().await.movement_id;
    let movement = site.movement("pikestone-robotics", deltabook::grpc::v1::ImpactSubcategory::ItemRemoval).await;
    let browser = Browser::open(&site.url).await;
    let mut wrong = Vec::new();
    for page in before_signing_in() {
        wrong.extend(check(&browser, &page).await);
    }
    sign_in(&browser, &site.admin.text).await;
    for page in furnished(&movement.movement_id, &reversed) {
        wrong.extend(check(&browser, &page).await);
    }
    drop(browser);
    site.close().await;

    let site = ConsoleSite::empty(store::sqlite()).await;
    let browser = Browser::open(&site.url).await;
    sign_in(&browser, &site.finance.text).await;
    for page in bare() {
        wrong.extend(check(&browser, &page).await);
    }
    drop(browser);
    site.close().await;
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
