//! The component: the exports of the plugin, over the generated bindings.
//!
//! The bindings use the records of `ones_records`, so no record is converted here.

mod host;
mod reader;

use wit_bindgen::{FutureReader, StreamReader};

use self::{
    exports::ones::integration::integration::Guest,
    host::{UNWATCHED, Watched},
    reader::Reader,
};
use crate::{
    choices, directory,
    error::{Error, FieldError},
    model::{
        BookingPolicy, Callback, CallbackOutcome, Choice, Manifest, Permission, Purpose, Redirect,
        Report, RoomBatch, RoomChange, Script, Summary, UserBatch, UserChange,
    },
    permission::{self, PERMISSIONS},
    rooms::{self, booking},
    settings::{self, Settings},
    sign_in, validate,
};

wit_bindgen::generate!({
    path: "wit",
    world: "plugin",
    with: { "ones:integration/types@0.1.0": ones_records },
    generate_all,
});

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
        wit_bindgen::spawn_local(async move {
            let reader = Reader::new(writer);
            let result = match parse(&settings) {
                Ok(settings) => {
                    let is_gone = || reader.is_gone();
                    let host = Watched { is_gone: Some(&is_gone) };
                    reader.run(rooms::sync(&host, &settings, &mut &reader)).await
                }
                Err(error) => Err(error),
            };
            // The stream ends before the future resolves.
            drop(reader);
            // The host may no longer wait for the result.
            let _ = done.write(result).await;
        });
        (batches, result)
    }

    async fn sync_users(
        settings: String,
        since: Option<String>,
    ) -> (StreamReader<UserBatch>, FutureReader<Result<Summary, Error>>) {
        let (writer, batches) = wit_stream::new();
        let (done, result) = wit_future::new(|| Err(Error::Cancelled));
        wit_bindgen::spawn_local(async move {
            let reader = Reader::new(writer);
            let result = match parse(&settings) {
                Ok(settings) => {
                    let is_gone = || reader.is_gone();
                    let host = Watched { is_gone: Some(&is_gone) };
                    let since = since.as_deref();
                    reader.run(directory::sync(&host, &settings, since, &mut &reader)).await
                }
                Err(error) => Err(error),
            };
            drop(reader);
            let _ = done.write(result).await;
        });
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

fn parse(settings: &str) -> Result<Settings, Error> {
    Settings::parse(settings).map_err(Error::InvalidSettings)
}
