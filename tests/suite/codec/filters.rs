//! What is wrong with a filter, and where.

use deltabook::codec::filter::{Field, MAX_CHARS, MAX_DEPTH, MAX_TERMS, parse};
use deltabook::codec::validation::Form;

/// What is wrong with it, without the name of the field.
fn problems(text: &str) -> Vec<String> {
    let mut form = Form::at("");
    let read = parse(&mut form, "filter_expression", text);
    let violations = form.finish(Some(())).err().map(Vec::from).unwrap_or_default();
    assert_eq!(read.is_some(), violations.is_empty() && !text.trim().is_empty(), "{text}");
    violations.into_iter().map(|it| it.description).collect()
}

#[test]
fn filter_mistakes_are_reported_by_rule() {
    for (text, expected) in [
        ("category = ", "at character 10: a value is missing behind `=`"),
        ("category", "at character 1: `category` is compared with nothing"),
        ("live AND", "at character 9: a condition is missing at the end"),
        ("()", "at character 2: a condition is missing before this parenthesis"),
        ("live)", "at character 5: this parenthesis closes nothing"),
        ("(live", "at character 1: this parenthesis is not closed"),
        ("OR live", "at character 1: a condition is missing before this operator"),
        ("live = maybe", "at character 8: `maybe` is neither true nor false"),
        ("level == CUSTOMER", "at character 7: `==` is no operator: there are =, !=, <, <=, >, >= and :"),
        ("item_id = \"a", "at character 11: a quote is opened here and not closed"),
        ("item_id = 'a\\n'", "at character 11: a backslash in quotes stands before a quote or a backslash only"),
        ("item_id = sup*", "at character 11: a * stands for nothing else here: put it in quotes if it is meant"),
        ("item_id < a", "at character 11: `item_id` has no order: ask with = or !="),
        ("item_id:a", "at character 9: `item_id` has one value: ask with =, or with item_id:* whether it has any"),
        ("rules = 13", "at character 9: `rules` can have several values: ask with rules:13"),
        ("rules:R19", "at character 7: `R19` is not a rule: R1 to R18"),
        ("category = (NEW OR CHURN)", "at character 12: one value is wanted here: write every comparison in full"),
        ("'live'", "at character 1: a text in quotes is a value: it stands behind a field and an operator"),
        ("= 3", "at character 1: a field is missing before `=`"),
        ("live, reversal", "at character 5: there is a comma: conditions are joined by AND or OR"),
        ("movement_id > -1", "at character 15: `-1` is not a movement id: a whole number above 0"),
        ("recorded_at > 2026-01-01", "at character 15: `2026-01-01` is not an instant such as 2026-01-31T09:30:00Z"),
        ("currency = =", "at character 12: `=` follows another operator: a value that begins with it stands in quotes"),
    ] {
        let found = problems(text);
        assert_eq!(found.first().map(String::as_str), Some(expected), "{text}: {found:?}");
    }
    assert_eq!(problems("(live OR -(reversal)) NOT overridden AND item_id = 'it''s'").len(), 1);
    assert_eq!(problems("  \n "), [""; 0]);
}

#[test]
fn filter_length_depth_and_terms_are_limited() {
    let nested = |depth: usize| format!("{}live{}", "(".repeat(depth), ")".repeat(depth));
    assert_eq!(problems(&nested(MAX_DEPTH)), [""; 0]);
    assert_eq!(problems(&nested(MAX_DEPTH + 1)), ["at character 33: this is nested more than 32 deep"]);
    assert_eq!(
        problems(&format!("{}live", "NOT ".repeat(MAX_DEPTH + 1)))[0],
        "at character 129: this is nested more than 32 deep"
    );
    assert_eq!(problems(&"live ".repeat(MAX_TERMS)), [""; 0]);
    assert_eq!(problems(&"live ".repeat(MAX_TERMS + 5)), ["at character 501: this is more than 100 comparisons"]);
    assert_eq!(problems(&"(".repeat(MAX_CHARS)).len(), MAX_CHARS + 2);
    assert_eq!(problems(&" ".repeat(MAX_CHARS + 1)), ["is longer than 4096 characters"]);
}

#[test]
fn the_documentation_has_each_field() {
    let page = include_str!("../../../docs/filter.md");
    for field in Field::all().map(Field::as_str) {
        assert!(page.contains(&format!("`{field}`")), "{field}");
    }
}
