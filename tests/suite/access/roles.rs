//! Who may do what.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use deltabook::domain::role::Role;
use deltabook::grpc::roles;

/// Who may call what, as the documentation has it.
pub fn documented() -> BTreeMap<String, Vec<Role>> {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/access.md")).unwrap();
    let rows = text.lines().filter(|line| line.starts_with("| `"));
    rows.map(|row| {
        let mut cells = row.split('|').map(str::trim).skip(1);
        let method = format!("/{}", cells.next().unwrap().trim_matches('`'));
        (method, Role::ALL.iter().zip(cells).filter(|(_, cell)| *cell == "yes").map(|(role, _)| *role).collect())
    })
    .collect()
}

#[test]
fn role_table_of_the_documentation_is_current() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/access.md");
    let text = fs::read_to_string(&file).unwrap();
    let (before, rest) = text.split_once("<!-- roles -->\n").unwrap();
    let (table, after) = rest.split_once("<!-- /roles -->").unwrap();
    let wanted = format!("\n{}\n", roles::markdown());
    if table != wanted {
        // So that it need only be looked at and committed.
        fs::write(&file, format!("{before}<!-- roles -->\n{wanted}<!-- /roles -->{after}")).unwrap();
        panic!("docs/access.md had another table than the methods; now it has this one:\n{wanted}");
    }
}

#[test]
fn role_duties_are_separate() {
    let documented = documented();
    let may = |method: &str| documented[&format!("/deltabook.v1.{method}")].clone();
    for only_admin in ["CreateKey", "ListKeys", "RevokeKey", "RedriveDeliveries", "EnableSink"] {
        assert_eq!(may(&format!("AdminService/{only_admin}")), [Role::Admin], "{only_admin}");
    }
    for recording in ["RecordFacts", "StreamFacts"] {
        assert_eq!(may(&format!("BillingService/{recording}")), [Role::Billing, Role::Admin], "{recording}");
    }
}
