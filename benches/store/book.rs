//! A reproducible book of business: customers with five changes each, of every usual kind.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use chrono::{Days, Months, NaiveDate};
use deltabook::codec::dto::{
    RawChangeOrder, RawDiscount, RawEntry, RawFact, RawInterval, RawPriceStep, RawSubscriptionLine,
};

/// Facts of each customer: its lines and its change orders.
pub const FACTS_OF_CUSTOMER: usize = 5;
const FIRST_DATE: NaiveDate = NaiveDate::from_ymd_opt(2023, 1, 1).unwrap();
/// Days over which customers are acquired.
const DAYS: usize = 3 * 365;
const ITEMS: usize = 40;
/// Kinds of customer, in rotation.
const KINDS: usize = 5;

/// Order of the facts in the file.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Order {
    ByCustomer,
    /// By the dates of the facts, which scatters the customers.
    ByDate,
}

/// Writes the facts of these customers as JSON Lines.
pub fn write(path: &Path, customers: std::ops::Range<usize>, order: Order) {
    let mut facts: Vec<(NaiveDate, String)> =
        customers.flat_map(facts_of).map(|(date, fact)| (date, text(&fact))).collect();
    if order == Order::ByDate {
        facts.sort_by_key(|(date, _)| *date);
    }
    let mut file = BufWriter::new(File::create(path).unwrap());
    for (_, text) in facts {
        writeln!(file, "{text}").unwrap();
    }
    file.flush().unwrap();
}

fn text(fact: &RawFact) -> String {
    serde_json::to_string(fact).unwrap()
}

/// A further change of a quantity, for one of the customers of the first kind.
pub fn one_more_change(index: usize) -> RawFact {
    Customer::of(index * KINDS).order("X", "MODIFY_PRICING", "S1", 18, vec![terms("A", "30", "")]).1
}

/// The facts of one customer, each with its date.
fn facts_of(number: usize) -> [(NaiveDate, RawFact); FACTS_OF_CUSTOMER] {
    let customer = Customer::of(number);
    match number % KINDS {
        0 => [
            customer.line("A", "S1", 0, |_| ()),
            customer.order("O1", "MODIFY_PRICING", "S1", 3, vec![terms("A", "14", "")]),
            customer.order("O2", "MODIFY_PRICING", "S1", 7, vec![terms("A", "", "24.50")]),
            customer.renewal("O3", "S1", vec![terms("A", "", "26")]),
            customer.order("O4", "MODIFY_PRICING", "S1", 15, vec![terms("A", "9", "")]),
        ],
        1 => [
            customer.line("A", "S1", 0, |_| ()),
            customer.line("B", "S1", 2, |line| line.item_id = format!("add-on-{}", number % ITEMS)),
            customer.order("O1", "MODIFY_PRICING", "S1", 5, vec![terms("B", "20", "18")]),
            customer.order("O2", "TERMINATION", "S1", 8, vec![terms("B", "", "")]),
            customer.renewal("O3", "S1", vec![terms("A", "", "")]),
        ],
        2 => [
            customer.line("A", "S1", 0, |line| line.trial_end_date = (customer.start + Days::new(14)).to_string()),
            customer.order("O1", "MODIFY_PRICING", "S1", 4, vec![terms("A", "12", "")]),
            customer.order("O2", "SUSPENSION", "S1", 6, Vec::new()),
            customer.order("O3", "REACTIVATION", "S1", 8, Vec::new()),
            customer.renewal("O4", "S1", Vec::new()),
        ],
        3 => [
            customer.line("A", "S1", 0, |line| line.pending_activation = true),
            customer.order("O1", "ACTIVATION", "S1", 1, Vec::new()),
            customer.order("O2", "MODIFY_PRICING", "S1", 5, vec![discount("A", "10")]),
            customer.order("O3", "MODIFY_PRICING", "S1", 9, vec![terms("A", "25", "")]),
            customer.order("O4", "TERMINATION", "S1", 11, Vec::new()),
        ],
        _ => [
            customer.line("A", "S1", 0, |_| ()),
            customer.order("O1", "MODIFY_PRICING", "S1", 6, vec![terms("A", "8", "21")]),
            customer.line("C", "S2", 12, |line| line.renews_subscription_id = String::from("S1")),
            customer.order("O2", "MODIFY_PRICING", "S2", 14, vec![terms("C", "16", "")]),
            customer.renewal("O3", "S2", vec![terms("C", "", "23.90")]),
        ],
    }
}

struct Customer {
    number: usize,
    start: NaiveDate,
}

impl Customer {
    fn of(number: usize) -> Self {
        // A step coprime to the number of days visits every day, in scattered order.
        Self { number, start: FIRST_DATE + Days::new(u64::try_from(number * 397 % DAYS).unwrap()) }
    }

    fn id(&self) -> String {
        format!("customer-{:07}", self.number)
    }

    /// A line of a year.
    fn line(
        &self,
        line: &str,
        subscription: &str,
        months: u32,
        change: impl FnOnce(&mut RawSubscriptionLine),
    ) -> (NaiveDate, RawFact) {
        let start = self.start + Months::new(months);
        let price_step = RawPriceStep {
            quantity: (5 + self.number % 17).to_string(),
            unit_price: "19.90".to_owned(),
            interval: Some(RawInterval { unit: "MONTH".to_owned(), count: 1 }),
            ..RawPriceStep::default()
        };
        let mut line = RawSubscriptionLine {
            line_id: line.to_owned(),
            subscription_id: subscription.to_owned(),
            customer_id: self.id(),
            item_id: format!("plan-{}", self.number % ITEMS),
            charge_kind: "RECURRING".to_owned(),
            currency: ["EUR", "USD"].get(self.number % 2).unwrap().to_string(),
            start_date: start.to_string(),
            end_date: (start + Months::new(12)).to_string(),
            price_steps: vec![price_step],
            ..RawSubscriptionLine::default()
        };
        change(&mut line);
        (start, RawFact::SubscriptionLine(line))
    }

    fn order(
        &self,
        id: &str,
        kind: &str,
        subscription: &str,
        months: u32,
        entries: Vec<RawEntry>,
    ) -> (NaiveDate, RawFact) {
        let date = self.start + Months::new(months);
        let order = RawChangeOrder {
            change_order_id: id.to_owned(),
            customer_id: self.id(),
            subscription_id: subscription.to_owned(),
            r#type: kind.to_owned(),
            effective_date: date.to_string(),
            entries,
            ..RawChangeOrder::default()
        };
        (date, RawFact::ChangeOrder(order))
    }

    /// A renewal for another year, on the day on which the first line of the subscription ends.
    fn renewal(&self, id: &str, subscription: &str, entries: Vec<RawEntry>) -> (NaiveDate, RawFact) {
        let months = if subscription == "S1" { 12 } else { 24 };
        let (date, mut fact) = self.order(id, "RENEWAL", subscription, months, entries);
        if let RawFact::ChangeOrder(order) = &mut fact {
            order.renewal_end_date = (date + Months::new(12)).to_string();
        }
        (date, fact)
    }
}

/// An entry that sets the non-empty terms.
fn terms(line: &str, quantity: &str, unit_price: &str) -> RawEntry {
    RawEntry {
        line_id: line.to_owned(),
        quantity: quantity.to_owned(),
        unit_price: unit_price.to_owned(),
        ..RawEntry::default()
    }
}

fn discount(line: &str, percent: &str) -> RawEntry {
    let discount = RawDiscount { percent: percent.to_owned(), ..RawDiscount::default() };
    RawEntry { discount: Some(discount), ..terms(line, "", "") }
}
