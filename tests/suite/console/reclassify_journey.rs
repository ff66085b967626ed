//! From a number to its reason, and to another word on it.

use crate::support::console::browser::Browser;
use crate::support::console::site::ConsoleSite;
use crate::support::store;

const REASON: &str = "The five seats replace those of a pilot";

/// The cell of the waterfall, by its month and its column.
fn cell(month: &str, column: &str) -> String {
    let place = format!("count(ancestor::table/thead/tr/th[.='{column}']/preceding-sibling::th)+1");
    format!("//section[@aria-label='USD']//tr[th='{month}']/*[position()={place}]")
}

#[tokio::test]
async fn console_leads_from_an_amount_to_its_reclassification() {
    let site = ConsoleSite::with_demo(store::sqlite()).await;
    let browser = Browser::open(&site.url).await;

    // A page without a session leads to the sign-in, and the sign-in back to the page.
    browser.goto("/console/overview?from=2025-10&to=2025-12").await;
    assert!(browser.path().await.starts_with("/console/sign-in?next="));
    browser.write("//input[@name='key']", &site.finance.text).await;
    browser.follow("//button[.='Sign in']").await;
    assert_eq!(browser.path().await, "/console/overview?from=2025-10&to=2025-12");
    assert_eq!(browser.text(&cell("2025-11", "Upsell")).await, "180.00");
    assert_eq!(browser.text(&cell("2025-11", "Ignored")).await, "0.00");

    // The number leads to its movements: a customer orders five more seats on a second contract, and something else.
    browser.follow(&format!("{}/a", cell("2025-11", "Upsell"))).await;
    assert_eq!(browser.text("//ul[@class='sums']").await, "2 on this page at customer level in USD: +180.00");
    browser.follow("//tr[td='pikestone-robotics'][td='seats']/td[1]/a").await;
    let why = browser.text("//section[h2='Explanation']").await;
    assert!(why.contains("quantity 10 → 15: quantity effect 200 × (15 − 10) / 10 = 100"), "{why}");
    let shown = browser.text("//main").await;
    assert!(shown.contains("start of line SUB-1013-1") && shown.contains("Upgraded of +180.00 USD"), "{shown}");

    // Finance says otherwise: first it sees what that would change.
    browser.follow("//a[.='Reclassify']").await;
    browser.click("//label[contains(.,'Ignored:')]/input").await;
    browser.write("//textarea", REASON).await;
    browser.follow("//button[.='Preview']").await;
    let changes = browser.text("//table[caption='Waterfall changes']/tbody").await;
    let changes: Vec<&str> = changes.lines().map(str::trim).collect();
    // What is ignored is so at both levels.
    let expected = [
        "2025-11\tContract\tNew\t−100.00 USD\t−1",
        "2025-11\tContract\tIgnored\t+100.00 USD\t+1",
        "2025-11\tCustomer\tUpsell\t−100.00 USD\t−1",
        "2025-11\tCustomer\tIgnored\t+100.00 USD\t+1",
    ];
    assert_eq!(changes, expected);
    browser.follow("//button[.='Record override']").await;
    assert_eq!(browser.text("//p[@role='status']").await, "Override recorded. This is the current movement.");
    let shown = browser.text("//dl").await;
    assert!(shown.contains("Ignored · Ignored") && shown.contains("+100.00 USD"), "{shown}");

    // The waterfall has it, and closes as before.
    browser.goto("/console/overview?from=2025-10&to=2025-12").await;
    assert_eq!(browser.text(&cell("2025-11", "Upsell")).await, "80.00");
    assert_eq!(browser.text(&cell("2025-11", "Ignored")).await, "100.00");

    // The audit trail says who, what and why.
    browser.follow("//nav//a[.='Audit trail']").await;
    let entry = browser.text("//tr[td='Override set']").await;
    let actor = format!("key {} (finance)", site.finance.id);
    for part in [REASON, &actor, "pikestone-robotics"] {
        assert!(entry.contains(part), "{entry}");
    }
    browser.follow("//button[.='Verify audit trail']").await;
    let checked = browser.text("//p[@role='status']").await;
    assert!(checked.ends_with("entries verified. None was changed."), "{checked}");

    // Who has signed out has to sign in again.
    browser.follow("//button[.='Sign out']").await;
    assert_eq!(browser.path().await, "/console/sign-in");
    browser.goto("/console/audit").await;
    assert!(browser.path().await.starts_with("/console/sign-in?next="));
    drop(browser);
    site.close().await;
}
