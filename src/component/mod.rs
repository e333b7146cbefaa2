//! The component: the exports of the plugin, over the generated bindings.
//!
//! The bindings use the records of `ones_records`, so no record is converted here.

mod host;
mod reader;

use wit_bindgen::{FutureReader, FutureWriter, StreamReader, StreamWriter};

use self::{
    exports::ones::integration::integration::Guest,
    host::{UNWATCHED, Watched},
    reader::Reader,
};
use crate::{
    bookings, choices, directory,
    error::{Error, FieldError},
    memory::Memory,
    model::{
        BookingChange, BookingOutcome, BookingPolicy, BookingRequest, BookingTime, Callback,
        CallbackOutcome, Choice, Manifest, Notification, NotificationRequest, Permission, Purpose,
        Redirect, Report, RoomAvailability, RoomBatch, RoomChange, RoomPosition, RoomUpdate,
        Script, Subscription, Summary, TimeRange, UserBatch, UserChange, WatchRequest, WatchResult,
    },
    notifications::{self, Wanted},
    permission::{self, PERMISSIONS},
    reserve,
    rooms::{self, booking},
    secret::Secret,
    settings::{self, Settings},
    sign_in, validate, zones,
};

wit_bindgen::generate!({
    path: "wit",
    world: "plugin",
    with: { "ones:integration/types@0.1.0": ones_records },
    generate_all,
});

#[global_allocator]
static MEMORY: Memory = Memory::new();

struct Plugin;

export!(Plugin);

impl Guest for Plugin {
    fn describe() -> Manifest {
        let permission = |permission: permission::Permission| Permission {
            name: permission.name.to_owned(),
            id: Some(permission.id.to_owned()),
            reason: permission.reason.to_owned(),
        };
        Manifest {
            name: crate::NAME.to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            settings_schema: settings::SCHEMA.to_owned(),
            permissions: PERMISSIONS.into_iter().map(permission).collect(),
            time_zones: Some(zones::version().to_owned()),
        }
    }

    fn origins(settings: String) -> Result<Vec<String>, Vec<FieldError>> {
        Settings::parse(&settings).map(|settings| settings.endpoints().origins())
    }

    async fn choices(
        settings: String,
        field: String,
        typed: String,
        limit: u32,
    ) -> Result<Vec<Choice>, Error> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        choices::choices(&UNWATCHED, &settings, &field, &typed, limit).await
    }

    async fn validate(settings: String) -> Report {
        Report { checks: validate::validate(&UNWATCHED, &settings).await }
    }

    async fn sync_rooms(
        settings: String,
    ) -> (StreamReader<RoomBatch>, FutureReader<Result<Summary, Error>>) {
        let (writer, batches) = wit_stream::new();
        let (done, result) = wit_future::new(|| Err(Error::Cancelled));
        // The export returns at once; the task continues.
        wit_bindgen::spawn_local(produce(writer, done, settings, async |host, settings, sink| {
            rooms::sync(host, settings, sink).await
        }));
        (batches, result)
    }

    async fn sync_users(
        settings: String,
        since: Option<String>,
    ) -> (StreamReader<UserBatch>, FutureReader<Result<Summary, Error>>) {
        let (writer, batches) = wit_stream::new();
        let (done, result) = wit_future::new(|| Err(Error::Cancelled));
        wit_bindgen::spawn_local(produce(
            writer,
            done,
            settings,
            async move |host, settings, sink| {
                directory::sync(host, settings, since.as_deref(), sink).await
            },
        ));
        (batches, result)
    }

    async fn read_users(settings: String, ids: Vec<String>) -> Result<Vec<UserChange>, Error> {
        directory::read_users(&UNWATCHED, &parse(&settings)?, &ids).await
    }

    async fn read_groups(settings: String, ids: Vec<String>) -> Result<Vec<UserChange>, Error> {
        directory::read_groups(&UNWATCHED, &parse(&settings)?, &ids).await
    }

    async fn read_rooms(settings: String, ids: Vec<String>) -> Result<Vec<RoomChange>, Error> {
        rooms::read(&UNWATCHED, &parse(&settings)?, &ids).await
    }

    async fn sync_bookings(
        settings: String,
        rooms: Vec<RoomPosition>,
        window: TimeRange,
    ) -> (StreamReader<RoomUpdate>, FutureReader<Result<Summary, Error>>) {
        let (writer, updates) = wit_stream::new();
        let (done, result) = wit_future::new(|| Err(Error::Cancelled));
        wit_bindgen::spawn_local(produce(
            writer,
            done,
            settings,
            async move |host, settings, sink| {
                bookings::sync(host, settings, &rooms, window, sink).await
            },
        ));
        (updates, result)
    }

    async fn read_bookings(
        settings: String,
        room: RoomPosition,
        ids: Vec<String>,
        window: TimeRange,
    ) -> Result<Vec<BookingChange>, Error> {
        bookings::read(&UNWATCHED, &parse(&settings)?, &room, &ids, window).await
    }

    async fn availability(
        settings: String,
        rooms: Vec<String>,
        window: TimeRange,
    ) -> Result<Vec<RoomAvailability>, Error> {
        bookings::availability(&UNWATCHED, &parse(&settings)?, &rooms, window).await
    }

    async fn book_room(
        settings: String,
        request: BookingRequest,
        again: bool,
    ) -> Result<BookingOutcome, Error> {
        reserve::book(&UNWATCHED, &parse(&settings)?, &request, again).await
    }

    async fn check_booking(
        settings: String,
        request: BookingRequest,
        ticket: String,
    ) -> Result<BookingOutcome, Error> {
        reserve::check(&UNWATCHED, &parse(&settings)?, &request, &ticket).await
    }

    async fn change_booking(
        settings: String,
        former: BookingRequest,
        request: BookingRequest,
        ticket: String,
    ) -> Result<BookingOutcome, Error> {
        reserve::change(&UNWATCHED, &parse(&settings)?, &former, &request, &ticket).await
    }

    async fn cancel_booking(
        settings: String,
        request: BookingRequest,
        ticket: String,
        occurrence: Option<BookingTime>,
        comment: String,
    ) -> Result<(), Error> {
        let settings = parse(&settings)?;
        reserve::cancel(&UNWATCHED, &settings, &request, &ticket, occurrence.as_ref(), &comment)
            .await
    }

    async fn release_room(
        settings: String,
        room: RoomPosition,
        booking: String,
        comment: String,
    ) -> Result<(), Error> {
        reserve::release(&UNWATCHED, &parse(&settings)?, &room, &booking, &comment).await
    }

    async fn watch(
        settings: String,
        subjects: Vec<WatchRequest>,
        address: String,
        secret: String,
        held: Vec<Subscription>,
        sweep: bool,
    ) -> Result<Vec<WatchResult>, Error> {
        let settings = parse(&settings)?;
        let secret = Secret::new(secret);
        let wanted = Wanted { subjects, address, secret, held, sweep };
        notifications::watch(&UNWATCHED, &settings, &wanted).await
    }

    async fn unwatch(settings: String, held: Vec<Subscription>) -> Result<(), Error> {
        notifications::unwatch(&UNWATCHED, &parse(&settings)?, &held).await
    }

    fn handle_notification(
        settings: String,
        secret: String,
        request: NotificationRequest,
    ) -> Result<Notification, Error> {
        notifications::handle(&parse(&settings)?, &secret, &request)
    }

    async fn begin_sign_in(
        settings: String,
        redirect_uri: String,
        purpose: Purpose,
    ) -> Result<Redirect, Error> {
        sign_in::begin(&UNWATCHED, &parse(&settings)?, &redirect_uri, purpose).await
    }

    async fn handle_callback(
        settings: String,
        callback: Callback,
    ) -> Result<CallbackOutcome, Error> {
        sign_in::callback(&UNWATCHED, &parse(&settings)?, &callback).await
    }

    fn booking_script(
        settings: String,
        rooms: Vec<String>,
        policy: BookingPolicy,
    ) -> Result<Script, Error> {
        booking::script(&parse(&settings)?, &rooms, policy)
    }
}

/// Runs a sync until it ends or its reader is gone. Then ends the stream, and resolves the future.
async fn produce<T: 'static>(
    writer: StreamWriter<T>,
    done: FutureWriter<Result<Summary, Error>>,
    settings: String,
    sync: impl AsyncFnOnce(&Watched<'_>, &Settings, &mut &Reader<T>) -> Result<Summary, Error>,
) {
    let reader = Reader::new(writer);
    let result = match parse(&settings) {
        Ok(settings) => {
            let is_gone = || reader.is_gone();
            let host = Watched { is_gone: Some(&is_gone) };
            reader.run(sync(&host, &settings, &mut &reader)).await
        }
        Err(error) => Err(error),
    };
    // The stream ends before the future resolves.
    drop(reader);
    // The host may no longer wait for the result.
    let _ = done.write(result).await;
}

fn parse(settings: &str) -> Result<Settings, Error> {
    Settings::parse(settings).map_err(Error::InvalidSettings)
}
