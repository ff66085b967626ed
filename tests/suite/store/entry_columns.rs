//! The columns of the table `entry` are the fields of an entry.

use std::collections::BTreeSet;

use deltabook::codec::tabular::entry_field::EntryField;
use deltabook::store::db::Db;

use super::store;

/// Columns that are no fields.
const OWN_COLUMNS: [&str; 4] = ["activity_change", "renewal_outcome", "tenant_id", "version"];

/// Columns of the view that are no fields.
const OWN_VIEW_COLUMNS: [&str; 3] = ["activity_change", "renewal_outcome", "tenant_id"];

#[tokio::test]
async fn the_columns_of_entry_are_the_fields_of_an_entry() {
    let store = store();
    Db::open(store.url()).await.unwrap().close().await;
    let fields = EntryField::ALL.iter().filter_map(|field| field.column());
    let expected: BTreeSet<String> = fields.chain(OWN_COLUMNS).map(str::to_owned).collect();
    assert_eq!(store.columns("entry"), expected);
}

#[tokio::test]
async fn the_view_for_sql_clients_has_each_field() {
    let store = store();
    Db::open(store.url()).await.unwrap().close().await;
    // SQLite has no views.
    let Some(view) = Some(store.columns("journal")).filter(|columns| !columns.is_empty()) else { return };
    let name = |field: &EntryField| match field {
        EntryField::movement_id => Some("movement_id"),
        field => field.column().map(|column| column.trim_end_matches("_micros")),
    };
    let expected: BTreeSet<String> =
        EntryField::ALL.iter().filter_map(name).chain(OWN_VIEW_COLUMNS).map(str::to_owned).collect();
    assert_eq!(view, expected);
}
