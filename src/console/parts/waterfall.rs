//! Waterfall as charts and as a table whose amounts link to their movements.

use maud::{Markup, html};

use crate::bug;
use crate::bug::Bug;
use crate::console::error_page::ErrorPage;
use crate::console::format;
use crate::console::format::{parse_date, parse_money};
use crate::console::params::Params;
use crate::console::parts::chart::{self, Bar, BarColor, StackedColumn};
use crate::console::parts::page::scroll_region;
use crate::console::routes;
use crate::domain::money::Money;
use crate::grpc::v1;

/// Links from a waterfall to its movements.
#[derive(Debug, Clone, Copy)]
pub(in crate::console) struct WaterfallLinks<'a> {
    pub params: &'a Params,
    /// Filter expression of the movements that the waterfall counts.
    pub counted_filter: &'a str,
}

impl<'a> WaterfallLinks<'a> {
    /// The currency of the movements; empty for all currencies in a converted waterfall.
    fn currency<'p>(self, it: &'p v1::Waterfall) -> &'p str
    where
        'a: 'p,
    {
        if self.params.get("in").is_empty() { &it.currency } else { self.params.get("currency") }
    }

    /// The filter parameter that selects the movements of a group.
    fn group(self, it: &v1::Waterfall) -> Option<(&'static str, &str)> {
        let field = match self.params.get("group") {
            "ITEM" => "item",
            "CUSTOMER" => "customer",
            _ => return None,
        };
        (!it.rest).then_some((field, &it.group))
    }

    /// Link to the movements of a subcategory between two dates.
    pub fn subcategory(self, it: &v1::Waterfall, name: &str, days: (&str, &str)) -> String {
        let pairs = [("subcategory", name), ("level", self.params.get("level")), ("currency", self.currency(it))];
        routes::with_query(routes::MOVEMENTS, pairs.into_iter().chain(date_filter(days, self)))
    }

    /// Link to all movements up to a date, which add up to its MRR.
    pub fn balance(self, date: &str, currency: &str) -> String {
        let currency = if self.params.get("in").is_empty() { currency } else { self.params.get("currency") };
        let until = if self.params.get("view") == "RESTATED" { "effective_to" } else { "posting_to" };
        let pairs = [
            ("level", self.params.get("level")),
            ("currency", currency),
            (until, date),
            ("filter", self.counted_filter),
        ];
        routes::with_query(routes::MOVEMENTS, pairs)
    }

    /// Tests that the movement filter can select the group.
    pub fn has_group_links(self, it: &v1::Waterfall) -> bool {
        self.group(it).is_some()
    }
}

/// A column between opening and closing.
pub(in crate::console) struct Step {
    pub name: &'static str,
    class: &'static str,
    amount: fn(&v1::WaterfallPeriod) -> &str,
    /// Category of its movements; empty for the currency effect, which has no movements.
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

/// The columns of a waterfall; a converted one includes the currency effect.
pub(in crate::console) fn steps(it: &v1::Waterfall) -> &'static [Step] {
    let is_converted = it.periods.iter().any(|period| !period.currency_effect.is_empty());
    match &STEPS {
        [of_movements @ .., _] if !is_converted => of_movements,
        all => all,
    }
}

/// The sum of a column over all periods.
pub(in crate::console) fn column_total(it: &v1::Waterfall, step: &Step) -> Result<Money, ErrorPage> {
    let mut total = Money::ZERO;
    for period in &it.periods {
        total = total.checked_add(parse_money((step.amount)(period))?)?;
    }
    Ok(total)
}

/// The bridge from the first opening to the last closing.
pub(in crate::console) fn bridge(it: &v1::Waterfall) -> Result<Markup, ErrorPage> {
    let Some((first, last)) = it.periods.first().zip(it.periods.last()) else { return Ok(html! {}) };
    let level = |label, text: &str| {
        let to = parse_money(text)?;
        Ok::<Bar, Bug>(Bar { label, from: Money::ZERO, to, shown: format::money(to), color: BarColor::Level })
    };
    let mut bars = vec![level("Opening", &first.opening)?];
    let mut at = parse_money(&first.opening)?;
    for step in steps(it) {
        let change = column_total(it, step)?;
        let to = at.checked_add(change)?;
        let color = if matches!(step.category, "IGNORED" | "") { BarColor::Other } else { BarColor::of(change) };
        bars.push(Bar { label: step.name, from: at, to, shown: format::signed_money(change), color });
        at = to;
    }
    bars.push(level("Closing", &last.closing)?);
    Ok(html! {
        figure {
            figcaption { "MRR from " (first.start) " to the end of " (last_date(&last.end)?) }
            (chart::bridge(&bars))
        }
    })
}

/// Gains and losses of each period; empty for a single period.
pub(in crate::console) fn columns(it: &v1::Waterfall) -> Result<Markup, ErrorPage> {
    if it.periods.len() < 2 {
        return Ok(html! {});
    }
    let column = |period: &v1::WaterfallPeriod| {
        let segment = |step: &Step| Ok((step.class, parse_money((step.amount)(period))?));
        let segments = steps(it).iter().map(segment).collect::<Result<_, Bug>>()?;
        Ok(StackedColumn { label: period_label(period)?, segments })
    };
    let columns = it.periods.iter().map(column).collect::<Result<Vec<StackedColumn>, Bug>>()?;
    Ok(html! {
        figure {
            figcaption { "Gains and losses by period" }
            ul .legend aria-hidden="true" {
                @for step in steps(it) { li { span class={ "key " (step.class) } {} (step.name) } }
            }
            (scroll_region(&format!("Chart of gains and losses by period in {}", it.currency), chart::stacked_columns(&columns)))
        }
    })
}

pub(in crate::console) fn table(it: &v1::Waterfall, links: WaterfallLinks<'_>) -> Result<Markup, ErrorPage> {
    let has_adjustments = it.periods.iter().any(|period| period.adjustments.is_some());
    let table = html! {
        table .numbers {
            caption {
                "MRR waterfall in " (it.currency) ". Each amount links to its movements"
                @if links.params.get("in").is_empty() { "." } @else { ", in the currencies of their lines." }
            }
            thead {
                tr {
                    th scope="col" { "Period" }
                    th scope="col" { "Opening" }
                    @for step in steps(it) { th scope="col" { (step.name) } }
                    th scope="col" { "Closing" }
                    @if has_adjustments { th scope="col" { "of which adjustments" } }
                }
            }
            tbody { @for period in &it.periods { (period_row(period, it, links, has_adjustments)?) } }
            @if it.periods.len() > 1 { (total_row(it, links, has_adjustments)?) }
        }
    };
    Ok(scroll_region(&format!("MRR waterfall in {}", it.currency), table))
}

fn period_row(
    period: &v1::WaterfallPeriod,
    it: &v1::Waterfall,
    links: WaterfallLinks<'_>,
    has_adjustments: bool,
) -> Result<Markup, ErrorPage> {
    let days = (period.start.as_str(), last_date(&period.end)?);
    Ok(html! {
        tr {
            th scope="row" { (period_label(period)?) }
            td { (format::amount(&period.opening)?) }
            @for step in steps(it) { td { (linked_amount(parse_money((step.amount)(period))?, &column_link(step, (days.0, &days.1), it, links))) } }
            td { (format::amount(&period.closing)?) }
            @if has_adjustments {
                td {
                    @if let Some(adjustments) = &period.adjustments {
                        (linked_amount(parse_money(&adjustments.amount)?, &adjustments_link((days.0, &days.1), it, links)))
                    }
                }
            }
        }
    })
}

fn total_row(it: &v1::Waterfall, links: WaterfallLinks<'_>, has_adjustments: bool) -> Result<Markup, ErrorPage> {
    let Some((first, last)) = it.periods.first().zip(it.periods.last()) else { return Ok(html! {}) };
    let end = last_date(&last.end)?;
    Ok(html! {
        tfoot {
            tr {
                th scope="row" { "Total" }
                td { (format::amount(&first.opening)?) }
                @for step in steps(it) {
                    td { (linked_amount(column_total(it, step)?, &column_link(step, (&first.start, &end), it, links))) }
                }
                td { (format::amount(&last.closing)?) }
                @if has_adjustments { td {} }
            }
        }
    })
}

/// An amount with a link to its movements; zero has no link.
pub(in crate::console) fn linked_amount(amount: Money, link: &str) -> Markup {
    html! {
        @if amount.is_zero() || link.is_empty() { (format::money(amount)) } @else { a href=(link) { (format::money(amount)) } }
    }
}

/// Link to the movements of a column between two dates, reversals included; empty for the currency effect.
pub(in crate::console) fn column_link(
    step: &Step,
    days: (&str, &str),
    it: &v1::Waterfall,
    links: WaterfallLinks<'_>,
) -> String {
    // Each level has its own subcategory of New; the filter form takes one.
    let is_of_level = |name: &&&str| !name.starts_with("NEW_") || name.ends_with(links.params.get("level"));
    let subcategories = step.subcategories.iter().filter(is_of_level).map(|name| ("subcategory", *name));
    if step.category.is_empty() {
        return String::new();
    }
    let category = if step.subcategories.is_empty() { step.category } else { "" };
    let pairs = [("category", category), ("level", links.params.get("level")), ("currency", links.currency(it))];
    let pairs = pairs.into_iter().chain(subcategories).chain(links.group(it)).chain(date_filter(days, links));
    routes::with_query(routes::MOVEMENTS, pairs)
}

fn adjustments_link(days: (&str, &str), it: &v1::Waterfall, links: WaterfallLinks<'_>) -> String {
    let pairs = [("which", "ADJUSTMENTS"), ("level", links.params.get("level")), ("currency", links.currency(it))];
    routes::with_query(routes::MOVEMENTS, pairs.into_iter().chain(date_filter(days, links)))
}

/// Filter by the date that the view counts by, and by the movements that it counts.
fn date_filter<'a>((from, to): (&'a str, &'a str), links: WaterfallLinks<'a>) -> [(&'static str, &'a str); 3] {
    let counted_filter = ("filter", links.counted_filter);
    if links.params.get("view") == "RESTATED" {
        [("effective_from", from), ("effective_to", to), counted_filter]
    } else {
        [("posting_from", from), ("posting_to", to), counted_filter]
    }
}

/// Label of a period: a day, a month, or a range of months.
fn period_label(period: &v1::WaterfallPeriod) -> Result<String, Bug> {
    let last = last_date(&period.end)?;
    if period.start == last {
        return Ok(period.start.clone());
    }
    let month = |date: &str| date.chars().take(7).collect::<String>();
    let (first, last) = (month(&period.start), month(&last));
    Ok(if first == last { first } else { format!("{first} to {last}") })
}

/// The last date of a period, from its exclusive end.
pub(in crate::console) fn last_date(end: &str) -> Result<String, Bug> {
    let last = parse_date(end)?.pred_opt().ok_or_else(|| bug!("no date is before {end}"))?;
    Ok(last.to_string())
}
