//! The cost of storing, and of a bulk insert of the same rows, in one process.
//!
//! Prints, before the number of users, a line of JSON: seconds of processor time for each.

use std::path::Path;

use cpu_time::ProcessTime;
use ones_host::{
    Error,
    model::{RoomBatch, RoomChange, Summary, UserBatch, UserChange},
    plugin::Packed,
    store::{Store, StoreOptions},
    sync::{Options, Source, Sync, Unobserved},
};
use rusqlite::{Connection, types::Value};
use serde_json::json;
use tokio::runtime::Runtime;

use crate::{
    Result,
    component::{receive, users_in},
};

pub(crate) fn measure(runtime: &Runtime, server: &str) -> Result<u64> {
    let mut batches = Vec::new();
    runtime.block_on(receive(server, |batch| batches.push(batch)))?;
    let users = batches.iter().map(users_in).sum();

    let folder = tempfile::tempdir()?;
    let mut store = Store::open(folder.path(), StoreOptions::default())?;
    let before = ProcessTime::now();
    Sync::new(&mut store, &mut Replay(batches), &mut Unobserved, Options::default())
        .users("Contoso")?;
    // What is left to do when it is closed counts.
    drop(store);
    let stored = before.elapsed();

    let inserted = bulk_insert(folder.path())?;
    println!("{}", json!({"store": stored.as_secs_f64(), "insert": inserted.as_secs_f64()}));
    Ok(users)
}

/// Repeats batches that were received before.
struct Replay(Vec<UserBatch<Packed>>);

impl Source for Replay {
    fn sync_users(
        &mut self,
        _since: Option<&str>,
        take: &mut dyn FnMut(UserBatch<Packed>) -> std::result::Result<(), Error>,
    ) -> std::result::Result<Summary, Error> {
        std::mem::take(&mut self.0).into_iter().try_for_each(take)?;
        Ok(Summary { complete: true, ..Summary::default() })
    }

    fn sync_rooms(
        &mut self,
        _take: &mut dyn FnMut(RoomBatch) -> std::result::Result<(), Error>,
    ) -> std::result::Result<Summary, Error> {
        Ok(Summary { complete: true, ..Summary::default() })
    }

    fn read_users(&mut self, _ids: &[String]) -> std::result::Result<Vec<UserChange>, Error> {
        Ok(Vec::new())
    }

    fn read_groups(&mut self, _ids: &[String]) -> std::result::Result<Vec<UserChange>, Error> {
        Ok(Vec::new())
    }

    fn read_rooms(&mut self, _ids: &[String]) -> std::result::Result<Vec<RoomChange>, Error> {
        Ok(Vec::new())
    }
}

/// Inserts every row of the database in `folder` into an empty database of the same schema and page
/// size, with one prepared statement for each table, in one transaction, with a write-ahead log.
/// Returns the processor time of that. The rows are in memory before, in the order of the tables.
fn bulk_insert(folder: &Path) -> Result<std::time::Duration> {
    let original = Connection::open(database_in(folder)?)?;
    let schema = texts(
        &original,
        "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name \
         NOT LIKE 'sqlite_%' ORDER BY type = 'table' DESC, rowid",
    )?;
    let names = texts(
        &original,
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name \
         NOT LIKE 'sqlite_%' ORDER BY rowid",
    )?;
    let mut tables = Vec::new();
    for name in names {
        tables.push((rows(&original, &name)?, name));
    }
    let new = tempfile::tempdir()?;
    let mut copy = Connection::open(new.path().join("copy.db"))?;
    let page: i64 = original.pragma_query_value(None, "page_size", |row| row.get(0))?;
    copy.pragma_update(None, "page_size", page)?;
    copy.pragma_update(None, "journal_mode", "wal")?;
    copy.pragma_update(None, "synchronous", "normal")?;
    copy.pragma_update(None, "foreign_keys", false)?;
    copy.execute_batch(&schema.join(";\n"))?;

    let before = ProcessTime::now();
    let transaction = copy.transaction()?;
    for (rows, name) in &tables {
        let Some(first) = rows.first() else { continue };
        let values = vec!["?"; first.len()].join(",");
        let mut insert =
            transaction.prepare(&format!("INSERT INTO \"{name}\" VALUES ({values})"))?;
        for row in rows {
            insert.execute(rusqlite::params_from_iter(row))?;
        }
    }
    transaction.commit()?;
    drop(copy);
    Ok(before.elapsed())
}

fn database_in(folder: &Path) -> Result<std::path::PathBuf> {
    let files = std::fs::read_dir(folder)?.filter_map(|file| Some(file.ok()?.path()));
    let is_database = |path: &std::path::PathBuf| {
        std::fs::read(path).is_ok_and(|bytes| bytes.starts_with(b"SQLite format 3\0"))
    };
    let found = files.filter(|path| path.is_file()).find(is_database);
    Ok(found.ok_or("the data folder has no database")?)
}

fn texts(connection: &Connection, query: &str) -> Result<Vec<String>> {
    let mut statement = connection.prepare(query)?;
    let texts = statement.query_map([], |row| row.get(0))?;
    Ok(texts.collect::<rusqlite::Result<_>>()?)
}

fn rows(connection: &Connection, table: &str) -> Result<Vec<Vec<Value>>> {
    let mut statement = connection.prepare(&format!("SELECT * FROM \"{table}\""))?;
    let columns = statement.column_count();
    let rows =
        statement.query_map([], |row| (0..columns).map(|column| row.get(column)).collect())?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
