//! Which column of somebody's CSV file is which field of a subscription line.

use std::collections::BTreeMap;

/// The columns that a row may have, beside `attributes.NAME`.
pub const COLUMNS: [&str; 18] = [
    "line_id",
    "revision",
    "subscription_id",
    "customer_id",
    "item_id",
    "charge_kind",
    "currency",
    "start_date",
    "end_date",
    "trial_end_date",
    "pending_activation",
    "renews_subscription_id",
    "quantity",
    "unit_price",
    "amount",
    "interval",
    "discount_percent",
    "discount_amount",
];
/// A column `attributes.industry` fills the attribute `industry`.
pub const ATTRIBUTE_PREFIX: &str = "attributes.";

/// The columns without which no row is a line. `amount` can stand in for the first two.
const REQUIRED: [&str; 10] = [
    "quantity",
    "unit_price",
    "line_id",
    "subscription_id",
    "customer_id",
    "item_id",
    "charge_kind",
    "currency",
    "start_date",
    "interval",
];

/// Where the value of one of our columns comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// From the file's column of this name.
    Column(String),
    /// The same value in each row.
    Constant(String),
}

/// What is wrong with a mapping, or between it and a file's header.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MappingError {
    #[error("--{option} {text}: is not of the form our_column={right}")]
    NotAPair { option: &'static str, right: &'static str, text: String },
    #[error("--{option} {column}=…: there is no column {column} of ours; there are {}, {ATTRIBUTE_PREFIX}NAME", COLUMNS.join(", "))]
    UnknownColumn { option: &'static str, column: String },
    #[error("column {0} is mapped twice")]
    MappedTwice(String),
    #[error("column {0} is set twice")]
    SetTwice(String),
    #[error("column {0} is both mapped and set")]
    MappedAndSet(String),
    #[error("--map {ours}={theirs}: the file has no column {theirs}; it has {}", header.join(", "))]
    NotInHeader { ours: String, theirs: String, header: Vec<String> },
    #[error("the file has the column {0} twice")]
    TwiceInHeader(String),
    #[error("the file is empty: its first line names the columns")]
    NoHeader,
    #[error("no column gives {0}: name one of the file's with --map {0}=their_column, or --set {0}=value for all rows")]
    Missing(&'static str),
}

/// Our columns, and where each comes from. A column that it does not name is taken from the file under its own name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mapping {
    sources: BTreeMap<String, Source>,
}

impl Mapping {
    /// Reads pairs `our_column=their_column` and `our_column=value`.
    ///
    /// # Errors
    /// A pair without `=`, a column that is not ours, a column that is named twice.
    pub fn parse(map: &[String], set: &[String]) -> Result<Self, MappingError> {
        let mut mapping = Self::default();
        for text in map {
            let (ours, theirs) = pair("map", "their_column", text)?;
            mapping.add(ours, Source::Column(theirs.to_owned()))?;
        }
        for text in set {
            let (ours, value) = pair("set", "value", text)?;
            mapping.add(ours, Source::Constant(value.to_owned()))?;
        }
        Ok(mapping)
    }

    fn add(&mut self, ours: &str, source: Source) -> Result<(), MappingError> {
        let error = match (self.sources.get(ours), &source) {
            (Some(Source::Column(_)), Source::Column(_)) => MappingError::MappedTwice,
            (Some(Source::Constant(_)), Source::Constant(_)) => MappingError::SetTwice,
            (Some(_), _) => MappingError::MappedAndSet,
            (None, _) => {
                self.sources.insert(ours.to_owned(), source);
                return Ok(());
            }
        };
        Err(error(ours.to_owned()))
    }

    /// Every column of ours that a file with this header has, and where it comes from.
    pub(in crate::files) fn sources(&self, header: &[String]) -> Result<BTreeMap<String, Source>, MappingError> {
        let mut sources = self.sources.clone();
        for (ours, source) in &sources {
            if let Source::Column(theirs) = source
                && !header.contains(theirs)
            {
                let header = header.to_vec();
                return Err(MappingError::NotInHeader { ours: ours.clone(), theirs: theirs.clone(), header });
            }
        }
        for column in header.iter().filter(|column| is_ours(column)) {
            sources.entry(column.clone()).or_insert_with(|| Source::Column(column.clone()));
        }
        for source in sources.values() {
            if let Source::Column(theirs) = source
                && header.iter().filter(|column| *column == theirs).count() > 1
            {
                return Err(MappingError::TwiceInHeader(theirs.clone()));
            }
        }
        let stood_in_for = if sources.contains_key("amount") { 2 } else { 0 };
        match REQUIRED.iter().skip(stood_in_for).find(|column| !sources.contains_key(**column)) {
            Some(missing) => Err(MappingError::Missing(missing)),
            None => Ok(sources),
        }
    }
}

fn pair<'t>(option: &'static str, right: &'static str, text: &'t str) -> Result<(&'t str, &'t str), MappingError> {
    let parts = text.split_once('=').map(|(ours, value)| (ours.trim(), value.trim()));
    let Some((ours, value)) = parts.filter(|(ours, value)| !ours.is_empty() && !value.is_empty()) else {
        return Err(MappingError::NotAPair { option, right, text: text.to_owned() });
    };
    if is_ours(ours) { Ok((ours, value)) } else { Err(MappingError::UnknownColumn { option, column: ours.to_owned() }) }
}

fn is_ours(column: &str) -> bool {
    COLUMNS.contains(&column) || column.strip_prefix(ATTRIBUTE_PREFIX).is_some_and(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(map: &[&str], set: &[&str], header: &[&str]) -> String {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let mapping = Mapping::parse(&owned(map), &owned(set));
        mapping.and_then(|mapping| mapping.sources(&owned(header))).unwrap_err().to_string()
    }

    #[test]
    fn each_mistake_is_named() {
        assert_eq!(error(&["item_id"], &[], &[]), "--map item_id: is not of the form our_column=their_column");
        assert_eq!(error(&[], &["item_id="], &[]), "--set item_id=: is not of the form our_column=value");
        let unknown = error(&["plan=tier"], &[], &["tier"]);
        assert!(unknown.starts_with("--map plan=…: there is no column plan of ours; there are line_id, "), "{unknown}");
        assert_eq!(error(&["item_id=a", "item_id=b"], &[], &[]), "column item_id is mapped twice");
        assert_eq!(error(&["currency=cur"], &["currency=USD"], &[]), "column currency is both mapped and set");
        let missing = "--map item_id=plan: the file has no column plan; it has id, tier";
        assert_eq!(error(&["item_id=plan"], &[], &["id", "tier"]), missing);
        assert_eq!(error(&["item_id=x"], &[], &["x", "y", "x"]), "the file has the column x twice");
    }
}
