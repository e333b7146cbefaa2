//! Data of an older version are kept, all of them.

use std::{path::Path, str::FromStr as _};

use jiff::Timestamp;
use ones_host::{
    model::{BookingTime, TimeRange},
    store::{Actor, Kind, NewReservation, Store, StoreError, StoreOptions},
    sync::{Options, Sync, Unobserved},
};
use rusqlite::Connection;

use crate::fake::*;

/// A data folder as version 0.1.0 wrote it: users, one of them removed and one held, a
/// room, what they joined, runs, a schedule.
pub(crate) fn older() -> Ones {
    let ones = Ones::new();
    std::fs::write(ones.folder.path().join("ones.lock"), "").unwrap();
    let database = Connection::open(ones.folder.path().join("ones.db")).unwrap();
    let flags = rusqlite::functions::FunctionFlags::SQLITE_UTF8
        | rusqlite::functions::FunctionFlags::SQLITE_DETERMINISTIC
        | rusqlite::functions::FunctionFlags::SQLITE_INNOCUOUS;
    database
        .create_scalar_function("lowercase", 1, flags, |it| {
            Ok(it.get_raw(0).as_str_or_null().unwrap().map(str::to_lowercase))
        })
        .unwrap();
    database.execute_batch(include_str!("../../src/store/001-first.sql")).unwrap();
    database.execute_batch(include_str!("../../src/store/002-serve.sql")).unwrap();
    database.execute_batch(include_str!("older.sql")).unwrap();
    ones
}

/// The same with groups, and with a removal that waits for the end of a run.
fn older_with_groups() -> Ones {
    let ones = older();
    let database = Connection::open(ones.folder.path().join("ones.db")).unwrap();
    database.pragma_update(None, "foreign_keys", false).unwrap();
    database.execute_batch(include_str!("../../src/store/003-groups.sql")).unwrap();
    database.execute_batch(include_str!("older-groups.sql")).unwrap();
    ones
}

/// The same with the schema before records were appended: it also has a candidate for removal, and
/// a group that was removed.
fn older_with_candidates() -> Ones {
    let ones = older_with_groups();
    let database = Connection::open(ones.folder.path().join("ones.db")).unwrap();
    database.execute_batch(include_str!("../../src/store/004-missing.sql")).unwrap();
    database.execute_batch(include_str!("older-missing.sql")).unwrap();
    ones
}

/// The same with the calendar of the room, which has a booking.
fn older_with_bookings() -> Ones {
    let ones = older_with_candidates();
    let database = Connection::open(ones.folder.path().join("ones.db")).unwrap();
    database.pragma_update(None, "foreign_keys", false).unwrap();
    database.execute_batch(include_str!("../../src/store/005-appended.sql")).unwrap();
    database.execute_batch(include_str!("../../src/store/006-bookings.sql")).unwrap();
    database.execute_batch(include_str!("older-bookings.sql")).unwrap();
    ones
}

/// All rows of a table, as JSON, with these columns.
fn rows(ones: &Ones, table: &str, columns: &str) -> Vec<String> {
    let database = Connection::open(ones.folder.path().join("ones.db")).unwrap();
    let version: usize =
        database.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
    let table = match table {
        MEMBERSHIPS if version < 5 => OLDER_MEMBERSHIPS,
        MEMBERSHIPS => CURRENT_MEMBERSHIPS,
        table => table,
    };
    let pairs: Vec<_> = columns.split(',').map(|it| format!("'{it}', {it}")).collect();
    let sql = format!("SELECT json_object({}) FROM {table} ORDER BY 1", pairs.join(", "));
    let mut statement = database.prepare(&sql).unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}

/// Of which user each membership in a group of ONES is, as the schemas before the fifth stored it,
/// and as the current one does.
const MEMBERSHIPS: &str = "memberships";
const OLDER_MEMBERSHIPS: &str =
    "(SELECT integration, kind, person AS id, group_name FROM membership)";
const CURRENT_MEMBERSHIPS: &str = "membership JOIN record ON number = membership.record";

const TABLES: [(&str, &str); 9] = [
    ("integration", "id,name,created"),
    ("progress", "integration,kind,checkpoint,enumeration,enumerating,sweep_due,base"),
    (
        "record",
        "integration,kind,id,json,email,seen,first_seen,removed_at,reason,kept_at,provisional,\
         search",
    ),
    (MEMBERSHIPS, "integration,kind,id,group_name"),
    ("removal", "integration,kind,id,reason,held_since"),
    ("run", "id,integration,kind,started,ended,mode,added,held,warnings,problem,peak_memory"),
    ("schedule", "integration,interval,next"),
    ("failing", "integration,kind,count,since,problem"),
    ("administrator", "password,changed"),
];

#[test]
fn nothing_is_lost_from_data_of_the_version_before() {
    let ones = older();
    let all = || TABLES.map(|(table, columns)| rows(&ones, table, columns));
    let before = all();
    assert!(before.iter().all(|it| !it.is_empty()), "{before:#?}");
    ones.open();
    assert_eq!(all(), before);
}

#[test]
fn a_sync_goes_on_from_there_and_now_has_groups() {
    let mut ones = older();
    let users = batch(CHANGES, "c8", vec![reported("new")]);
    let groups = of_groups(COMPLETE, "c9", vec![group("g"), within("g", "p000")]);
    let source = &mut Fake::users([users, groups]);
    let counts = ones.sync_users(source).unwrap().counts;
    assert_eq!(source.since.as_deref(), Some("c7"));
    assert_eq!((counts.added, counts.held, counts.groups.added), (1, 1, 1));
    assert_eq!(ones.held(), ["p001"]);
    assert_eq!(ones.rows(Kind::User, true).len(), 4);
}

#[test]
fn what_refers_to_what_still_does() {
    let ones = older();
    let mut store = ones.open();
    let id = store.integration(NAME).unwrap().unwrap();
    store.forget_integration(id).unwrap();
    drop(store);
    for (table, columns) in &TABLES[..8] {
        assert_eq!(rows(&ones, table, columns), [""; 0], "{table}");
    }
}

#[test]
fn reading_an_older_folder_migrates_it_and_a_dry_run_does_not() {
    let ones = older();
    let version = || -> usize {
        let database = Connection::open(ones.folder.path().join("ones.db")).unwrap();
        database.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap()
    };
    let mut store = Store::rehearse(ones.folder.path()).unwrap();
    let source = &mut Fake::users([of_groups(COMPLETE, "c8", vec![group("g")])]);
    let mut unobserved = Unobserved;
    let sync = Sync::new(&mut store, source, &mut unobserved, Options::default());
    assert_eq!(sync.users(NAME).unwrap().counts.groups.added, 1);
    assert_eq!(version(), 2);
    Store::read(ones.folder.path()).unwrap();
    assert_eq!(version(), 9);
}

#[test]
fn nothing_is_lost_from_data_that_have_groups() {
    let ones = older_with_groups();
    let tables = [
        TABLES[0],
        TABLES[1],
        ("record", "integration,kind,id,json,email,first_seen,removed_at,reason,kept_at,listed"),
        TABLES[3],
        TABLES[5],
        ("node", "number,integration,id"),
        ("edge", "holder,member,seen"),
        ("run", "id,deleted,groups_added,members_added"),
    ];
    let all = || tables.map(|(table, columns)| rows(&ones, table, columns));
    let before = all();
    assert!(before.iter().all(|it| !it.is_empty()), "{before:#?}");
    ones.open();
    assert_eq!(all(), before);
    let reported = rows(&ones, "record", "id,reported");
    let first_seen = Timestamp::from_str("2026-01-01T00:00:00Z").unwrap().as_second();
    assert!(reported.iter().all(|it| it.contains(&first_seen.to_string())), "{reported:?}");
    assert!(ones.runs().iter().all(|it| it.summary.owed.is_none()));
}

#[test]
fn case_040_a_removal_that_an_older_version_left_waiting_is_confirmed_before_it_is_applied() {
    for (found, removed) in [(true, 0), (false, 1)] {
        let mut ones = older_with_groups();
        let mut source = Fake::users([]);
        if found {
            source = source.where_stands(reported("p003"));
        }
        let counts = ones.sync_users(&mut source).unwrap().counts;
        assert_eq!(source.read, ["p003"]);
        assert_eq!((counts.removed, counts.held), (removed, 1), "p001 was held, and is");
        assert_eq!(ones.held(), ["p001"]);
    }
}

#[test]
fn nothing_is_lost_from_data_that_have_candidates() {
    let ones = older_with_candidates();
    let tables = [
        TABLES[1],
        (
            "record",
            "integration,kind,id,json,email,seen,first_seen,removed_at,reason,kept_at,provisional,\
             search,listed,reported",
        ),
        TABLES[3],
        TABLES[4],
        ("node", "number,integration,id"),
        ("edge", "holder,member,seen"),
        ("run", "id,owed_count,owed_since"),
    ];
    let all = || tables.map(|(table, columns)| rows(&ones, table, columns));
    let before = all();
    assert!(before.iter().all(|it| !it.is_empty()), "{before:#?}");
    ones.open();
    assert_eq!(all(), before);
}

#[test]
fn nothing_is_lost_from_data_that_have_bookings_and_their_rooms_can_be_booked() {
    let ones = older_with_bookings();
    let tables = [
        TABLES[0],
        TABLES[1],
        ("record", "integration,kind,id,json,email,seen,first_seen,removed_at,reason,listed"),
        ("calendar", "number,integration,room,zone,zone_data,checkpoint,enumeration,read_at"),
        ("booking_item", "number,calendar,id,is_series,seen,reported,first_run"),
        ("booking", "calendar,item,id,version,starts,ends,hold,private,title,invited,first_run"),
        ("run", "id,integration,kind,started,ended,mode,added,rooms_read,room_failures"),
    ];
    let all = || tables.map(|(table, columns)| rows(&ones, table, columns));
    let before = all();
    assert!(before.iter().all(|it| !it.is_empty()), "{before:#?}");
    let mut store = ones.open();
    assert_eq!(all(), before);
    let id = store.integration(NAME).unwrap().unwrap();
    let starts = 4_733_510_400;
    let reserved = store.reserve(
        id,
        NewReservation {
            rooms: vec!["attic".to_owned()],
            time: BookingTime::Hours(TimeRange { starts, ends: starts + 3_600 }),
            recurrence: None,
            organizer: "p000".to_owned(),
            invite: Vec::new(),
            title: "Review".to_owned(),
            private: false,
            online_meeting: false,
            days: None,
            by: Actor::Administrator,
        },
        Timestamp::now(),
    );
    assert_eq!(reserved.unwrap().request.time_zone, "Europe/Berlin");
}

#[test]
fn the_active_records_of_older_data_are_counted() {
    for (mut ones, groups) in [(older(), 0), (older_with_groups(), 1), (older_with_candidates(), 1)]
    {
        let (store, id) = ones.integration();
        assert_eq!(store.counts(id).unwrap().groups, groups);
        drop(store);
        assert_eq!(ones.miscounted(), []);
        ones.sync_users(&mut Fake::users([batch(CHANGES, "c8", vec![reported("new")])])).unwrap();
    }
}

#[test]
fn an_inserted_record_needs_no_temporary_index_and_has_one_of_three_kinds() {
    for ones in [Ones::new(), older(), older_with_groups(), older_with_bookings()] {
        drop(ones.open());
        let database = Connection::open(ones.folder.path().join("ones.db")).unwrap();
        database.pragma_update(None, "foreign_keys", false).unwrap();
        let insert = |kind: &str| {
            format!(
                "INSERT INTO record (integration, kind, id, json, seen, first_seen)
                 VALUES (1, '{kind}', 'another', '{{}}', 1, '')"
            )
        };
        let mut explained = database.prepare(&format!("EXPLAIN {}", insert("user"))).unwrap();
        let steps = explained.query_map([], |row| row.get::<_, String>("opcode")).unwrap();
        let steps: Vec<_> = steps.collect::<Result<_, _>>().unwrap();
        assert!(steps.iter().any(|it| it == "Insert"), "{steps:?}");
        assert!(!steps.iter().any(|it| it == "OpenEphemeral"), "{steps:?}");
        assert!(database.execute(&insert("printer"), []).is_err());
        for kind in ["user", "room", "group"] {
            database.execute(&insert(kind), []).unwrap();
        }
        let found: String =
            database.pragma_query_value(None, "integrity_check", |row| row.get(0)).unwrap();
        assert_eq!(found, "ok");
    }
}

#[test]
fn only_a_new_database_has_larger_pages() {
    let page = |folder: &Path| -> i64 {
        let database = Connection::open(folder.join("ones.db")).unwrap();
        database.pragma_query_value(None, "page_size", |row| row.get(0)).unwrap()
    };
    let (older, new) = (older(), tempfile::tempdir().unwrap());
    older.open();
    Store::open(new.path(), StoreOptions::default()).unwrap();
    assert_eq!((page(older.folder.path()), page(new.path())), (4096, 8192));
}

#[test]
fn a_full_disk_leaves_the_older_data_as_they_were() {
    let ones = older();
    let full = StoreOptions { max_pages: Some(1), ..StoreOptions::default() };
    let before = rows(&ones, TABLES[2].0, TABLES[2].1);
    let error = Store::open(ones.folder.path(), full).err().unwrap();
    assert!(matches!(error, StoreError::Full), "{error}");
    assert_eq!(rows(&ones, TABLES[2].0, TABLES[2].1), before);
    ones.open();
    assert_eq!(rows(&ones, TABLES[2].0, TABLES[2].1), before);
}
