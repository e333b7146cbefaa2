//! The component: generated bindings, and nothing but turning one side's types into the
//! other's. No other file names a generated type.

use std::{
    cell::{Cell, RefCell},
    future::{pending, poll_fn},
    pin::pin,
    task::Poll,
    time::{Duration, SystemTime},
};

use futures_util::{
    FutureExt as _,
    future::{Either, select},
};
use wit_bindgen::{FutureReader, StreamReader, StreamResult, StreamWriter};

use crate::{
    choices, directory, error, host,
    host::{CONNECT, Dropped, Failure, Host, LARGEST_ANSWER, Sink, TransportError},
    model, permission, rooms,
    rooms::booking,
    settings, sign_in, validate,
};

wit_bindgen::generate!({ path: "wit", world: "plugin", generate_all });

use exports::ones::integration::integration as wit;
use wasi::{
    clocks::{monotonic_clock, system_clock},
    http::{
        client,
        types::{self as http, ErrorCode},
    },
    random::random,
};

struct Plugin;

export!(Plugin);

impl wit::Guest for Plugin {
    fn describe() -> wit::Manifest {
        let permission = |it: permission::Permission| wit::Permission {
            name: it.name.to_owned(),
            id: Some(it.id.to_owned()),
            reason: it.reason.to_owned(),
        };
        wit::Manifest {
            name: crate::NAME.to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            settings_schema: settings::SCHEMA.to_owned(),
            permissions: permission::PERMISSIONS.into_iter().map(permission).collect(),
        }
    }

    fn origins(settings: String) -> Result<Vec<String>, Vec<wit::FieldError>> {
        settings::Settings::parse(&settings)
            .map(|it| it.endpoints().origins())
            .map_err(|fields| fields.into_iter().map(Into::into).collect())
    }

    async fn choices(
        settings: String,
        field: String,
        typed: String,
        limit: u32,
    ) -> Result<Vec<wit::Choice>, wit::Error> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let choices = choices::choices(&UNWATCHED, &settings, &field, &typed, limit).await?;
        Ok(choices.into_iter().map(Into::into).collect())
    }

    async fn validate(settings: String) -> wit::Report {
        let checks = validate::validate(&UNWATCHED, &settings).await;
        wit::Report { checks: checks.into_iter().map(Into::into).collect() }
    }

    async fn sync_rooms(
        settings: String,
    ) -> (StreamReader<wit::RoomBatch>, FutureReader<Result<wit::Summary, wit::Error>>) {
        let (writer, batches) = wit_stream::new();
        let (done, result) = wit_future::new(|| Err(wit::Error::Cancelled));
        // The export returns at once; the task goes on producing.
        wit_bindgen::spawn_local(async move {
            let reader = Reader::new(writer);
            let result = match settings::Settings::parse(&settings) {
                Ok(settings) => {
                    let is_gone = || reader.is_gone();
                    let host = Watched { is_gone: Some(&is_gone) };
                    reader.keeps(rooms::sync(&host, &settings, &mut &reader)).await
                }
                Err(fields) => Err(error::Error::InvalidSettings(fields)),
            };
            // The stream ends before the future resolves.
            drop(reader);
            // Nobody may be waiting for it any more.
            let _ = done.write(result.map(Into::into).map_err(Into::into)).await;
        });
        (batches, result)
    }

    async fn sync_users(
        settings: String,
        since: Option<String>,
    ) -> (StreamReader<wit::UserBatch>, FutureReader<Result<wit::Summary, wit::Error>>) {
        let (writer, batches) = wit_stream::new();
        let (done, result) = wit_future::new(|| Err(wit::Error::Cancelled));
        wit_bindgen::spawn_local(async move {
            let reader = Reader::new(writer);
            let result = match settings::Settings::parse(&settings) {
                Ok(settings) => {
                    let is_gone = || reader.is_gone();
                    let host = Watched { is_gone: Some(&is_gone) };
                    let since = since.as_deref();
                    reader.keeps(directory::sync(&host, &settings, since, &mut &reader)).await
                }
                Err(fields) => Err(error::Error::InvalidSettings(fields)),
            };
            drop(reader);
            let _ = done.write(result.map(Into::into).map_err(Into::into)).await;
        });
        (batches, result)
    }

    async fn read_users(
        settings: String,
        ids: Vec<String>,
    ) -> Result<Vec<wit::UserChange>, wit::Error> {
        let settings = parse(&settings)?;
        let changes = directory::read_users(&UNWATCHED, &settings, &ids).await?;
        Ok(changes.into_iter().map(Into::into).collect())
    }

    async fn read_groups(
        settings: String,
        ids: Vec<String>,
    ) -> Result<Vec<wit::UserChange>, wit::Error> {
        let settings = parse(&settings)?;
        let changes = directory::read_groups(&UNWATCHED, &settings, &ids).await?;
        Ok(changes.into_iter().map(Into::into).collect())
    }

    async fn read_rooms(
        settings: String,
        ids: Vec<String>,
    ) -> Result<Vec<wit::RoomChange>, wit::Error> {
        let settings = parse(&settings)?;
        let changes = rooms::read(&UNWATCHED, &settings, &ids).await?;
        Ok(changes.into_iter().map(Into::into).collect())
    }

    async fn begin_sign_in(
        settings: String,
        redirect_uri: String,
        purpose: wit::Purpose,
    ) -> Result<wit::Redirect, wit::Error> {
        let settings = parse(&settings)?;
        let purpose = match purpose {
            wit::Purpose::SignIn => model::Purpose::SignIn,
            wit::Purpose::Consent => model::Purpose::Consent,
        };
        let model::Redirect { url, flow } =
            sign_in::begin(&UNWATCHED, &settings, &redirect_uri, purpose).await?;
        Ok(wit::Redirect { url, flow })
    }

    async fn handle_callback(
        settings: String,
        callback: wit::Callback,
    ) -> Result<wit::CallbackOutcome, wit::Error> {
        let settings = parse(&settings)?;
        let wit::Callback { redirect_uri, parameters, flow } = callback;
        let callback = model::Callback { redirect_uri, parameters, flow };
        Ok(match sign_in::callback(&UNWATCHED, &settings, &callback).await? {
            model::CallbackOutcome::SignedIn(user) => wit::CallbackOutcome::SignedIn(user.into()),
            model::CallbackOutcome::ConsentGranted => wit::CallbackOutcome::ConsentGranted,
        })
    }

    fn booking_script(
        settings: String,
        rooms: Vec<String>,
        policy: wit::BookingPolicy,
    ) -> Result<wit::Script, wit::Error> {
        let settings = parse(&settings)?;
        let policy = model::BookingPolicy {
            auto_accept: policy.auto_accept,
            window_days: policy.window_days,
            longest_minutes: policy.longest_minutes,
            keep_subject: policy.keep_subject,
        };
        let model::Script { file_name, text } = booking::script(&settings, &rooms, policy)?;
        Ok(wit::Script { file_name, text })
    }
}

fn parse(settings: &str) -> Result<settings::Settings, wit::Error> {
    settings::Settings::parse(settings)
        .map_err(|fields| error::Error::InvalidSettings(fields).into())
}

/// Whoever reads the batches of a sync. Once they went away, nothing more is asked of the vendor.
struct Reader<T: 'static> {
    writer: RefCell<StreamWriter<T>>,
    gone: Cell<bool>,
    /// A batch was handed over, or is being so.
    began: Cell<bool>,
}

impl<T: 'static> Reader<T> {
    fn new(writer: StreamWriter<T>) -> Self {
        Self { writer: RefCell::new(writer), gone: Cell::new(false), began: Cell::new(false) }
    }

    /// Runs a sync for as long as somebody reads it.
    async fn keeps(
        &self,
        sync: impl Future<Output = Result<model::Summary, error::Error>>,
    ) -> Result<model::Summary, error::Error> {
        let gone = poll_fn(|_| if self.gone.get() { Poll::Ready(()) } else { Poll::Pending });
        match select(pin!(sync), pin!(gone)).await {
            Either::Left((result, _)) => result,
            Either::Right(((), _)) => Err(error::Error::Cancelled),
        }
    }

    /// Looks whether the stream was dropped, by a write of nothing that waits for nobody.
    fn is_gone(&self) -> bool {
        // From the first batch on, handing one over says so. With looks in between, the composed
        // component trapped in tests on wasmtime 48; why is not known.
        if !self.began.get()
            && let Ok(mut writer) = self.writer.try_borrow_mut()
        {
            let looked = writer.write(Vec::new()).now_or_never();
            if looked.is_some_and(|(result, _)| result == StreamResult::Dropped) {
                self.gone.set(true);
            }
        }
        self.gone.get()
    }

    #[expect(clippy::await_holding_refcell_ref, reason = "what else borrows it only tries to")]
    async fn take(&self, item: T) -> Result<(), Dropped> {
        self.began.set(true);
        // What comes back is what nobody took.
        self.writer.borrow_mut().write_one(item).await.map_or(Ok(()), |_| Err(Dropped))
    }
}

impl Sink<model::RoomBatch> for &Reader<wit::RoomBatch> {
    async fn put(&mut self, batch: model::RoomBatch) -> Result<(), Dropped> {
        self.take(batch.into()).await
    }
}

impl Sink<model::UserBatch> for &Reader<wit::UserBatch> {
    async fn put(&mut self, batch: model::UserBatch) -> Result<(), Dropped> {
        self.take(batch.into()).await
    }
}

/// How often it is looked whether the reader is still there while something is waited for.
const LOOK: Duration = Duration::from_millis(200);

/// What WASI lends, for as long as somebody waits for what comes of it.
struct Watched<'a> {
    /// Whether the reader of a sync went away; `None` for a call that has one answer. No type
    /// parameter: then the component would hold all that asks the vendor once for each.
    is_gone: Option<&'a dyn Fn() -> bool>,
}

/// For a call that has one answer.
const UNWATCHED: Watched<'static> = Watched { is_gone: None };

impl Watched<'_> {
    async fn waits<R>(&self, work: impl Future<Output = R>) -> R {
        let mut work = pin!(work);
        let Some(is_gone) = self.is_gone else { return work.await };
        loop {
            if is_gone() {
                // `Reader::keeps` ends the sync in the same poll, and with it this work.
                pending::<()>().await;
            }
            let look = pin!(monotonic_clock::wait_for(nanoseconds(LOOK)));
            if let Either::Left((done, _)) = select(work.as_mut(), look).await {
                return done;
            }
        }
    }
}

impl Host for Watched<'_> {
    async fn send(&self, request: host::Request) -> Result<host::Response, TransportError> {
        self.waits(Wasi.send(request)).await
    }

    fn now(&self) -> SystemTime {
        Wasi.now()
    }

    async fn sleep(&self, time: Duration) {
        self.waits(Wasi.sleep(time)).await;
    }

    fn random(&self) -> u64 {
        Wasi.random()
    }
}

/// What WASI lends.
struct Wasi;

impl Host for Wasi {
    async fn send(&self, request: host::Request) -> Result<host::Response, TransportError> {
        let silence = request.silence;
        let request = outgoing(request)?;
        let sent = within(silence, client::send(request)).await?;
        let response = sent.map_err(transport_error)?;
        let status = response.get_status_code();
        let headers = response.get_headers().copy_all();
        let (sender, received) = wit_future::new(|| Ok(()));
        drop(sender);
        let (mut stream, trailers) = http::Response::consume_body(response, received);
        let announced =
            headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
        let announced = announced.and_then(|(_, it)| str::from_utf8(it).ok()?.parse().ok());
        // One byte more than announced, so that the end is seen without growing.
        let mut body = Vec::with_capacity(announced.unwrap_or(0_usize).min(LARGEST_ANSWER) + 1);
        loop {
            if body.capacity() == body.len() {
                body.reserve(64 * 1024);
            }
            let (result, buffer) = within(silence, stream.read(body)).await?;
            body = buffer;
            if body.len() >= LARGEST_ANSWER {
                return Err(TransportError {
                    failure: Failure::TooLarge,
                    detail: format!("{LARGEST_ANSWER} bytes and no end"),
                });
            }
            if let StreamResult::Dropped | StreamResult::Cancelled = result {
                break;
            }
        }
        // Only here it shows that the body broke off in the middle.
        within(silence, trailers).await?.map_err(transport_error)?;
        let headers = headers
            .into_iter()
            .map(|(name, value)| {
                (name.to_ascii_lowercase(), String::from_utf8_lossy(&value).into_owned())
            })
            .collect();
        Ok(host::Response { status, headers, body })
    }

    fn now(&self) -> SystemTime {
        let now = system_clock::now();
        let since = Duration::new(u64::try_from(now.seconds).unwrap_or_default(), now.nanoseconds);
        SystemTime::UNIX_EPOCH.checked_add(since).unwrap_or(SystemTime::UNIX_EPOCH)
    }

    async fn sleep(&self, time: Duration) {
        monotonic_clock::wait_for(nanoseconds(time)).await;
    }

    fn random(&self) -> u64 {
        random::get_random_u64()
    }
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// Hosts have limits of their own, but not all of them, and not the same.
async fn within<T>(
    silence: Duration,
    work: impl IntoFuture<Output = T>,
) -> Result<T, TransportError> {
    let work = std::pin::pin!(work.into_future());
    let end = std::pin::pin!(monotonic_clock::wait_for(nanoseconds(silence)));
    match select(work, end).await {
        Either::Left((done, _)) => Ok(done),
        Either::Right(((), _)) => Err(TransportError {
            failure: Failure::Timeout,
            detail: format!("{} seconds without a byte", silence.as_secs()),
        }),
    }
}

fn outgoing(request: host::Request) -> Result<http::Request, TransportError> {
    let refused = |what: &str| TransportError {
        failure: Failure::Denied,
        detail: format!("the host refuses {what} of {request:?}"),
    };
    let headers = http::Fields::new();
    for (name, value) in &request.headers {
        headers.append(name, value.as_bytes()).map_err(|_| refused("a header"))?;
    }
    let uri = &request.uri;
    let scheme = match uri.scheme_str() {
        Some("http") => http::Scheme::Http,
        _ => http::Scheme::Https,
    };
    let path = uri.path_and_query().map_or("/", |it| it.as_str());
    let authority = uri.authority().map_or("", |it| it.as_str());
    let (no_trailers, trailers) = wit_future::new(|| Ok(None));
    drop(no_trailers);
    let (method, body) = match request.body.clone() {
        None => (http::Method::Get, None),
        Some(bytes) => {
            headers
                .append("content-length", bytes.len().to_string().as_bytes())
                .map_err(|_| refused("the length"))?;
            let (mut writer, reader) = wit_stream::new();
            wit_bindgen::spawn_local(async move {
                // A server can answer without reading all of it.
                let _ = writer.write_all(bytes).await;
            });
            (http::Method::Post, Some(reader))
        }
    };
    let options = http::RequestOptions::new();
    let silence = Some(nanoseconds(request.silence));
    // Hosts need not support any of them: see `within`.
    let _ = options.set_connect_timeout(Some(nanoseconds(request.silence.min(CONNECT))));
    let _ = options.set_first_byte_timeout(silence);
    let _ = options.set_between_bytes_timeout(silence);
    let (outgoing, _sent) = http::Request::new(headers, body, trailers, Some(options));
    outgoing.set_method(&method).map_err(|()| refused("the method"))?;
    outgoing.set_scheme(Some(&scheme)).map_err(|()| refused("the scheme"))?;
    outgoing.set_authority(Some(authority)).map_err(|()| refused("the server"))?;
    outgoing.set_path_with_query(Some(path)).map_err(|()| refused("the path"))?;
    Ok(outgoing)
}

fn transport_error(code: ErrorCode) -> TransportError {
    let failure = match &code {
        ErrorCode::DnsTimeout | ErrorCode::DnsError(_) | ErrorCode::DestinationNotFound => {
            Failure::Dns
        }
        ErrorCode::TlsProtocolError
        | ErrorCode::TlsCertificateError
        | ErrorCode::TlsAlertReceived(_) => Failure::Tls,
        ErrorCode::ConnectionTimeout
        | ErrorCode::ConnectionReadTimeout
        | ErrorCode::ConnectionWriteTimeout
        | ErrorCode::HttpResponseTimeout => Failure::Timeout,
        ErrorCode::HttpRequestDenied
        | ErrorCode::DestinationIpProhibited
        | ErrorCode::DestinationIpUnroutable => Failure::Denied,
        ErrorCode::HttpResponseBodySize(_)
        | ErrorCode::HttpResponseHeaderSectionSize(_)
        | ErrorCode::HttpResponseHeaderSize(_) => Failure::TooLarge,
        ErrorCode::DestinationUnavailable
        | ErrorCode::ConnectionRefused
        | ErrorCode::ConnectionTerminated
        | ErrorCode::ConnectionLimitReached => Failure::Connection,
        // Spin's word for a component that may not ask anybody.
        ErrorCode::InternalError(Some(text)) if text.contains("not permitted") => Failure::Denied,
        _ => Failure::Protocol,
    };
    TransportError { failure, detail: code.to_string() }
}

impl From<error::Error> for wit::Error {
    fn from(it: error::Error) -> Self {
        match it {
            error::Error::InvalidSettings(fields) => {
                Self::InvalidSettings(fields.into_iter().map(Into::into).collect())
            }
            error::Error::Unauthorized(it) => Self::Unauthorized(it.into()),
            error::Error::PermissionMissing(it) => Self::PermissionMissing(it.into()),
            error::Error::Throttled(seconds) => Self::Throttled(seconds),
            error::Error::Unavailable(it) => Self::Unavailable(it.into()),
            error::Error::Unexpected(it) => Self::Unexpected(it.into()),
            error::Error::Rejected(it) => Self::Rejected(it.into()),
            error::Error::Declined(it) => Self::Declined(it.into()),
            error::Error::Unsupported(it) => Self::Unsupported(it.into()),
            error::Error::Cancelled => Self::Cancelled,
        }
    }
}

impl From<error::FieldError> for wit::FieldError {
    fn from(error::FieldError { field, message }: error::FieldError) -> Self {
        Self { field, message }
    }
}

impl From<error::Explanation> for wit::Explanation {
    fn from(it: error::Explanation) -> Self {
        let error::Explanation { code, summary, remedy, detail } = it;
        Self { code, summary, remedy, detail }
    }
}

impl From<model::Check> for wit::Check {
    fn from(it: model::Check) -> Self {
        Self {
            id: it.id.to_owned(),
            outcome: match it.outcome {
                model::Outcome::Passed => wit::Outcome::Passed,
                model::Outcome::Warned => wit::Outcome::Warned,
                model::Outcome::Failed => wit::Outcome::Failed,
                model::Outcome::Skipped => wit::Outcome::Skipped,
            },
            summary: it.summary,
            remedy: it.remedy,
            detail: it.detail,
            fields: it.fields.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<model::Choice> for wit::Choice {
    fn from(model::Choice { value, label, hint }: model::Choice) -> Self {
        Self { value, label, hint }
    }
}

impl From<model::Room> for wit::Room {
    fn from(it: model::Room) -> Self {
        Self {
            id: it.id,
            email: it.email,
            name: it.name,
            nickname: it.nickname,
            capacity: it.capacity,
            building: it.building,
            floor_number: it.floor_number,
            floor_label: it.floor_label,
            label: it.label,
            phone: it.phone,
            address: it.address.map(|it| wit::Address {
                street: it.street,
                city: it.city,
                state: it.state,
                postal_code: it.postal_code,
                country: it.country,
            }),
            position: it
                .position
                .map(|it| wit::Coordinates { latitude: it.latitude, longitude: it.longitude }),
            wheelchair_accessible: it.wheelchair_accessible,
            audio_device: it.audio_device,
            video_device: it.video_device,
            display_device: it.display_device,
            booking_type: it.booking_type,
            tags: it.tags,
            lists: it.lists,
            unknown: it.unknown.into(),
        }
    }
}

impl From<model::RoomFields> for wit::RoomFields {
    fn from(it: model::RoomFields) -> Self {
        let mut fields = Self::empty();
        fields.set(Self::BUILDING, it.building);
        fields.set(Self::FLOOR_LABEL, it.floor_label);
        fields.set(Self::ADDRESS, it.address);
        fields.set(Self::POSITION, it.position);
        fields.set(Self::LISTS, it.lists);
        fields
    }
}

impl From<model::RoomChange> for wit::RoomChange {
    fn from(it: model::RoomChange) -> Self {
        match it {
            model::RoomChange::Room(room) => Self::Room(room.into()),
            model::RoomChange::Missing(id, removal) => Self::RoomMissing((id, removal.into())),
            model::RoomChange::Unreadable(it) => Self::RoomUnreadable(it.into()),
        }
    }
}

impl From<model::Unreadable> for wit::Unreadable {
    fn from(model::Unreadable { id, reason }: model::Unreadable) -> Self {
        // It can cite a value of whatever length; a host takes 4 KiB.
        Self { id, reason: reason.chars().take(1_000).collect() }
    }
}

impl From<model::RoomBatch> for wit::RoomBatch {
    fn from(it: model::RoomBatch) -> Self {
        Self {
            rooms: it.rooms.into_iter().map(Into::into).collect(),
            unreadable: it.unreadable.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<model::User> for wit::User {
    fn from(it: model::User) -> Self {
        Self {
            id: it.id,
            username: it.username,
            display_name: it.display_name,
            email: it.email,
            given_name: it.given_name,
            surname: it.surname,
            job_title: it.job_title,
            department: it.department,
            office: it.office,
            mobile_phone: it.mobile_phone,
            business_phone: it.business_phone,
            language: it.language,
            card_number: it.card_number,
            enabled: it.enabled,
            guest: it.guest,
            unknown: it.unknown.into(),
        }
    }
}

impl From<model::UserFields> for wit::UserFields {
    fn from(it: model::UserFields) -> Self {
        let mut fields = Self::empty();
        fields.set(Self::CARD_NUMBER, it.card_number);
        fields
    }
}

impl From<model::Group> for wit::Group {
    fn from(model::Group { id, name, description, email }: model::Group) -> Self {
        Self { id, name, description, email }
    }
}

impl From<model::Membership> for wit::Membership {
    fn from(model::Membership { group, member }: model::Membership) -> Self {
        Self { group, member }
    }
}

impl From<model::Removal> for wit::Removal {
    fn from(it: model::Removal) -> Self {
        match it {
            model::Removal::Soft => Self::Soft,
            model::Removal::Permanent => Self::Permanent,
            model::Removal::OutOfScope => Self::OutOfScope,
        }
    }
}

impl From<model::UserChange> for wit::UserChange {
    fn from(it: model::UserChange) -> Self {
        match it {
            model::UserChange::User(user) => Self::User(user.into()),
            model::UserChange::IfKnown(user) => Self::UserIfKnown(user.into()),
            model::UserChange::Removed(id, removal) => Self::UserRemoved((id, removal.into())),
            model::UserChange::Missing(id, removal) => Self::UserMissing((id, removal.into())),
            model::UserChange::Unreadable(it) => Self::UserUnreadable(it.into()),
            model::UserChange::Group(group) => Self::Group(group.into()),
            model::UserChange::GroupRemoved(id, removal) => {
                Self::GroupRemoved((id, removal.into()))
            }
            model::UserChange::GroupMissing(id) => Self::GroupMissing(id),
            model::UserChange::GroupUnreadable(it) => Self::GroupUnreadable(it.into()),
            model::UserChange::MemberAdded(it) => Self::MemberAdded(it.into()),
            model::UserChange::MemberRemoved(it) => Self::MemberRemoved(it.into()),
        }
    }
}

impl From<model::UserBatch> for wit::UserBatch {
    fn from(it: model::UserBatch) -> Self {
        let mode = match it.mode {
            model::Mode::Incremental => wit::Mode::Incremental,
            model::Mode::Full { first, last } => {
                let mut part = wit::Part::empty();
                part.set(wit::Part::FIRST, first);
                part.set(wit::Part::LAST, last);
                wit::Mode::Full(part)
            }
        };
        let subject = match it.subject {
            model::Subject::People => wit::Subject::People,
            model::Subject::Groups => wit::Subject::Groups,
        };
        Self {
            subject,
            mode,
            changes: it.changes.into_iter().map(Into::into).collect(),
            checkpoint: it.checkpoint,
            total: it.total,
        }
    }
}

impl From<model::Summary> for wit::Summary {
    fn from(it: model::Summary) -> Self {
        Self {
            requests: it.requests,
            throttled: it.throttled,
            retried: it.retried,
            warnings: it.warnings,
            unreadable: it.unreadable,
            complete: it.complete,
            owed: it.owed.map(|it| wit::Owed { count: it.count, since: it.since }),
        }
    }
}
