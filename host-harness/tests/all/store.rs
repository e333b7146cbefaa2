use ones_host::{
    model::UserChange,
    store::{Kind, Store, StoreError, StoreOptions},
    sync::{Options, Sync, Unobserved},
};

use crate::fake::*;

#[test]
fn only_one_process_writes_but_others_may_read() {
    let ones = Ones::with_users(&ids(3));
    let writing = ones.open();
    let other = Store::open(ones.folder.path(), StoreOptions::default());
    assert!(matches!(other, Err(StoreError::InUse { .. })));
    assert!(matches!(Store::rehearse(ones.folder.path()), Err(StoreError::InUse { .. })));
    let reading = Store::read(ones.folder.path()).unwrap();
    assert_eq!(reading.integrations().unwrap(), [NAME]);
    drop(writing);
    ones.open();
}

#[test]
fn there_is_nothing_to_read_where_nothing_was_stored() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("data");
    assert!(matches!(Store::read(&missing), Err(StoreError::Missing { .. })));
    assert!(!missing.exists());
}

#[test]
fn data_of_a_newer_version_are_left_alone() {
    let ones = Ones::with_users(&ids(3));
    let path = ones.folder.path().join("ones.db");
    let mut bytes = std::fs::read(&path).unwrap();
    // `user_version` stands at offset 60. Source: sqlite.org/fileformat2.html
    bytes[60..64].copy_from_slice(&99_u32.to_be_bytes());
    std::fs::write(&path, &bytes).unwrap();
    for opened in [
        Store::open(ones.folder.path(), StoreOptions::default()),
        Store::read(ones.folder.path()),
        Store::rehearse(ones.folder.path()),
    ] {
        assert!(matches!(opened, Err(StoreError::Newer { found: 99, .. })));
    }
    assert_eq!(std::fs::read(&path).unwrap(), bytes);
}

#[test]
fn what_is_no_database_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("ones.db"),
        "not a database, but long enough to be one?".repeat(99),
    )
    .unwrap();
    let opened = Store::open(folder.path(), StoreOptions::default());
    assert!(matches!(opened, Err(StoreError::Sqlite(_))));
}

#[test]
fn a_full_disk_leaves_the_store_as_it_was() {
    let mut ones = Ones::with_users(&ids(3));
    ones.max_pages = Some(25);
    let long = |id: &String| {
        let job_title = Some("x".repeat(1000));
        UserChange::User(ones_host::model::User { job_title, ..user(id) })
    };
    let many = ids(900).iter().map(long).collect();
    let error = ones.sync_users(&mut Fake::users([batch(CHANGES, "c2", many)])).unwrap_err();
    assert_eq!(error.problem().code, "disk-full");
    assert_eq!(ones.users(), ids(3));

    ones.max_pages = None;
    let source = &mut Fake::users([]);
    ones.sync_users(source).unwrap();
    assert_eq!(source.since.as_deref(), Some("c1"));
}

#[cfg(unix)]
#[test]
fn no_other_user_of_the_machine_may_read_the_data() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("a/b");
    drop(Store::open(&data, StoreOptions::default()).unwrap());
    let mode = |path: &std::path::Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&data), 0o700);
    assert_eq!(mode(&data.join("ones.db")), 0o600);
}

/// Names and bytes of all files.
fn files(ones: &Ones) -> Vec<(std::ffi::OsString, Vec<u8>)> {
    let entries = std::fs::read_dir(ones.folder.path()).unwrap().map(Result::unwrap);
    let mut files: Vec<_> =
        entries.map(|it| (it.file_name(), std::fs::read(it.path()).unwrap())).collect();
    files.sort();
    files
}

#[test]
fn a_rehearsal_changes_nothing() {
    let mut ones = Ones::with_users(&ids(20));
    let before = files(&ones);
    let mut store = Store::rehearse(ones.folder.path()).unwrap();
    let source = &mut Fake::users([batch(CHANGES, "c2", vec![reported("new"), gone("p001")])]);
    let mut unobserved = Unobserved;
    let sync = Sync::new(&mut store, source, &mut unobserved, Options::default());
    let counts = sync.users(NAME).unwrap().counts;
    assert_eq!((counts.added, counts.removed), (1, 1));
    drop(store);
    assert_eq!(files(&ones), before);
    let source = &mut Fake::users([]);
    ones.sync_users(source).unwrap();
    assert_eq!(source.since.as_deref(), Some("c1"));
}

#[test]
fn a_rehearsal_needs_no_data_and_leaves_none() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let mut store = Store::rehearse(&data).unwrap();
    let source = &mut Fake::rooms(["a"]);
    let mut unobserved = Unobserved;
    let sync = Sync::new(&mut store, source, &mut unobserved, Options::default());
    assert_eq!(sync.rooms(NAME).unwrap().counts.added, 1);
    drop(store);
    assert!(!data.exists());
}

#[test]
fn a_rehearsal_sees_what_a_process_that_died_had_stored() {
    let ones = Ones::with_users(&ids(3));
    let crashed = tempfile::tempdir().unwrap();
    {
        let mut store = ones.open();
        let source = &mut Fake::users([batch(CHANGES, "c2", vec![reported("new")])]);
        Sync::new(&mut store, source, &mut Unobserved, Options::default()).users(NAME).unwrap();
        // As on the disk when the process dies: what was stored last is in the log alone.
        for (name, bytes) in files(&ones) {
            if !name.to_string_lossy().ends_with("-shm") {
                std::fs::write(crashed.path().join(name), bytes).unwrap();
            }
        }
    }
    let store = Store::rehearse(crashed.path()).unwrap();
    let id = store.integration(NAME).unwrap().unwrap();
    let mut count = 0;
    store
        .each_record(id, Kind::User, false, |_| {
            count += 1;
            Ok::<_, StoreError>(())
        })
        .unwrap();
    assert_eq!(count, 4);
}
