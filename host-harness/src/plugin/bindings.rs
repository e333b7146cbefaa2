//! The generated types of the interface, and nothing but turning them into
//! [`crate::model`]. No other file names a generated record.

use crate::model;

wasmtime::component::bindgen!({
    path: "../wit",
    world: "plugin",
    imports: { default: async | store | trappable },
    exports: { default: async | store },
    with: {
        "wasi:clocks": wasmtime_wasi::p3::bindings::clocks,
        "wasi:random": wasmtime_wasi::p3::bindings::random,
        "wasi:http": wasmtime_wasi_http::p3::bindings::http,
    },
});

pub(super) use exports::ones::integration::integration as wit;

/// The export that makes a component a plugin.
pub(super) const EXPORT: &str = "ones:integration/integration@0.1.0";

impl From<wit::Permission> for model::Permission {
    fn from(wit::Permission { name, id, reason }: wit::Permission) -> Self {
        Self { name, id, reason }
    }
}

impl From<wit::FieldError> for model::FieldError {
    fn from(wit::FieldError { field, message }: wit::FieldError) -> Self {
        Self { field, message }
    }
}

impl From<wit::Report> for model::Report {
    fn from(it: wit::Report) -> Self {
        Self { checks: all(it.checks) }
    }
}

impl From<wit::Check> for model::Check {
    fn from(it: wit::Check) -> Self {
        Self {
            id: it.id,
            outcome: match it.outcome {
                wit::Outcome::Passed => model::Outcome::Passed,
                wit::Outcome::Warned => model::Outcome::Warned,
                wit::Outcome::Failed => model::Outcome::Failed,
                wit::Outcome::Skipped => model::Outcome::Skipped,
            },
            summary: it.summary,
            remedy: it.remedy,
            detail: it.detail,
            fields: all(it.fields),
        }
    }
}

impl From<wit::Choice> for model::Choice {
    fn from(wit::Choice { value, label, hint }: wit::Choice) -> Self {
        Self { value, label, hint }
    }
}

impl From<wit::Room> for model::Room {
    fn from(it: wit::Room) -> Self {
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
            address: it.address.map(|it| model::Address {
                street: it.street,
                city: it.city,
                state: it.state,
                postal_code: it.postal_code,
                country: it.country,
            }),
            position: it
                .position
                .map(|it| model::Coordinates { latitude: it.latitude, longitude: it.longitude }),
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

impl From<wit::RoomFields> for model::RoomFields {
    fn from(it: wit::RoomFields) -> Self {
        Self {
            building: it.contains(wit::RoomFields::BUILDING),
            floor_label: it.contains(wit::RoomFields::FLOOR_LABEL),
            address: it.contains(wit::RoomFields::ADDRESS),
            position: it.contains(wit::RoomFields::POSITION),
            lists: it.contains(wit::RoomFields::LISTS),
        }
    }
}

impl From<wit::RoomChange> for model::RoomChange {
    fn from(it: wit::RoomChange) -> Self {
        match it {
            wit::RoomChange::Room(it) => Self::Room(it.into()),
            wit::RoomChange::RoomMissing((id, removal)) => Self::Missing(id, removal.into()),
            wit::RoomChange::RoomUnreadable(it) => Self::Unreadable(it.into()),
        }
    }
}

impl From<wit::Unreadable> for model::Unreadable {
    fn from(wit::Unreadable { id, reason }: wit::Unreadable) -> Self {
        Self { id, reason }
    }
}

impl From<wit::RoomBatch> for model::RoomBatch {
    fn from(it: wit::RoomBatch) -> Self {
        Self { rooms: all(it.rooms), unreadable: all(it.unreadable) }
    }
}

impl From<wit::User> for model::User {
    fn from(it: wit::User) -> Self {
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
            unknown: model::UserFields {
                card_number: it.unknown.contains(wit::UserFields::CARD_NUMBER),
            },
        }
    }
}

impl From<wit::Removal> for model::Removal {
    fn from(it: wit::Removal) -> Self {
        match it {
            wit::Removal::Soft => Self::Soft,
            wit::Removal::Permanent => Self::Permanent,
            wit::Removal::OutOfScope => Self::OutOfScope,
        }
    }
}

impl From<wit::Group> for model::Group {
    fn from(wit::Group { id, name, description, email }: wit::Group) -> Self {
        Self { id, name, description, email }
    }
}

impl From<wit::Membership> for model::Membership {
    fn from(wit::Membership { group, member }: wit::Membership) -> Self {
        Self { group, member }
    }
}

impl From<wit::UserChange> for model::UserChange {
    fn from(it: wit::UserChange) -> Self {
        match it {
            wit::UserChange::User(it) => Self::User(it.into()),
            wit::UserChange::UserIfKnown(it) => Self::UserIfKnown(it.into()),
            wit::UserChange::UserRemoved((id, removal)) => Self::UserRemoved(id, removal.into()),
            wit::UserChange::UserMissing((id, removal)) => Self::UserMissing(id, removal.into()),
            wit::UserChange::UserUnreadable(it) => Self::UserUnreadable(it.into()),
            wit::UserChange::Group(it) => Self::Group(it.into()),
            wit::UserChange::GroupRemoved((id, removal)) => Self::GroupRemoved(id, removal.into()),
            wit::UserChange::GroupMissing(id) => Self::GroupMissing(id),
            wit::UserChange::GroupUnreadable(it) => Self::GroupUnreadable(it.into()),
            wit::UserChange::MemberAdded(it) => Self::MemberAdded(it.into()),
            wit::UserChange::MemberRemoved(it) => Self::MemberRemoved(it.into()),
        }
    }
}

impl From<wit::UserBatch> for model::UserBatch {
    fn from(it: wit::UserBatch) -> Self {
        let mode = match it.mode {
            wit::Mode::Incremental => model::Mode::Incremental,
            wit::Mode::Full(part) => model::Mode::Full {
                first: part.contains(wit::Part::FIRST),
                last: part.contains(wit::Part::LAST),
            },
        };
        Self {
            subject: match it.subject {
                wit::Subject::People => model::Subject::People,
                wit::Subject::Groups => model::Subject::Groups,
            },
            mode,
            changes: all(it.changes),
            checkpoint: it.checkpoint,
            total: it.total,
        }
    }
}

impl From<wit::Summary> for model::Summary {
    fn from(it: wit::Summary) -> Self {
        Self {
            requests: it.requests,
            throttled: it.throttled,
            retried: it.retried,
            warnings: it.warnings,
            unreadable: it.unreadable,
            complete: it.complete,
            owed: it.owed.map(|it| model::Owed { count: it.count, since: it.since }),
        }
    }
}

impl From<model::BookingPolicy> for wit::BookingPolicy {
    fn from(it: model::BookingPolicy) -> Self {
        let model::BookingPolicy { auto_accept, window_days, longest_minutes, keep_subject } = it;
        Self { auto_accept, window_days, longest_minutes, keep_subject }
    }
}

impl From<wit::Script> for model::Script {
    fn from(wit::Script { file_name, text }: wit::Script) -> Self {
        Self { file_name, text }
    }
}

impl From<model::Purpose> for wit::Purpose {
    fn from(it: model::Purpose) -> Self {
        match it {
            model::Purpose::SignIn => Self::SignIn,
            model::Purpose::Consent => Self::Consent,
        }
    }
}

impl From<wit::Redirect> for model::Redirect {
    fn from(wit::Redirect { url, flow }: wit::Redirect) -> Self {
        Self { url, flow: model::Flow(flow) }
    }
}

impl From<model::Callback> for wit::Callback {
    fn from(it: model::Callback) -> Self {
        let model::Callback { redirect_uri, parameters, flow } = it;
        Self { redirect_uri, parameters, flow: flow.map(|it| it.0) }
    }
}

impl From<wit::CallbackOutcome> for model::CallbackOutcome {
    fn from(it: wit::CallbackOutcome) -> Self {
        match it {
            wit::CallbackOutcome::SignedIn(user) => Self::SignedIn(user.into()),
            wit::CallbackOutcome::ConsentGranted => Self::ConsentGranted,
        }
    }
}

impl From<wit::Error> for model::Refusal {
    fn from(it: wit::Error) -> Self {
        match it {
            wit::Error::InvalidSettings(fields) => Self::InvalidSettings(all(fields)),
            wit::Error::Unauthorized(it) => Self::Unauthorized(it.into()),
            wit::Error::PermissionMissing(it) => Self::PermissionMissing(it.into()),
            wit::Error::Throttled(seconds) => Self::Throttled(seconds),
            wit::Error::Unavailable(it) => Self::Unavailable(it.into()),
            wit::Error::Unexpected(it) => Self::Unexpected(it.into()),
            wit::Error::Rejected(it) => Self::Rejected(it.into()),
            wit::Error::Declined(it) => Self::Declined(it.into()),
            wit::Error::Unsupported(it) => Self::Unsupported(it.into()),
            wit::Error::Cancelled => Self::Cancelled,
            wit::Error::Other(it) => Self::Other(it.into()),
        }
    }
}

impl From<wit::Explanation> for model::Explanation {
    fn from(it: wit::Explanation) -> Self {
        let wit::Explanation { code, summary, remedy, detail } = it;
        Self { code, summary, remedy, detail }
    }
}

/// Each of a list.
pub(super) fn all<T, U: From<T>>(items: Vec<T>) -> Vec<U> {
    items.into_iter().map(U::from).collect()
}
