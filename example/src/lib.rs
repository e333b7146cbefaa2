//! A first plugin: a directory of one user, who is named in the settings.
//!
//! docs/writing-a-plugin.md explains the interface. A plugin for a real vendor sends requests with
//! WASI's HTTP; `src/component/host.rs` of the plugin for Office 365 shows how.

// This package has code only when it is compiled to WebAssembly.
#![cfg(target_family = "wasm")]

wit_bindgen::generate!({
    path: "../wit",
    world: "plugin",
    with: { "ones:integration/types@0.1.0": ones_records },
    generate_all,
});

use exports::ones::integration::integration::Guest;
use ones_records::{
    BookingChange, BookingOutcome, BookingPolicy, BookingRequest, BookingTime, Callback,
    CallbackOutcome, Check, Choice, Error, Explanation, FieldError, Manifest, Mode, Notification,
    NotificationRequest, Outcome, Part, Purpose, Redirect, Removal, Removed, Report,
    RoomAvailability, RoomBatch, RoomChange, RoomPosition, RoomUpdate, Script, Subject,
    Subscription, Summary, TimeRange, User, UserBatch, UserChange, WatchRequest, WatchResult,
};
use wit_bindgen::{FutureReader, StreamReader};

struct Plugin;

export!(Plugin);

/// The settings: a name, which the host requires, and the name of the user.
const SCHEMA: &str = r#"{
    "type": "object",
    "properties": {
        "server": {
            "type": "object",
            "title": "Server",
            "properties": {
                "name": {"type": "string", "title": "Name"},
                "user": {"type": "string", "title": "Name of the user"}
            },
            "required": ["name", "user"]
        }
    },
    "required": ["server"]
}"#;

/// Id of the user. It never changes, also if the name does.
const ID: &str = "user-1";

impl Guest for Plugin {
    fn describe() -> Manifest {
        Manifest {
            name: "Example".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            settings_schema: SCHEMA.to_owned(),
            permissions: Vec::new(),
            time_zones: None,
        }
    }

    fn origins(settings: String) -> Result<Vec<String>, Vec<FieldError>> {
        // It sends no requests.
        read_user(&settings).map(|_| Vec::new())
    }

    async fn validate(settings: String) -> Report {
        let (outcome, summary, fields) = match read_user(&settings) {
            Ok(_) => (Outcome::Passed, "The settings name the user", Vec::new()),
            Err(fields) => (Outcome::Failed, "The settings do not name a user", fields),
        };
        let summary = summary.to_owned();
        let id = "settings".to_owned();
        Report { checks: vec![Check { id, outcome, summary, remedy: None, detail: None, fields }] }
    }

    async fn sync_users(
        settings: String,
        _since: Option<String>,
    ) -> (StreamReader<UserBatch>, FutureReader<Result<Summary, Error>>) {
        let (mut batches, reader) = wit_stream::new();
        let (done, result) = wit_future::new(|| Err(Error::Cancelled));
        // The export returns at once; the task continues.
        wit_bindgen::spawn_local(async move {
            let summary = match read_user(&settings) {
                Ok(user) => {
                    let is_read = batches.write_one(all_users(user)).await.is_none();
                    let complete = Summary { complete: true, ..Summary::default() };
                    if is_read { Ok(complete) } else { Err(Error::Cancelled) }
                }
                Err(fields) => Err(Error::InvalidSettings(fields)),
            };
            // The stream ends before the future resolves.
            drop(batches);
            let _ = done.write(summary).await;
        });
        (reader, result)
    }

    async fn read_users(settings: String, ids: Vec<String>) -> Result<Vec<UserChange>, Error> {
        let user = read_user(&settings).map_err(Error::InvalidSettings)?;
        let change = |id: String| match id == ID {
            true => UserChange::User(user.clone()),
            false => UserChange::UserMissing(Removed { id, removal: Removal::Permanent }),
        };
        Ok(ids.into_iter().map(change).collect())
    }

    // What the vendor does not have.

    async fn choices(_: String, _: String, _: String, _: u32) -> Result<Vec<Choice>, Error> {
        Err(unsupported())
    }

    async fn sync_rooms(
        _: String,
    ) -> (StreamReader<RoomBatch>, FutureReader<Result<Summary, Error>>) {
        let (_, reader) = wit_stream::new();
        let (done, result) = wit_future::new(|| Err(Error::Cancelled));
        wit_bindgen::spawn_local(async move { drop(done.write(Err(unsupported())).await) });
        (reader, result)
    }

    async fn read_groups(_: String, _: Vec<String>) -> Result<Vec<UserChange>, Error> {
        Err(unsupported())
    }

    async fn read_rooms(_: String, _: Vec<String>) -> Result<Vec<RoomChange>, Error> {
        Err(unsupported())
    }

    async fn sync_bookings(
        _: String,
        _: Vec<RoomPosition>,
        _: TimeRange,
    ) -> (StreamReader<RoomUpdate>, FutureReader<Result<Summary, Error>>) {
        let (_, reader) = wit_stream::new();
        let (done, result) = wit_future::new(|| Err(Error::Cancelled));
        wit_bindgen::spawn_local(async move { drop(done.write(Err(unsupported())).await) });
        (reader, result)
    }

    async fn read_bookings(
        _: String,
        _: RoomPosition,
        _: Vec<String>,
        _: TimeRange,
    ) -> Result<Vec<BookingChange>, Error> {
        Err(unsupported())
    }

    async fn availability(
        _: String,
        _: Vec<String>,
        _: TimeRange,
    ) -> Result<Vec<RoomAvailability>, Error> {
        Err(unsupported())
    }

    async fn book_room(_: String, _: BookingRequest, _: bool) -> Result<BookingOutcome, Error> {
        Err(unsupported())
    }

    async fn check_booking(
        _: String,
        _: BookingRequest,
        _: String,
    ) -> Result<BookingOutcome, Error> {
        Err(unsupported())
    }

    async fn change_booking(
        _: String,
        _: BookingRequest,
        _: BookingRequest,
        _: String,
    ) -> Result<BookingOutcome, Error> {
        Err(unsupported())
    }

    async fn cancel_booking(
        _: String,
        _: BookingRequest,
        _: String,
        _: Option<BookingTime>,
        _: String,
    ) -> Result<(), Error> {
        Err(unsupported())
    }

    async fn release_room(_: String, _: RoomPosition, _: String, _: String) -> Result<(), Error> {
        Err(unsupported())
    }

    async fn watch(
        _: String,
        _: Vec<WatchRequest>,
        _: String,
        _: String,
        _: Vec<Subscription>,
        _: bool,
    ) -> Result<Vec<WatchResult>, Error> {
        Err(unsupported())
    }

    async fn unwatch(_: String, _: Vec<Subscription>) -> Result<(), Error> {
        Err(unsupported())
    }

    fn handle_notification(
        _: String,
        _: String,
        _: NotificationRequest,
    ) -> Result<Notification, Error> {
        Err(unsupported())
    }

    async fn begin_sign_in(_: String, _: String, _: Purpose) -> Result<Redirect, Error> {
        Err(unsupported())
    }

    async fn handle_callback(_: String, _: Callback) -> Result<CallbackOutcome, Error> {
        Err(unsupported())
    }

    fn booking_script(_: String, _: Vec<String>, _: BookingPolicy) -> Result<Script, Error> {
        Err(unsupported())
    }
}

/// Reads the user in the settings.
fn read_user(settings: &str) -> Result<User, Vec<FieldError>> {
    let settings: serde_json::Value = serde_json::from_str(settings).unwrap_or_default();
    let name = settings["server"]["user"].as_str().filter(|name| !name.trim().is_empty());
    let name = name.ok_or_else(|| {
        let message = "Enter the name of the user".to_owned();
        vec![FieldError { field: "/server/user".to_owned(), message }]
    })?;
    Ok(User {
        id: ID.to_owned(),
        username: name.to_owned(),
        display_name: name.to_owned(),
        enabled: true,
        ..User::default()
    })
}

/// Returns the only batch of an enumeration. Without a list of changes, each run is one.
fn all_users(user: User) -> UserBatch {
    UserBatch {
        subject: Subject::Users,
        mode: Mode::Full(Part { first: true, last: true }),
        changes: vec![UserChange::User(user)],
        checkpoint: String::new(),
        total: Some(1),
    }
}

fn unsupported() -> Error {
    Error::Unsupported(Explanation::new("not-in-example", "The example does not have this"))
}
