//! Every statement is one that the database accepts.

use deltabook::store::db::Db;
use deltabook::store::statements::prepare_all;

use super::store;

#[tokio::test]
async fn the_database_accepts_every_statement() {
    let store = store();
    let db = Db::open(store.url()).await.unwrap();
    let prepared = prepare_all(&db).await.unwrap();
    assert!(prepared >= 30, "{prepared}");
    db.close().await;
}
