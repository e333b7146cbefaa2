//! Records of the interface as JSON, spelled as `ones-host` spells them.

use serde_json::{Value, json};

use super::wit;
use crate::plugin::Batch;

pub(super) fn manifest(it: wit::Manifest) -> Value {
    let permission =
        |it: wit::Permission| json!({ "name": it.name, "id": it.id, "reason": it.reason });
    // Should it ever be no JSON, it is shown as the text that it is.
    let schema =
        serde_json::from_str(&it.settings_schema).unwrap_or(Value::from(it.settings_schema));
    json!({
        "name": it.name,
        "version": it.version,
        "settingsSchema": schema,
        "permissions": it.permissions.into_iter().map(permission).collect::<Value>(),
    })
}

pub(super) fn report(it: wit::Report) -> Value {
    json!({ "checks": it.checks.into_iter().map(check).collect::<Value>() })
}

fn check(it: wit::Check) -> Value {
    let outcome = match it.outcome {
        wit::Outcome::Passed => "passed",
        wit::Outcome::Warned => "warned",
        wit::Outcome::Failed => "failed",
        wit::Outcome::Skipped => "skipped",
    };
    let field = |it: wit::FieldError| json!({ "field": it.field, "message": it.message });
    json!({
        "id": it.id,
        "outcome": outcome,
        "summary": it.summary,
        "remedy": it.remedy,
        "detail": it.detail,
        "fields": it.fields.into_iter().map(field).collect::<Value>(),
    })
}

pub(super) fn room_batch(it: wit::RoomBatch) -> Batch {
    let rooms = it.rooms.into_iter().map(|it| json!({ "room": room(it) }));
    let unreadable = it.unreadable.into_iter().map(|it| json!({ "unreadable": unreadable(it) }));
    Batch {
        head: json!({ "subject": "rooms" }),
        lines: rooms.chain(unreadable).collect(),
        checkpoint: None,
    }
}

fn room(it: wit::Room) -> Value {
    let address = it.address.map(|it| {
        json!({
            "street": it.street,
            "city": it.city,
            "state": it.state,
            "postalCode": it.postal_code,
            "country": it.country,
        })
    });
    let position =
        it.position.map(|it| json!({ "latitude": it.latitude, "longitude": it.longitude }));
    json!({
        "id": it.id,
        "email": it.email,
        "name": it.name,
        "nickname": it.nickname,
        "capacity": it.capacity,
        "building": it.building,
        "floorNumber": it.floor_number,
        "floorLabel": it.floor_label,
        "label": it.label,
        "phone": it.phone,
        "address": address,
        "position": position,
        "wheelchairAccessible": it.wheelchair_accessible,
        "audioDevice": it.audio_device,
        "videoDevice": it.video_device,
        "displayDevice": it.display_device,
        "bookingType": it.booking_type,
        "tags": it.tags,
        "lists": it.lists,
        "unknown": room_fields(it.unknown),
    })
}

/// Names of the fields, as the record calls them.
fn room_fields(fields: wit::RoomFields) -> Value {
    let names = [
        (wit::RoomFields::BUILDING, "building"),
        (wit::RoomFields::FLOOR_LABEL, "floorLabel"),
        (wit::RoomFields::ADDRESS, "address"),
        (wit::RoomFields::POSITION, "position"),
        (wit::RoomFields::LISTS, "lists"),
    ];
    names.iter().filter(|(flag, _)| fields.contains(*flag)).map(|(_, name)| *name).collect()
}

pub(super) fn user_batch(it: wit::UserBatch) -> Batch {
    let subject = match it.subject {
        wit::Subject::People => "people",
        wit::Subject::Groups => "groups",
    };
    let head = match it.mode {
        wit::Mode::Incremental => {
            json!({ "subject": subject, "mode": "incremental", "total": it.total })
        }
        wit::Mode::Full(part) => json!({
            "subject": subject,
            "mode": "full",
            "first": part.contains(wit::Part::FIRST),
            "last": part.contains(wit::Part::LAST),
            "total": it.total,
        }),
    };
    let lines = it.changes.into_iter().map(change).collect();
    Batch { head, lines, checkpoint: Some(it.checkpoint) }
}

fn change(it: wit::UserChange) -> Value {
    match it {
        wit::UserChange::User(it) => json!({ "user": user(it) }),
        wit::UserChange::UserIfKnown(it) => json!({ "userIfKnown": user(it) }),
        wit::UserChange::UserMissing(it) => json!({ "userMissing": removed(it) }),
        wit::UserChange::UserRemoved(it) => json!({ "userRemoved": removed(it) }),
        wit::UserChange::UserUnreadable(it) => json!({ "userUnreadable": unreadable(it) }),
        wit::UserChange::Group(it) => json!({ "group": group(it) }),
        wit::UserChange::GroupRemoved(it) => json!({ "groupRemoved": removed(it) }),
        wit::UserChange::GroupMissing(id) => json!({ "groupMissing": { "id": id } }),
        wit::UserChange::GroupUnreadable(it) => json!({ "groupUnreadable": unreadable(it) }),
        wit::UserChange::MemberAdded(it) => json!({ "memberAdded": membership(it) }),
        wit::UserChange::MemberRemoved(it) => json!({ "memberRemoved": membership(it) }),
    }
}

pub(super) fn user(it: wit::User) -> Value {
    json!({
        "id": it.id,
        "username": it.username,
        "displayName": it.display_name,
        "email": it.email,
        "givenName": it.given_name,
        "surname": it.surname,
        "jobTitle": it.job_title,
        "department": it.department,
        "office": it.office,
        "mobilePhone": it.mobile_phone,
        "businessPhone": it.business_phone,
        "language": it.language,
        "cardNumber": it.card_number,
        "enabled": it.enabled,
        "guest": it.guest,
        "unknown": user_fields(it.unknown),
    })
}

/// Names of the fields, as the record calls them.
fn user_fields(fields: wit::UserFields) -> Value {
    let names = [(wit::UserFields::CARD_NUMBER, "cardNumber")];
    names.iter().filter(|(flag, _)| fields.contains(*flag)).map(|(_, name)| *name).collect()
}

fn group(it: wit::Group) -> Value {
    json!({ "id": it.id, "name": it.name, "description": it.description, "email": it.email })
}

fn membership(it: wit::Membership) -> Value {
    json!({ "group": it.group, "member": it.member })
}

fn removed((id, removal): (String, wit::Removal)) -> Value {
    let removal = match removal {
        wit::Removal::Soft => "soft",
        wit::Removal::Permanent => "permanent",
        wit::Removal::OutOfScope => "out-of-scope",
    };
    json!({ "id": id, "removal": removal })
}

fn unreadable(it: wit::Unreadable) -> Value {
    json!({ "id": it.id, "reason": it.reason })
}

pub(super) fn summary(it: wit::Summary) -> Value {
    json!({
        "requests": it.requests,
        "throttled": it.throttled,
        "retried": it.retried,
        "warnings": it.warnings,
        "unreadable": it.unreadable,
        "complete": it.complete,
        "owed": it.owed.map(|it| json!({ "count": it.count, "since": it.since })),
    })
}
