//! The console without a mouse.

use std::collections::BTreeSet;

use serde_json::json;

use crate::support::console::browser::Browser;
use crate::support::console::site::ConsoleSite;
use crate::support::store;

const TAB: &str = "\u{e004}";
const ENTER: &str = "\u{e007}";

/// The number of what can be reached, which has the number in it then; of radio buttons one is reached, and the arrows
/// lead to the others.
const NUMBER: &str = "
    const all = document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex=\"0\"]');
    const groups = new Set();
    let count = 0;
    for (const it of all) {
        // Folded away.
        if (!it.checkVisibility()) continue;
        if (it.type === 'radio') {
            if (groups.has(it.name)) continue;
            groups.add(it.name);
        }
        it.dataset.number = count++;
    }
    return count;";

/// Which of them has the focus, and whether that is to be seen.
const FOCUSED: &str = "
    const it = document.activeElement, style = getComputedStyle(it), box = it.getBoundingClientRect();
    const number = it.type === 'radio' ? document.querySelector(`[name='${it.name}']`).dataset.number : it.dataset.number;
    const seen = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2 && box.width > 0 && box.right > 0;
    return [number ?? '', seen, it.outerHTML.slice(0, 120)];";

/// Goes through a page from its beginning, until everything was reached.
async fn walk(browser: &Browser, path: &str) {
    browser.goto(path).await;
    let count = browser.run(NUMBER, json!([])).await.as_u64().unwrap();
    assert!(count > 3, "{path}");
    browser.run("document.activeElement.blur()", json!([])).await;
    let mut reached = BTreeSet::<u64>::new();
    // Fields for dates are several stops each.
    for _ in 0..count * 4 {
        browser.press(TAB).await;
        let focused = browser.run(FOCUSED, json!([])).await;
        let (number, is_seen, what): (String, bool, String) = serde_json::from_value(focused).unwrap();
        if let Ok(number) = number.parse() {
            assert!(is_seen, "{path}: the focus is not to be seen on {what}");
            reached.insert(number);
        }
        if (0..count).all(|number| reached.contains(&number)) {
            return;
        }
    }
    let missed: Vec<u64> = (0..count).filter(|number| !reached.contains(number)).collect();
    let script =
        "return arguments[0].map(it => document.querySelector(`[data-number='${it}']`).outerHTML.slice(0, 120))";
    panic!("{path}: not reached: {}", browser.run(script, json!([missed])).await);
}

#[tokio::test]
async fn console_is_operable_by_keyboard() {
    let mut site = ConsoleSite::with_demo(store::sqlite()).await;
    let movement = site.movement("pikestone-robotics", deltabook::grpc::v1::ImpactSubcategory::ItemRemoval).await;
    let browser = Browser::open(&site.url).await;
    // The field for the key has the focus from the beginning.
    browser.goto("/console/sign-in").await;
    let focused = browser.run("return document.activeElement.name", json!([])).await;
    assert_eq!(focused, "key");
    browser.write("//input[@name='key']", &site.finance.text).await;
    browser.leaves(browser.press(ENTER)).await;

    browser.goto("/console/overview?from=2025-11&to=2026-01").await;
    browser.press(TAB).await;
    assert_eq!(browser.run("return document.activeElement.className", json!([])).await, "skip");
    browser.press(ENTER).await;
    assert_eq!(browser.run("return document.activeElement.id", json!([])).await, "content");

    walk(&browser, "/console/overview?from=2025-11&to=2026-01").await;
    walk(&browser, "/console/periods").await;
    walk(&browser, &format!("/console/movements/{}/override", movement.movement_id)).await;
    walk(&browser, "/console/movements?customer=pikestone-robotics").await;
    drop(browser);
    site.close().await;
}
