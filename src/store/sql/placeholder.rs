//! The renderer, and the placeholders that it resolves.
//!
//! Spelled differently by the two databases:
//!
//! | placeholder | meaning | SQLite | PostgreSQL |
//! |---|---|---|---|
//! | `{month_of DATE}` | first date of the month of a date | `substr(DATE, 1, 7) \|\| '-01'` | `date_trunc('month', DATE)::date` |
//! | `{in $2}` | is one of a [`Set`](crate::store::db::Set) | `in (select value from json_each($2))` | `= any ($2)` |
//! | `{is_empty $3}` | the [`Set`](crate::store::db::Set) has no elements | `$3 = '[]'` | `$3::text[] = '{}'` |
//! | `{attribute KIND $11}` | attribute of a fact of this kind, by name | a look-up by `json_each` | a look-up by `->>` |
//! | `{is_adjustment}`, `{is_no_adjustment}` | posted on another date than its own (R16), as the index `entry_adjustment` has it | `<>`, `=` | a difference of dates |
//!
//! The same in many statements:
//!
//! | placeholder | meaning |
//! |---|---|
//! | `{entry_columns}` | columns of [`EntryRow`](crate::store::journal::entry_row::EntryRow), in its order |
//! | `{entry_row}` | the same, on SQLite as one JSON array: see [`movement_page`](crate::store::journal::movement_page) |
//! | the names of [`part`] | conditions and columns that a family of statements shares |

use crate::store::journal::entry_row;
use crate::store::sql::part;

/// The SQL of one of the databases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    Sqlite,
    Postgres,
}

impl Dialect {
    /// A literal with every placeholder resolved. Braces with anything else between them stay: a test holds that no
    /// statement has any.
    #[must_use]
    pub fn render(self, literal: &str) -> String {
        let mut rendered = String::with_capacity(literal.len());
        let mut rest = literal;
        while let Some((before, (name, after))) = next_placeholder(rest) {
            rendered.push_str(before);
            match self.resolve(name) {
                Some(text) => rendered.push_str(&text),
                None => rendered.extend(["{", name, "}"]),
            }
            rest = after;
        }
        rendered.push_str(rest);
        rendered
    }

    fn resolve(self, placeholder: &str) -> Option<String> {
        let (name, argument) = placeholder.split_once(' ').unwrap_or((placeholder, ""));
        Some(match (name, self) {
            ("month_of", Self::Sqlite) => format!("substr({argument}, 1, 7) || '-01'"),
            // The type of a parameter has to be clear.
            ("month_of", Self::Postgres) if argument.starts_with('$') => {
                format!("date_trunc('month', cast({argument} as date))::date")
            }
            ("month_of", Self::Postgres) => format!("date_trunc('month', {argument})::date"),
            ("in", Self::Sqlite) => format!("in (select value from json_each({argument}))"),
            ("in", Self::Postgres) => format!("= any ({argument})"),
            ("is_empty", Self::Sqlite) => format!("{argument} = '[]'"),
            ("is_empty", Self::Postgres) => format!("{argument}::text[] = '{{}}'"),
            ("attribute", _) => {
                let (kind, key) = argument.split_once(' ')?;
                match self {
                    Self::Sqlite => {
                        format!("(select value from json_each(body, '$.{kind}.attributes') where key = {key})")
                    }
                    Self::Postgres => format!("body -> '{kind}' -> 'attributes' ->> {key}"),
                }
            }
            ("is_adjustment", Self::Sqlite) => "posting_date <> effective_date".to_owned(),
            ("is_adjustment", Self::Postgres) => "posting_date - effective_date > 0".to_owned(),
            ("is_no_adjustment", Self::Sqlite) => "posting_date = effective_date".to_owned(),
            ("is_no_adjustment", Self::Postgres) => "posting_date - effective_date = 0".to_owned(),
            ("entry_row", Self::Sqlite) => format!("json_array({})", entry_row::column_list(true)),
            ("entry_row", Self::Postgres) | ("entry_columns", _) => entry_row::column_list(false),
            _ => self.render(part::text(placeholder)?),
        })
    }
}

/// The text before the first placeholder, its name, and the text after it.
fn next_placeholder(text: &str) -> Option<(&str, (&str, &str))> {
    let (before, behind) = text.split_once('{')?;
    Some((before, behind.split_once('}')?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_database_gets_its_own_spelling() {
        let literal = "select {month_of posting_date} from entry where item_id {in $2} and {is_adjustment}";
        assert_eq!(
            Dialect::Sqlite.render(literal),
            "select substr(posting_date, 1, 7) || '-01' from entry
             where item_id in (select value from json_each($2)) and posting_date <> effective_date"
                .split_whitespace()
                .collect::<Vec<_>>()
                .join(" ")
        );
        assert_eq!(
            Dialect::Postgres.render(literal),
            "select date_trunc('month', posting_date)::date from entry
             where item_id = any ($2) and posting_date - effective_date > 0"
                .split_whitespace()
                .collect::<Vec<_>>()
                .join(" ")
        );
    }

    #[test]
    fn the_type_of_a_date_that_is_a_parameter_is_clear() {
        assert_eq!(Dialect::Postgres.render("{month_of $3}"), "date_trunc('month', cast($3 as date))::date");
    }

    #[test]
    fn an_unknown_placeholder_stays() {
        assert_eq!(Dialect::Sqlite.render("select '{}', {nothing}, {"), "select '{}', {nothing}, {");
    }
}
