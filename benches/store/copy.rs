//! Baseline of a bulk import into PostgreSQL: binary COPY of exactly the rows of the import, table after table
//! on one connection, into tables with the same indexes.

use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use sqlx::postgres::{PgConnection, PgPoolCopyExt};
use sqlx::{Connection, PgPool};
use tempfile::TempDir;
use tokio_stream::StreamExt;

const TABLES: [&str; 10] = [
    "customer",
    "fact",
    "entry",
    "day_total",
    "month_total",
    "month_item_total",
    "renewal_total",
    "customer_total",
    "customer_pair_total",
    "outbox",
];
const PIECE: usize = 1 << 16;

/// The rows of a store, in the format of COPY.
pub struct Rows(TempDir);

impl Rows {
    pub async fn dump(url: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let pool = PgPool::connect(url).await.unwrap();
        for table in TABLES {
            let mut rows = pool.copy_out_raw(&format!("copy {table} to stdout (format binary)")).await.unwrap();
            let mut file = File::create(folder.path().join(table)).unwrap();
            while let Some(piece) = rows.next().await {
                file.write_all(&piece.unwrap()).unwrap();
            }
        }
        pool.close().await;
        Self(folder)
    }

    /// Copies the rows into an empty store, and returns the duration.
    pub async fn load(&self, url: &str) -> Duration {
        let mut connection = PgConnection::connect(url).await.unwrap();
        let started = Instant::now();
        for table in TABLES {
            copy_in(&mut connection, table, &self.0.path().join(table)).await;
        }
        let time = started.elapsed();
        connection.close().await.unwrap();
        time
    }
}

async fn copy_in(connection: &mut PgConnection, table: &str, path: &Path) {
    let mut file = File::open(path).unwrap();
    let mut copy = connection.copy_in_raw(&format!("copy {table} from stdin (format binary)")).await.unwrap();
    let mut piece = vec![0; PIECE];
    loop {
        let length = file.read(&mut piece).unwrap();
        if length == 0 {
            break;
        }
        copy.send(piece.get(..length).unwrap()).await.unwrap();
    }
    copy.finish().await.unwrap();
}
