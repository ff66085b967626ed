//! Mapping of the columns of a CSV file to the fields of a subscription line.

use std::collections::BTreeMap;

/// Columns of a row, beside `attributes.NAME`.
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

/// Required columns. `amount` can replace the first two.
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

/// Source of a column's value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ColumnSource {
    /// The column of the file with this name.
    Column(String),
    /// The same value in each row.
    Constant(String),
}

/// Error in a mapping, or between a mapping and a file's header.
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

/// Columns with their sources. A column that is not mapped is taken from the file under its own name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mapping {
    sources: BTreeMap<String, ColumnSource>,
}

impl Mapping {
    /// Reads pairs `our_column=their_column` and `our_column=value`.
    ///
    /// # Errors
    /// A pair without `=`, an unknown column, a column that is named twice.
    pub fn parse(map: &[String], set: &[String]) -> Result<Self, MappingError> {
        let mut mapping = Self::default();
        for text in map {
            let (ours, theirs) = pair("map", "their_column", text)?;
            mapping.add(ours, ColumnSource::Column(theirs.to_owned()))?;
        }
        for text in set {
            let (ours, value) = pair("set", "value", text)?;
            mapping.add(ours, ColumnSource::Constant(value.to_owned()))?;
        }
        Ok(mapping)
    }

    fn add(&mut self, ours: &str, source: ColumnSource) -> Result<(), MappingError> {
        let error = match (self.sources.get(ours), &source) {
            (Some(ColumnSource::Column(_)), ColumnSource::Column(_)) => MappingError::MappedTwice,
            (Some(ColumnSource::Constant(_)), ColumnSource::Constant(_)) => MappingError::SetTwice,
            (Some(_), _) => MappingError::MappedAndSet,
            (None, _) => {
                self.sources.insert(ours.to_owned(), source);
                return Ok(());
            }
        };
        Err(error(ours.to_owned()))
    }

    /// Resolves every column that a file with this header has.
    pub(in crate::files) fn sources(&self, header: &[String]) -> Result<BTreeMap<String, ColumnSource>, MappingError> {
        let mut sources = self.sources.clone();
        for (ours, source) in &sources {
            if let ColumnSource::Column(theirs) = source
                && !header.contains(theirs)
            {
                let header = header.to_vec();
                return Err(MappingError::NotInHeader { ours: ours.clone(), theirs: theirs.clone(), header });
            }
        }
        for column in header.iter().filter(|column| is_ours(column)) {
            sources.entry(column.clone()).or_insert_with(|| ColumnSource::Column(column.clone()));
        }
        for source in sources.values() {
            if let ColumnSource::Column(theirs) = source
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
