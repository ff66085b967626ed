//! Whatever text or JSON comes in: it is read or refused by the name of the field, never a panic, and what is read is
//! what was written.

use std::fmt::Display;

use deltabook::codec::validation::Form;
use deltabook::codec::{decode, filter};
use deltabook::domain::ids::{ChangeOrderId, ChargeId, Currency, CustomerId, ItemId, LineId, MAX_ID_CHARS};
use deltabook::domain::ids::{SubscriptionId, TenantId};
use deltabook::domain::money::Money;
use deltabook::domain::number::{Amount, Percent, Quantity};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::generated_facts::histories::config;

/// From plain noise to what is nearly right.
pub(super) fn odd_text() -> impl Strategy<Value = String> {
    let bytes = vec(any::<u8>(), 0..40).prop_map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    prop_oneof![
        any::<String>(),
        bytes,
        "[-+]?[0-9]{0,14}[.,]?[0-9]{0,12}[eE_ ]?[0-9]?",
        "[-+]?[0-9٣]{25,60}(\\.[0-9]{0,60})?",
        "[0-9٣]{0,5}[-/ ]?[0-9]{0,3}[-/ ]?[0-9é]{0,3}",
        "[A-Zé]{0,4}",
        Just("\u{0}".to_owned()),
        Just("x".repeat(MAX_ID_CHARS + 1)),
    ]
}

/// From noise to what is nearly a filter.
pub(super) fn odd_filters() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("category = CHURN"),
        Just("mrr_delta<-1"),
        Just("overridden"),
        Just("causes.kind:*"),
        Just("live"),
        Just("("),
        Just(")"),
        Just(" AND "),
        Just(" OR "),
        Just("NOT "),
        Just("-"),
        Just(" "),
        Just("="),
        Just(":"),
        Just("!="),
        Just("<"),
        Just("\"a\\\"b\""),
        Just("'"),
        Just("\\"),
        Just("é"),
        Just("\u{0}"),
        Just("and"),
    ];
    prop_oneof![odd_text(), vec(piece, 0..60).prop_map(|pieces| pieces.concat())]
}

fn entered_numbers() -> impl Strategy<Value = String> {
    prop_oneof!["-?[0-9]{1,12}(\\.[0-9]{1,10})?", "-?0{0,20}[0-9]{1,3}(\\.[0-9]{1,3}0{0,20})?"]
}

/// What is read shows as something that reads as the same; what is not says why.
fn reads_back_or_says_why<T: Display + PartialEq, E: Display>(
    text: &str,
    parse: impl Fn(&str) -> Result<T, E>,
) -> Result<(), TestCaseError> {
    match parse(text) {
        Ok(value) => prop_assert!(parse(&value.to_string()).is_ok_and(|again| again == value), "{text:?} → {value}"),
        Err(error) => prop_assert!(!error.to_string().is_empty(), "{text:?}"),
    }
    Ok(())
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn numbers_and_dates_round_trip_or_are_refused(text in odd_text()) {
        reads_back_or_says_why(&text, Amount::parse)?;
        reads_back_or_says_why(&text, Amount::parse_not_negative)?;
        reads_back_or_says_why(&text, Quantity::parse)?;
        reads_back_or_says_why(&text, Percent::parse)?;
        reads_back_or_says_why(&text, |text| Quantity::parse_sum(text).ok_or("not a sum"))?;
        reads_back_or_says_why(&text, |text| Money::parse(text).ok_or("not an amount"))?;
        reads_back_or_says_why(&text, decode::parse_date)?;
    }

    #[test]
    fn names_round_trip_or_are_refused(text in odd_text()) {
        reads_back_or_says_why(&text, TenantId::parse)?;
        reads_back_or_says_why(&text, CustomerId::parse)?;
        reads_back_or_says_why(&text, SubscriptionId::parse)?;
        reads_back_or_says_why(&text, LineId::parse)?;
        reads_back_or_says_why(&text, ItemId::parse)?;
        reads_back_or_says_why(&text, ChangeOrderId::parse)?;
        reads_back_or_says_why(&text, ChargeId::parse)?;
        reads_back_or_says_why(&text, Currency::parse)?;
    }

    #[test]
    fn filter_is_parsed_or_its_mistakes_have_positions(text in odd_filters()) {
        let mut form = Form::at("");
        let read = filter::parse(&mut form, "filter_expression", &text);
        let is_blank = text.trim().is_empty();
        match form.finish(Some(())) {
            Ok(()) => prop_assert_eq!(read.is_none(), is_blank, "{:?}", text),
            Err(violations) => {
                prop_assert!(read.is_none() && !is_blank);
                let last = text.chars().count() + 1;
                for violation in violations {
                    let place = violation.description.strip_prefix("at character ").and_then(|it| it.split_once(':'));
                    let place: usize = place.unwrap().0.parse().unwrap();
                    prop_assert!((1..=last).contains(&place), "{:?}: {}", text, violation);
                }
            }
        }
    }

    #[test]
    fn numbers_within_the_limits_are_parsed_exactly(text in entered_numbers()) {
        let shown = Amount::parse(&text).unwrap().to_string();
        prop_assert_eq!(&Quantity::parse(&text).unwrap().to_string(), &shown);
        prop_assert_eq!(shown, plain(&text));
    }

    #[test]
    fn percents_are_from_0_to_100(text in entered_numbers()) {
        let (is_negative, plain) = (plain(&text).starts_with('-'), plain(&text));
        let whole: u64 = plain.trim_start_matches('-').split('.').next().unwrap().parse().unwrap();
        let is_part = !is_negative && (whole < 100 || plain == "100");
        prop_assert_eq!(Percent::parse(&text).is_ok(), is_part);
    }

    #[test]
    fn money_round_trips_through_text(micros in any::<i64>()) {
        let money = Money::from_micros(micros);
        prop_assert_eq!(Money::parse(&money.to_string()), Some(money));
    }

    #[test]
    fn dates_are_from_1900_to_9999(
        year in 1890..=9999_i32, month in 0..=13_u32, day in 0..=32_u32
    ) {
        let text = format!("{year:04}-{month:02}-{day:02}");
        let exists = chrono::NaiveDate::from_ymd_opt(year, month, day).filter(|_| year >= decode::FIRST_YEAR);
        prop_assert_eq!(decode::parse_date(&text).ok(), exists);
    }

    #[test]
    fn ids_keep_each_visible_character(text in "[!-~é日ß€]{1,128}") {
        let id = LineId::parse(&text).unwrap();
        prop_assert_eq!(id.as_str(), text);
    }
}

/// The same number without zeros that say nothing.
fn plain(text: &str) -> String {
    let unsigned = text.trim_start_matches('-');
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
    let whole = if whole.is_empty() { "0" } else { whole };
    let number = if fraction.is_empty() { whole.to_owned() } else { format!("{whole}.{fraction}") };
    if text.starts_with('-') && number != "0" { format!("-{number}") } else { number }
}
