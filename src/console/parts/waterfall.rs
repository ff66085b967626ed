//! A waterfall as a chart and as a table, in which each number leads to its movements.

use chrono::NaiveDate;
use maud::{Markup, html};
use tonic::Status;

use crate::console::error_page::Problem;
use crate::console::format;
use crate::console::params::Fields;
use crate::console::parts::chart::{self, Bar, Column, Kind};
use crate::console::parts::page::scrolled;
use crate::console::routes;
use crate::domain::money::Money;
use crate::grpc::v1;

/// What the waterfall is about.
#[derive(Debug, Clone, Copy)]
pub(in crate::console) struct About<'a> {
    pub asked: &'a Fields,
    /// What movements must be besides, to be counted.
    pub counted: &'a str,
}

impl<'a> About<'a> {
    /// That of the movements; any, where they are converted.
    fn currency<'p>(self, it: &'p v1::Waterfall) -> &'p str
    where
        'a: 'p,
    {
        if self.asked.one("in").is_empty() { &it.currency } else { self.asked.one("currency") }
    }

    /// What the movements of a group have in common.
    fn group(self, it: &v1::Waterfall) -> Option<(&'static str, &str)> {
        let field = match self.asked.one("group") {
            "ITEM" => "item",
            "CUSTOMER" => "customer",
            _ => return None,
        };
        (!it.rest).then_some((field, &it.group))
    }

    /// The movements of a subcategory between two dates.
    pub fn of_subcategory(self, it: &v1::Waterfall, name: &str, days: (&str, &str)) -> String {
        let pairs = [("subcategory", name), ("level", self.asked.one("level")), ("currency", self.currency(it))];
        routes::with(routes::MOVEMENTS, pairs.into_iter().chain(dates(days, self)))
    }

    /// What the MRR of a date is made of.
    pub fn through(self, date: &str, currency: &str) -> String {
        let currency = if self.asked.one("in").is_empty() { currency } else { self.asked.one("currency") };
        let until = if self.asked.one("view") == "RESTATED" { "effective_to" } else { "posting_to" };
        let pairs =
            [("level", self.asked.one("level")), ("currency", currency), (until, date), ("filter", self.counted)];
        routes::with(routes::MOVEMENTS, pairs)
    }

    /// Whether the filter of movements can say which group it is.
    pub fn has_links(self, it: &v1::Waterfall) -> bool {
        self.group(it).is_some()
    }
}

/// A column between opening and closing.
pub(in crate::console) struct Step {
    pub name: &'static str,
    class: &'static str,
    amount: fn(&v1::WaterfallPeriod) -> &str,
    /// What its movements are; nothing for what no movement brought.
    category: &'static str,
    subcategories: &'static [&'static str],
}

const STEPS: [Step; 7] = [
    Step {
        name: "New",
        class: "new",
        amount: |it| &it.new,
        category: "NEW",
        subcategories: &["NEW_CUSTOMER", "NEW_CONTRACT"],
    },
    Step {
        name: "Reactivation",
        class: "reactivation",
        amount: |it| &it.reactivation,
        category: "NEW",
        subcategories: &["REACTIVATION"],
    },
    Step { name: "Upsell", class: "upsell", amount: |it| &it.upsell, category: "UPSELL", subcategories: &[] },
    Step { name: "Downsell", class: "downsell", amount: |it| &it.downsell, category: "DOWNSELL", subcategories: &[] },
    Step { name: "Churn", class: "churn", amount: |it| &it.churn, category: "CHURN", subcategories: &[] },
    Step { name: "Ignored", class: "ignored", amount: |it| &it.ignored, category: "IGNORED", subcategories: &[] },
    Step {
        name: "Currency effect",
        class: "currency-effect",
        amount: |it| &it.currency_effect,
        category: "",
        subcategories: &[],
    },
];

/// The columns of a waterfall: what rates did is one where it is converted.
pub(in crate::console) fn steps(it: &v1::Waterfall) -> &'static [Step] {
    let is_converted = it.periods.iter().any(|period| !period.currency_effect.is_empty());
    match &STEPS {
        [of_movements @ .., _] if !is_converted => of_movements,
        all => all,
    }
}

pub(in crate::console) fn money(text: &str) -> Money {
    Money::parse(text).unwrap_or_default()
}

/// What a column comes to over all periods.
pub(in crate::console) fn total(it: &v1::Waterfall, step: &Step) -> Result<Money, Problem> {
    let amounts = it.periods.iter().map(|period| money((step.amount)(period)));
    let mut all = Money::ZERO;
    for amount in amounts {
        all = all.checked_add(amount).map_err(|error| Status::out_of_range(error.to_string()))?;
    }
    Ok(all)
}

/// From the first opening to the last closing.
pub(in crate::console) fn bridge(it: &v1::Waterfall) -> Result<Markup, Problem> {
    let Some((first, last)) = it.periods.first().zip(it.periods.last()) else { return Ok(html! {}) };
    let level = |label, text: &str| {
        let to = money(text);
        Bar { label, from: Money::ZERO, to, shown: format::amount(text), kind: Kind::Level }
    };
    let mut bars = vec![level("Opening", &first.opening)];
    let mut at = money(&first.opening);
    for step in steps(it) {
        let change = total(it, step)?;
        let to = at.checked_add(change).map_err(|error| Status::out_of_range(error.to_string()))?;
        let kind = if matches!(step.category, "IGNORED" | "") { Kind::Other } else { Kind::of(change) };
        bars.push(Bar { label: step.name, from: at, to, shown: format::change(&change.to_string()), kind });
        at = to;
    }
    bars.push(level("Closing", &last.closing));
    Ok(html! {
        figure {
            figcaption { "MRR from " (first.start) " to the end of " (last_date(&last.end)) }
            (chart::bridge(&bars))
        }
    })
}

/// What each period gained and lost; nothing for a single one.
pub(in crate::console) fn columns(it: &v1::Waterfall) -> Markup {
    if it.periods.len() < 2 {
        return html! {};
    }
    let column = |period: &v1::WaterfallPeriod| Column {
        label: name(period),
        parts: steps(it).iter().map(|step| (step.class, money((step.amount)(period)))).collect(),
    };
    let drawn: Vec<Column> = it.periods.iter().map(column).collect();
    html! {
        figure {
            figcaption { "Gains and losses by period" }
            ul .legend aria-hidden="true" {
                @for step in steps(it) { li { span class={ "key " (step.class) } {} (step.name) } }
            }
            (scrolled(&format!("Gains and losses by period in {}, drawn", it.currency), chart::columns(&drawn)))
        }
    }
}

pub(in crate::console) fn table(it: &v1::Waterfall, about: About<'_>) -> Result<Markup, Problem> {
    let has_adjustments = it.periods.iter().any(|period| period.adjustments.is_some());
    let table = html! {
        table .numbers {
            caption {
                "The waterfall in " (it.currency) ". Each amount leads to its movements"
                @if about.asked.one("in").is_empty() { "." } @else { ", in the currencies of their lines." }
            }
            thead {
                tr {
                    th scope="col" { "Period" }
                    th scope="col" { "Opening" }
                    @for step in steps(it) { th scope="col" { (step.name) } }
                    th scope="col" { "Closing" }
                    @if has_adjustments { th scope="col" { "of it adjustments" } }
                }
            }
            tbody { @for period in &it.periods { (row(period, it, about, has_adjustments)) } }
            @if it.periods.len() > 1 { (totals(it, about, has_adjustments)?) }
        }
    };
    Ok(scrolled(&format!("The waterfall in {} as a table", it.currency), table))
}

fn row(period: &v1::WaterfallPeriod, it: &v1::Waterfall, about: About<'_>, has_adjustments: bool) -> Markup {
    let days = (period.start.as_str(), last_date(&period.end));
    html! {
        tr {
            th scope="row" { (name(period)) }
            td { (format::amount(&period.opening)) }
            @for step in steps(it) { td { (cell((step.amount)(period), &movements(step, (days.0, &days.1), it, about))) } }
            td { (format::amount(&period.closing)) }
            @if has_adjustments {
                td {
                    @if let Some(adjustments) = &period.adjustments {
                        (cell(&adjustments.amount, &adjusted((days.0, &days.1), it, about)))
                    }
                }
            }
        }
    }
}

fn totals(it: &v1::Waterfall, about: About<'_>, has_adjustments: bool) -> Result<Markup, Problem> {
    let Some((first, last)) = it.periods.first().zip(it.periods.last()) else { return Ok(html! {}) };
    let end = last_date(&last.end);
    Ok(html! {
        tfoot {
            tr {
                th scope="row" { "All" }
                td { (format::amount(&first.opening)) }
                @for step in steps(it) {
                    td { (cell(&total(it, step)?.to_string(), &movements(step, (&first.start, &end), it, about))) }
                }
                td { (format::amount(&last.closing)) }
                @if has_adjustments { td {} }
            }
        }
    })
}

/// An amount that leads to its movements; one of nothing leads nowhere.
pub(in crate::console) fn cell(amount: &str, link: &str) -> Markup {
    html! {
        @if format::is_zero(amount) || link.is_empty() { (format::amount(amount)) } @else { a href=(link) { (format::amount(amount)) } }
    }
}

/// The movements of a column between two dates, reversals included: what they add up to. Nothing for what no movement brought.
pub(in crate::console) fn movements(step: &Step, days: (&str, &str), it: &v1::Waterfall, about: About<'_>) -> String {
    // Each level has its own; the form of the list takes one.
    let is_of_level = |name: &&&str| !name.starts_with("NEW_") || name.ends_with(about.asked.one("level"));
    let subcategories = step.subcategories.iter().filter(is_of_level).map(|name| ("subcategory", *name));
    if step.category.is_empty() {
        return String::new();
    }
    let category = if step.subcategories.is_empty() { step.category } else { "" };
    let pairs = [("category", category), ("level", about.asked.one("level")), ("currency", about.currency(it))];
    let pairs = pairs.into_iter().chain(subcategories).chain(about.group(it)).chain(dates(days, about));
    routes::with(routes::MOVEMENTS, pairs)
}

fn adjusted(days: (&str, &str), it: &v1::Waterfall, about: About<'_>) -> String {
    let pairs = [("which", "ADJUSTMENTS"), ("level", about.asked.one("level")), ("currency", about.currency(it))];
    routes::with(routes::MOVEMENTS, pairs.into_iter().chain(dates(days, about)))
}

/// By the date by which the waterfall counts, and only what it counts.
fn dates<'a>((from, to): (&'a str, &'a str), about: About<'a>) -> [(&'static str, &'a str); 3] {
    let counted = ("filter", about.counted);
    if about.asked.one("view") == "RESTATED" {
        [("effective_from", from), ("effective_to", to), counted]
    } else {
        [("posting_from", from), ("posting_to", to), counted]
    }
}

/// A day, a month, or from which month to which.
fn name(period: &v1::WaterfallPeriod) -> String {
    if period.start == last_date(&period.end) {
        return period.start.clone();
    }
    let month = |date: &str| date.chars().take(7).collect::<String>();
    let (first, last) = (month(&period.start), month(&last_date(&period.end)));
    if first == last { first } else { format!("{first} to {last}") }
}

/// The date before the first one after a period.
pub(in crate::console) fn last_date(end: &str) -> String {
    let end: Option<NaiveDate> = end.parse().ok();
    end.and_then(|end| end.pred_opt()).map(|date| date.to_string()).unwrap_or_default()
}
