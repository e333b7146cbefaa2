//! Checks the settings. Finds every wrong field, not just the first one.

use std::{collections::BTreeSet, ops::RangeInclusive};

use http::Uri;
use serde::Deserialize;
use serde_json::Value;

use super::{
    Bookings, CardNumber, Certificate, Credential, Day, LOGIN_BUTTON, RoomSelection, Server,
    Settings, Users,
    entry::Entry,
    form::{
        All, BookingsForm, CalendarForm, CloudForm, CloudName, CustomCloud, Form, SelectForm,
        TitlesForm,
    },
    pointer,
};
use crate::{
    cloud::Cloud,
    error::FieldError,
    model::BookingCalendar,
    origin::Origin,
    secret::Secret,
    zones::{Zone, windows_to_iana},
};

/// Number of days ahead for which bookings are read, where the settings do not say.
const DAYS: u16 = 180;

/// Numbers of days that can be entered.
const ALLOWED_DAYS: RangeInclusive<u16> = 1..=365;

/// The fields of each object in the settings.
const KNOWN: [(&str, &[&str]); 5] = [
    ("", &["server", "rooms", "users"]),
    (
        pointer::SERVER,
        &[
            "name",
            "cloud",
            "tenantId",
            "clientId",
            "clientSecret",
            "clientCertificate",
            "secretExpires",
        ],
    ),
    (pointer::CLOUD, &["authority", "graph"]),
    (
        pointer::ROOMS,
        &["select", "bookings", "bookingDays", "bookingTitles", "bookingCalendar", "timeZone"],
    ),
    (
        pointer::USERS,
        &[
            "defaultGroups",
            "cardNumber",
            "loginButton",
            "includeGuests",
            "includeDisabled",
            "onlyGroups",
        ],
    ),
];

pub(super) fn check(settings: &Value) -> Result<Settings, Vec<FieldError>> {
    let mut fields = Fields::default();
    // serde would accept a list as the fields of an object, in their order.
    let mut settings = settings.clone();
    for (object, _) in KNOWN {
        if let Some(list @ Value::Array(_)) = settings.pointer_mut(object) {
            fields.wrong(object, "This must be an object, not a list");
            *list = Value::Null;
        }
    }
    for (object, known) in KNOWN {
        fields.refuse_unknown(object, settings.pointer(object), known);
    }
    let Ok(form) = Form::deserialize(settings) else {
        fields.wrong("", "The settings must be an object with server, rooms and users");
        return Err(fields.wrong);
    };
    let server = match form.server {
        Entry::Absent => {
            fields.wrong(pointer::SERVER, "The server settings are missing");
            None
        }
        entry => fields.object(pointer::SERVER, entry).and_then(|form| server(&mut fields, form)),
    };
    let rooms = fields.object(pointer::ROOMS, form.rooms).and_then(|form| {
        let bookings = bookings(&mut fields, &form);
        Some((rooms(&mut fields, form.select)?, bookings?))
    });
    let users = fields.object(pointer::USERS, form.users).and_then(|form| users(&mut fields, form));
    match (server, rooms, users) {
        (Some(server), Some((rooms, bookings)), Some(users)) if fields.wrong.is_empty() => {
            Ok(Settings { server, rooms, bookings, users })
        }
        _ => Err(fields.wrong),
    }
}

fn server(fields: &mut Fields, form: super::form::Server) -> Option<Server> {
    let name = fields.name(pointer::NAME, form.name, "The integration needs a name");
    let cloud = cloud(fields, form.cloud);
    let tenant_id = fields
        .text(pointer::TENANT_ID, form.tenant_id, "The tenant ID is missing")
        .and_then(|id| {
            fields.ensure(
                id,
                pointer::TENANT_ID,
                is_tenant,
                "This is neither a GUID (Overview → Directory (tenant) ID) nor a domain of the \
                        tenant",
            )
        });
    let client_id = fields
        .text(pointer::CLIENT_ID, form.client_id, "The client ID is missing")
        .and_then(|id| {
            fields.ensure(
                id,
                pointer::CLIENT_ID,
                is_guid,
                "This is not a GUID: copy Overview → Application (client) ID",
            )
        });
    let credential = credential(fields, form.client_secret, form.client_certificate);
    let secret_expires = match form.secret_expires {
        Entry::Absent => Some(None),
        entry => fields.given(pointer::SECRET_EXPIRES, entry).and_then(|text| {
            let day = humantime::parse_rfc3339(&format!("{text}T00:00:00Z")).ok();
            if day.is_none() {
                fields.wrong(pointer::SECRET_EXPIRES, "This is not a date such as 2027-05-01");
            }
            day.map(|day| Some(Day { text, day }))
        }),
    };
    Some(Server {
        name: name?,
        cloud: cloud?,
        tenant_id: tenant_id?.to_ascii_lowercase(),
        client_id: client_id?.to_ascii_lowercase(),
        credential: credential?,
        secret_expires: secret_expires?,
    })
}

/// Reads the credential. Where both are present, the certificate is used, so that the secret can be
/// removed later.
fn credential(
    fields: &mut Fields,
    secret: Entry<String>,
    certificate: Entry<String>,
) -> Option<Credential> {
    let secret = fields.optional_text(pointer::CLIENT_SECRET, secret);
    let certificate = fields.optional_text(pointer::CLIENT_CERTIFICATE, certificate);
    match (secret?, certificate?) {
        (_, Some(text)) => match Certificate::read(&text) {
            Ok(it) => Some(Credential::Certificate(Box::new(it))),
            Err(problem) => {
                fields.wrong(pointer::CLIENT_CERTIFICATE, problem);
                None
            }
        },
        (Some(secret), None) => Some(Credential::Secret(Secret::new(secret))),
        (None, None) => {
            fields.wrong(pointer::CLIENT_SECRET, "Enter a client secret or a client certificate");
            None
        }
    }
}

fn cloud(fields: &mut Fields, entry: Entry<CloudForm>) -> Option<Cloud> {
    match entry {
        Entry::Absent => Some(Cloud::Global),
        Entry::Given(CloudForm::Named(name)) => Some(match name {
            CloudName::Global => Cloud::Global,
            CloudName::UsGovernmentL4 => Cloud::UsGovernmentL4,
            CloudName::UsGovernmentL5 => Cloud::UsGovernmentL5,
            CloudName::China21Vianet => Cloud::China21Vianet,
        }),
        Entry::Given(CloudForm::Custom(CustomCloud { authority, graph })) => {
            let authority = origin(fields, pointer::CLOUD_AUTHORITY, authority);
            let graph = origin(fields, pointer::CLOUD_GRAPH, graph);
            Some(Cloud::Custom { authority: authority?, graph: graph? })
        }
        Entry::Wrong(_) => {
            let names = Cloud::NAMED.map(|(name, _)| name).join(", ");
            fields.wrong(
                pointer::CLOUD,
                format!("This must be one of {names}, or an object with authority and graph"),
            );
            None
        }
    }
}

fn origin(fields: &mut Fields, field: &str, entry: Entry<String>) -> Option<Origin> {
    let text = fields.text(field, entry, "The address is missing")?;
    let uri = text.parse::<Uri>().ok();
    let bare =
        |uri: &Uri| matches!(uri.path_and_query().map(|path| path.as_str()), None | Some("/"));
    let problem = match uri.as_ref().and_then(Origin::of) {
        None => "This is not an address such as https://graph.microsoft.com",
        Some(_) if !uri.is_some_and(|uri| bare(&uri)) => "Enter only scheme, host and port",
        Some(origin) if !origin.is_https_or_loopback() => {
            "Addresses of other machines must start with https://"
        }
        Some(origin) => return Some(origin),
    };
    fields.wrong(field, problem);
    None
}

fn rooms(fields: &mut Fields, entry: Entry<SelectForm>) -> Option<RoomSelection> {
    match entry {
        Entry::Absent | Entry::Given(SelectForm::All(All::All)) => Some(RoomSelection::All),
        Entry::Given(SelectForm::Chosen(chosen)) => {
            if chosen.is_empty() {
                fields.wrong(pointer::ROOM_SELECTION, "Choose at least one room, or all rooms");
            }
            for (index, room) in chosen.iter().enumerate() {
                if room.trim().is_empty() {
                    fields.wrong(
                        &pointer::item(pointer::ROOM_SELECTION, index),
                        "This must be the id or e-mail address of a room",
                    );
                }
            }
            Some(RoomSelection::Chosen(chosen.iter().map(|room| room.trim().to_owned()).collect()))
        }
        Entry::Wrong(_) => {
            fields.wrong(
                pointer::ROOM_SELECTION,
                "This must be \"all\" or a list of room ids or e-mail addresses",
            );
            None
        }
    }
}

fn bookings(fields: &mut Fields, form: &super::form::Rooms) -> Option<Bookings> {
    let is_on = match form.bookings {
        Entry::Absent => Some(false),
        Entry::Given(bookings) => Some(bookings == BookingsForm::On),
        Entry::Wrong(_) => {
            fields.wrong(pointer::BOOKINGS, "This must be \"on\" or \"off\"");
            None
        }
    };
    let days = match form.booking_days {
        Entry::Absent => Some(DAYS),
        Entry::Given(days) => u16::try_from(days).ok().filter(|days| ALLOWED_DAYS.contains(days)),
        Entry::Wrong(_) => None,
    };
    if days.is_none() {
        let (least, most) = (ALLOWED_DAYS.start(), ALLOWED_DAYS.end());
        let message = format!("This must be a number of days from {least} to {most}");
        fields.wrong(pointer::BOOKING_DAYS, message);
    }
    if let Entry::Wrong(_) = form.booking_titles {
        fields.wrong(pointer::BOOKING_TITLES, "This must be \"hidden\" or \"shown\"");
    }
    let titles_are_shown = matches!(form.booking_titles, Entry::Given(TitlesForm::Shown));
    let calendar = match form.booking_calendar {
        Entry::Absent | Entry::Given(CalendarForm::Organizer) => Some(BookingCalendar::Organizer),
        Entry::Given(CalendarForm::Room) => Some(BookingCalendar::Room),
        Entry::Wrong(_) => {
            fields.wrong(pointer::BOOKING_CALENDAR, "This must be \"organizer\" or \"room\"");
            None
        }
    };
    let time_zone = match &form.time_zone {
        Entry::Absent => Some(None),
        Entry::Given(name) if name.trim().is_empty() => Some(None),
        Entry::Given(name) => Zone::iana(name.trim()).map(|zone| Some(zone.name().to_owned())),
        Entry::Wrong(_) => None,
    };
    if time_zone.is_none() {
        let windows = match &form.time_zone {
            Entry::Given(name) => windows_to_iana(name.trim()),
            _ => None,
        };
        let message = match windows {
            Some(iana) => format!("This is the Windows name of the time zone: enter {iana}"),
            None => "This is not the IANA name of a time zone, such as Europe/Berlin".to_owned(),
        };
        fields.wrong(pointer::TIME_ZONE, message);
    }
    Some(Bookings {
        is_on: is_on?,
        days: days?,
        titles_are_shown,
        calendar: calendar?,
        time_zone: time_zone?,
    })
}

fn users(fields: &mut Fields, form: super::form::Users) -> Option<Users> {
    let only_groups =
        fields.optional(pointer::ONLY_GROUPS, form.only_groups, "a list of group ids");
    let mut seen = BTreeSet::new();
    for (index, group) in only_groups.iter().flatten().flatten().enumerate() {
        let problem = if !is_guid(group.trim()) {
            "This is not the object ID of a group, a GUID: choose the group from the list"
        } else if !seen.insert(group.trim().to_ascii_lowercase()) {
            "This group is in the list already"
        } else {
            continue;
        };
        fields.wrong(&pointer::item(pointer::ONLY_GROUPS, index), problem);
    }
    let default_groups =
        fields.optional(pointer::DEFAULT_GROUPS, form.default_groups, "a list of names");
    for (index, group) in default_groups.iter().flatten().flatten().enumerate() {
        if group.trim().is_empty() {
            fields.wrong(&pointer::item(pointer::DEFAULT_GROUPS, index), "A group needs a name");
        }
    }
    let card_number = match form.card_number {
        Entry::Absent => Some(None),
        entry => {
            fields.given(pointer::CARD_NUMBER, entry).and_then(|name| match card_number(&name) {
                Ok(card_number) => Some(Some(card_number)),
                Err(problem) => {
                    fields.wrong(pointer::CARD_NUMBER, problem);
                    None
                }
            })
        }
    };
    let login_button = match form.login_button {
        Entry::Absent => Some(LOGIN_BUTTON.to_owned()),
        entry => fields.name(pointer::LOGIN_BUTTON, entry, "The button needs a name"),
    };
    let include_guests =
        fields.optional(pointer::INCLUDE_GUESTS, form.include_guests, "true or false");
    let include_disabled =
        fields.optional(pointer::INCLUDE_DISABLED, form.include_disabled, "true or false");
    Some(Users {
        default_groups: default_groups?.unwrap_or_default(),
        card_number: card_number?,
        login_button: login_button?,
        include_guests: include_guests?.unwrap_or_default(),
        include_disabled: include_disabled?.unwrap_or_default(),
        only_groups: only_groups?
            .unwrap_or_default()
            .iter()
            .map(|group| group.trim().to_ascii_lowercase())
            .collect(),
    })
}

fn card_number(entered: &str) -> Result<CardNumber, &'static str> {
    match entered.eq_ignore_ascii_case("pager") {
        true => Ok(CardNumber::Pager),
        false => entered.parse().map(CardNumber::Attribute),
    }
}

/// Collects the wrong fields.
#[derive(Default)]
struct Fields {
    wrong: Vec<FieldError>,
}

impl Fields {
    fn wrong(&mut self, field: &str, message: impl Into<String>) {
        // The first message about a field is the most precise one.
        if !self.wrong.iter().any(|known| known.field == field) {
            self.wrong.push(FieldError::new(field, message));
        }
    }

    /// Reads a step of the wizard, which can be absent.
    fn object<T: Default>(&mut self, field: &str, entry: Entry<T>) -> Option<T> {
        match entry {
            Entry::Absent => Some(T::default()),
            entry => self.given(field, entry),
        }
    }

    fn given<T>(&mut self, field: &str, entry: Entry<T>) -> Option<T> {
        match entry {
            Entry::Given(value) => Some(value),
            Entry::Wrong(problem) => {
                self.wrong(field, problem);
                None
            }
            Entry::Absent => None,
        }
    }

    fn optional<T>(&mut self, field: &str, entry: Entry<T>, expected: &str) -> Option<Option<T>> {
        match entry {
            Entry::Absent => Some(None),
            Entry::Given(value) => Some(Some(value)),
            Entry::Wrong(_) => {
                self.wrong(field, format!("This must be {expected}"));
                None
            }
        }
    }

    /// Reads a required text, without the spaces around it that come from copying.
    fn text(&mut self, field: &str, entry: Entry<String>, missing: &str) -> Option<String> {
        let text = self.optional_text(field, entry)?;
        if text.is_none() {
            self.wrong(field, missing);
        }
        text
    }

    /// Reads an optional text. Forms send an empty text for a field that is left empty.
    fn optional_text(&mut self, field: &str, entry: Entry<String>) -> Option<Option<String>> {
        let text = self.optional(field, entry, "text")?.unwrap_or_default();
        let text = text.trim();
        Some((!text.is_empty()).then(|| text.to_owned()))
    }

    /// Reads a text that is shown on a button or in a list.
    fn name(&mut self, field: &str, entry: Entry<String>, missing: &str) -> Option<String> {
        let text = self.text(field, entry, missing)?;
        self.ensure(
            text,
            field,
            |name| name.chars().count() <= 100,
            "This is longer than 100 characters",
        )
    }

    fn ensure(
        &mut self,
        text: String,
        field: &str,
        holds: fn(&str) -> bool,
        message: &str,
    ) -> Option<String> {
        if !holds(&text) {
            self.wrong(field, message);
            return None;
        }
        Some(text)
    }

    fn refuse_unknown(&mut self, object: &str, found: Option<&Value>, known: &[&str]) {
        let names = found.and_then(Value::as_object).into_iter().flat_map(|object| object.keys());
        for name in names.filter(|name| !known.contains(&name.as_str())) {
            let field = pointer::member(object, name);
            let message = match known.iter().find(|other| other.eq_ignore_ascii_case(name)) {
                Some(meant) => format!("There is no such setting: did you mean {meant}?"),
                None => format!("There is no such setting; there are {}", known.join(", ")),
            };
            self.wrong(&field, message);
        }
    }
}

/// Returns whether the text is a GUID: 8, 4, 4, 4 and 12 hexadecimal digits.
pub(crate) fn is_guid(text: &str) -> bool {
    let Ok(bytes) = <&[u8; 36]>::try_from(text.as_bytes()) else {
        return false;
    };
    // Without an early end, the compiler compares many bytes at a time.
    let kinds = bytes.iter().zip(b"hhhhhhhh-hhhh-hhhh-hhhh-hhhhhhhhhhhh");
    kinds.fold(true, |fits, (byte, kind)| {
        fits & if *kind == b'-' { *byte == b'-' } else { byte.is_ascii_hexdigit() }
    })
}

fn is_tenant(text: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    is_guid(text) || (text.contains('.') && text.split('.').all(is_label))
}
