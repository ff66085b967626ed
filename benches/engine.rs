//! Throughput of the engine on one core, in changes a second, for customers with 1, 10, 100 and 1,000 changes.
//!
//! Run with `cargo bench --bench engine`. A change makes a movement: a start, a price step, an order on a line.
//! Each round replays 10,000 changes: 10,000 customers with one, or 1,000 with 10, and so on, each
//! with separate facts, so that they do not all fit in the cache. Two shapes of customer:
//! `mixed`, subscriptions with ten changes each of every usual kind, and `one line`, with all changes
//! on a single line. The last figures are the cost of one change relative to the customer with 10.

#![expect(clippy::unwrap_used, reason = "a benchmark fails by panicking")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use chrono::{Days, Months, NaiveDate};
use criterion::{BenchmarkId, Criterion, Throughput};
use deltabook::codec::decode;
use deltabook::codec::dto::{RawChangeOrder, RawEntry, RawFact, RawInterval, RawPriceStep, RawSubscriptionLine};
use deltabook::domain::facts::customer_facts::CustomerFacts;
use deltabook::domain::journal::movement::Level;
use deltabook::domain::policy::Policy;
use deltabook::domain::replay::replay;

/// Changes in one round of a measurement.
const ROUND: usize = 10_000;
const SIZES: [usize; 4] = [1, 10, 100, 1_000];
/// Baseline size.
const REFERENCE: usize = 10;

type Customer = fn(usize) -> CustomerFacts;
const SHAPES: [(&str, Customer); 2] = [("mixed", mixed), ("one line", one_line)];

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    for (shape, customer) in SHAPES {
        let mut group = criterion.benchmark_group(format!("classify/{shape}"));
        for size in SIZES {
            let book = book(customer, size);
            group.throughput(Throughput::Elements(u64::try_from(ROUND).unwrap()));
            group.bench_function(BenchmarkId::from_parameter(size), |bencher| bencher.iter(|| classify(&book)));
        }
        group.finish();
    }
    criterion.final_summary();
    for (shape, customer) in SHAPES {
        summarise(shape, customer);
    }
}

fn classify(book: &[CustomerFacts]) {
    for customer in book {
        black_box(replay(black_box(customer), &Policy::default()).unwrap());
    }
}

/// Customers whose changes make up one round.
fn book(customer: Customer, changes: usize) -> Vec<CustomerFacts> {
    let one = customer(changes);
    let replayed = replay(&one, &Policy::default()).unwrap();
    let at_contract = replayed.movements.iter().filter(|movement| movement.level == Level::Contract).count();
    assert!(replayed.voids.is_empty() && at_contract >= changes, "{at_contract} of {changes}: {:?}", replayed.voids);
    (0..ROUND / changes).map(|_| customer(changes)).collect()
}

fn summarise(shape: &str, customer: Customer) {
    let costs: Vec<(usize, u128)> = SIZES.map(|size| (size, fastest(&book(customer, size)).as_nanos())).into();
    let reference = costs.iter().find(|(size, _)| *size == REFERENCE).unwrap().1;
    println!("{shape}: cost per change, relative to customers with {REFERENCE} changes");
    for (size, nanoseconds) in costs {
        let (percent, a_second) =
            (nanoseconds * 100 / reference, u128::try_from(ROUND).unwrap() * 1_000_000_000 / nanoseconds);
        println!("  {size:>5} changes: {:>2}.{:02}  ({a_second} changes/s)", percent / 100, percent % 100);
    }
}

/// The fastest of many rounds, which is least disturbed by other programs.
fn fastest(book: &[CustomerFacts]) -> Duration {
    let round = || {
        let start = Instant::now();
        classify(book);
        start.elapsed()
    };
    (0..100).map(|_| round()).min().unwrap()
}

/// A customer whose subscriptions begin a month apart, each with ten changes over some two years.
fn mixed(changes: usize) -> CustomerFacts {
    let ten = |subscription| (0..10).map(move |change| (subscription, change));
    let all = (0..changes.div_ceil(10)).flat_map(ten);
    facts(all.take(changes).map(|(subscription, change)| change_of_ten(subscription, change)))
}

fn change_of_ten(subscription: usize, change: usize) -> RawFact {
    let start = first_date() + Months::new(u32::try_from(subscription).unwrap());
    let after = |months: u32| start + Months::new(months);
    let product = format!("plan-{}", subscription % 5);
    let line = |name: &str| format!("{subscription}-{name}");
    let order = |months, kind: &str, entries| {
        let (id, subscription_id) = (format!("{subscription}-{change}"), subscription.to_string());
        RawFact::ChangeOrder(order(id, subscription_id, kind, after(months), entries))
    };
    let seats = |quantity: &str| entry(line("plan"), quantity, "");
    match change {
        0 => RawFact::SubscriptionLine(new_line(subscription, line("plan"), product, start)),
        1 => RawFact::SubscriptionLine(new_line(subscription, line("add-on"), format!("{product}-extra"), after(2))),
        2 => order(3, "MODIFY_PRICING", vec![seats("12")]),
        3 => order(5, "MODIFY_PRICING", vec![entry(line("plan"), "", "21.50")]),
        4 => order(8, "MODIFY_PRICING", vec![seats("9")]),
        5 => order(12, "RENEWAL", vec![entry(line("plan"), "", "23")]),
        6 => order(14, "MODIFY_PRICING", vec![entry(line("add-on"), "14", "")]),
        7 => order(18, "TERMINATION", vec![entry(line("add-on"), "", "")]),
        8 => order(20, "MODIFY_PRICING", vec![entry(line("plan"), "15", "22.75")]),
        _ => order(24, "TERMINATION", vec![entry(line("plan"), "", "")]),
    }
}

/// A customer with one line, and a change of its quantity every day.
fn one_line(changes: usize) -> CustomerFacts {
    let day = |number: usize| first_date() + Days::new(u64::try_from(number).unwrap());
    let line = RawFact::SubscriptionLine(new_line(0, "plan".to_owned(), "plan".to_owned(), day(0)));
    let orders = (1..changes).map(|number| {
        let entries = vec![entry("plan".to_owned(), &(10 + number % 7).to_string(), "")];
        RawFact::ChangeOrder(order(number.to_string(), "0".to_owned(), "MODIFY_PRICING", day(number), entries))
    });
    facts([line].into_iter().chain(orders))
}

fn facts(raw: impl Iterator<Item = RawFact>) -> CustomerFacts {
    raw.map(|raw| decode::fact(&raw, "").unwrap()).collect()
}

fn first_date() -> NaiveDate {
    NaiveDate::from_ymd_opt(2020, 1, 1).unwrap()
}

fn new_line(subscription: usize, line_id: String, item_id: String, start: NaiveDate) -> RawSubscriptionLine {
    let terms = RawPriceStep {
        quantity: "10".to_owned(),
        unit_price: "19.90".to_owned(),
        interval: Some(RawInterval { unit: "MONTH".to_owned(), count: 1 }),
        ..RawPriceStep::default()
    };
    RawSubscriptionLine {
        line_id,
        subscription_id: subscription.to_string(),
        customer_id: "acme".to_owned(),
        item_id,
        charge_kind: "RECURRING".to_owned(),
        currency: "EUR".to_owned(),
        start_date: start.to_string(),
        price_steps: vec![terms],
        ..RawSubscriptionLine::default()
    }
}

fn entry(line_id: String, quantity: &str, unit_price: &str) -> RawEntry {
    RawEntry { line_id, quantity: quantity.to_owned(), unit_price: unit_price.to_owned(), ..RawEntry::default() }
}

fn order(id: String, subscription: String, kind: &str, date: NaiveDate, entries: Vec<RawEntry>) -> RawChangeOrder {
    RawChangeOrder {
        change_order_id: id,
        customer_id: "acme".to_owned(),
        subscription_id: subscription,
        r#type: kind.to_owned(),
        effective_date: date.to_string(),
        entries,
        ..RawChangeOrder::default()
    }
}
