//! Overrides read from CSV, one per row, with their line numbers.

use std::collections::HashMap;

use deltabook::grpc::v1;
use deltabook::grpc::wire::wire_enum::WireEnum;

use crate::cli::shared::csv_reader::{CsvRow, CsvSchema, read_rows};
use crate::cli::shared::diagnostics::Diagnostics;

const OVERRIDES: CsvSchema = CsvSchema {
    name: "overrides",
    columns: &[
        ("customer_id", false),
        ("cause", false),
        ("line_id", true),
        ("change_order_id", true),
        ("date", true),
        ("modification_type", false),
        ("levels", true),
        ("subcategory", true),
        ("reason", false),
    ],
};

/// An override and its line in the file.
#[derive(Debug, Clone)]
pub struct OverrideRow {
    pub line: u64,
    pub request: v1::OverrideModificationTypeRequest,
}

/// The valid rows; errors of the others are added to the diagnostics.
pub fn read_overrides(bytes: &[u8], diagnostics: &mut Diagnostics) -> Vec<OverrideRow> {
    let mut rows: Vec<OverrideRow> = Vec::new();
    let mut lines_by_cause: HashMap<(String, Option<v1::Cause>), u64> = HashMap::new();
    read_rows(bytes, &OVERRIDES, diagnostics, |line, row, diagnostics| {
        let request = read_row(row, line, diagnostics);
        let earlier = lines_by_cause.insert((request.customer_id.clone(), request.cause.clone()), line);
        if let Some(earlier) = earlier {
            diagnostics.add(line, "cause", format!("is the same cause as on line {earlier}"));
        }
        if diagnostics.count() == row.diagnostics_before {
            rows.push(OverrideRow { line, request });
        }
    });
    rows
}

fn read_row(row: &CsvRow<'_>, line: u64, diagnostics: &mut Diagnostics) -> v1::OverrideModificationTypeRequest {
    let text = |column: &str| row.text(column);
    let mut number = |column: &str, word: &str, value: Option<i32>| {
        if value.is_none() && !word.is_empty() {
            diagnostics.add(line, column, format!("{word:?} is not a valid value"));
        }
        value.unwrap_or_default()
    };
    let (kind, modification, subcategory) = (text("cause"), text("modification_type"), text("subcategory"));
    let kind = number("cause", kind, v1::CauseKind::from_short_name(&kind.to_uppercase()).map(i32::from));
    let modification_type = v1::ModificationType::from_short_name(&modification.to_uppercase());
    let modification_type = number("modification_type", modification, modification_type.map(i32::from));
    let found = v1::ImpactSubcategory::from_short_name(&subcategory.to_uppercase());
    let subcategory = number("subcategory", subcategory, found.map(i32::from));
    let levels = text("levels").split([';', ' ']).filter(|level| !level.is_empty());
    let levels = levels.map(|level| {
        let found = v1::Level::from_short_name(&level.to_uppercase()).map(i32::from);
        number("levels", level, found)
    });
    v1::OverrideModificationTypeRequest {
        levels: levels.collect(),
        customer_id: text("customer_id").to_owned(),
        cause: Some(v1::Cause {
            kind,
            line_id: text("line_id").to_owned(),
            change_order_id: text("change_order_id").to_owned(),
            date: text("date").to_owned(),
            subscription_id: String::new(),
        }),
        modification_type,
        subcategory,
        reason: text("reason").to_owned(),
        ..v1::OverrideModificationTypeRequest::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "customer_id,cause,change_order_id,modification_type,reason";

    #[track_caller]
    fn check(text: &str, expected: &[(u64, &str)], problem_count: usize) {
        let mut diagnostics = Diagnostics::of("overrides.csv");
        let rows = read_overrides(text.as_bytes(), &mut diagnostics);
        let found: Vec<(u64, &str)> = rows.iter().map(|row| (row.line, row.request.customer_id.as_str())).collect();
        assert_eq!((found.as_slice(), diagnostics.count()), (expected, problem_count), "{text}");
    }

    #[test]
    fn rows_have_line_numbers_and_errors_are_counted() {
        let good = "acme,change_order,O1,IGNORED,\"two\nlines\"";
        check(
            &format!("\u{feff}{HEADER}\r\n\r\n{good}\nglobex,CHANGE_ORDER,O1,ignored,why\n"),
            &[(3, "acme"), (5, "globex")],
            0,
        );
        check(&format!("{HEADER}\n{good}\n{good}\n"), &[(2, "acme")], 1);
        check(&format!("{HEADER}\nacme,ORDER,O1,IGNORE,why\n"), &[], 2);
        check(&format!("{HEADER}\nacme,CHANGE_ORDER\n"), &[], 1);
        check("customer_id,cause,colour\n", &[], 3);
        check("", &[], 1);
    }
}
