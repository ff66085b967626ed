//! Overrides from CSV: one a row, with the line on which it stands.

use std::collections::HashMap;

use deltabook::grpc::v1;

use crate::cli::shared::csv_reader::{self, Kind, each_row};
use crate::cli::shared::diagnostics::Problems;

const OVERRIDES: Kind = Kind {
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

/// An override, and its line in the file.
#[derive(Debug, Clone)]
pub struct Row {
    pub line: u64,
    pub request: v1::OverrideModificationTypeRequest,
}

/// Every row that can be read; what is wrong with the others goes to the problems.
pub fn read(bytes: &[u8], problems: &mut Problems) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    let mut heard: HashMap<(String, Option<v1::Cause>), u64> = HashMap::new();
    each_row(bytes, &OVERRIDES, problems, |line, row, problems| {
        let request = read_row(row, line, problems);
        let earlier = heard.insert((request.customer_id.clone(), request.cause.clone()), line);
        if let Some(earlier) = earlier {
            problems.add(line, "cause", format!("is that of line {earlier} already"));
        }
        if problems.count() == row.problems_before {
            rows.push(Row { line, request });
        }
    });
    rows
}

fn read_row(row: &csv_reader::Row<'_>, line: u64, problems: &mut Problems) -> v1::OverrideModificationTypeRequest {
    let text = |column: &str| row.text(column);
    let mut number = |column: &str, word: &str, value: Option<i32>| {
        if value.is_none() && !word.is_empty() {
            problems.add(line, column, format!("{word:?} is not a known word"));
        }
        value.unwrap_or_default()
    };
    let named = |prefix: &str, word: &str| format!("{prefix}{}", word.to_uppercase());
    let (kind, modification, subcategory) = (text("cause"), text("modification_type"), text("subcategory"));
    let kind = number("cause", kind, v1::CauseKind::from_str_name(&named("CAUSE_KIND_", kind)).map(i32::from));
    let modification_type = v1::ModificationType::from_str_name(&named("MODIFICATION_TYPE_", modification));
    let modification_type = number("modification_type", modification, modification_type.map(i32::from));
    let found = v1::ImpactSubcategory::from_str_name(&named("IMPACT_SUBCATEGORY_", subcategory));
    let subcategory = number("subcategory", subcategory, found.map(i32::from));
    let levels = text("levels").split([';', ' ']).filter(|level| !level.is_empty());
    let levels = levels.map(|level| {
        let found = v1::Level::from_str_name(&named("LEVEL_", level)).map(i32::from);
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
        let mut problems = Problems::of("overrides.csv");
        let rows = read(text.as_bytes(), &mut problems);
        let found: Vec<(u64, &str)> = rows.iter().map(|row| (row.line, row.request.customer_id.as_str())).collect();
        assert_eq!((found.as_slice(), problems.count()), (expected, problem_count), "{text}");
    }

    #[test]
    fn rows_know_their_lines_and_problems_are_counted() {
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
