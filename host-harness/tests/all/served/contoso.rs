//! A vendor that does what a test says.

use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use ones_host::{
    Error,
    model::{
        BookingPolicy, Callback, CallbackOutcome, Check, Choice, Explanation, FieldError, Manifest,
        Notification, NotificationRequest, Outcome, Owed, Permission, Purpose, Redirect, Refusal,
        Report, RoomAvailability, Script, TimeRange,
    },
    plugin::CallError,
    runner::Connect,
    serve::{Asked, Vendor},
    settings::Settings,
    sync::Source,
};
use serde_json::{Value, json};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::{fake::*, notifications::vendor::Notifier, reservation_pages::desk::Desk};

/// What the vendor of the tests takes for the right secret.
pub(crate) const SECRET: &str = "s3cr3t-of-contoso";

/// A vendor that is asked over no network.
#[derive(Clone, Default)]
pub(crate) struct Contoso {
    /// What it was asked, with the settings.
    pub(crate) asked: Arc<Mutex<Vec<(&'static str, Value)>>>,
    /// Ids of users that are missing at the next sync.
    pub(crate) gone: Arc<Mutex<Vec<String>>>,
    /// What it reports, but does not let be read yet.
    pub(crate) owed: Arc<Mutex<Option<Owed>>>,
    /// Whether it has users only.
    pub(crate) has_no_rooms: Arc<Mutex<bool>>,
    /// How it begins sign-ins.
    pub(crate) mood: Arc<Mutex<Mood>>,
    /// Ends the waits of [`Mood::Hangs`].
    pub(crate) released: Arc<Notify>,
    /// Books rooms. Without one, it cannot.
    pub(crate) desk: Option<Desk>,
    /// Its subscriptions.
    pub(crate) notifier: Notifier,
}

/// How a vendor begins sign-ins, and looks up what is free.
#[derive(Clone, Default)]
pub(crate) enum Mood {
    /// It always sends to the same place.
    #[default]
    Plain,
    /// Each sign-in has a state of its own: `s1`, `s2`, …
    States,
    /// It sends browsers there, and has them keep that.
    Sends(String, String),
    /// It does not answer what is asked for the integration with this name until it is released.
    Hangs(&'static str),
    /// The plugin crashes.
    Traps,
    /// It takes every callback for a sign-in, also without a flow.
    Credulous,
}

/// What a plugin writes before it crashes.
pub(crate) const STDERR: &str = "panicked at /home/builder/plugin.rs: backtrace";

fn schema(books: bool) -> Value {
    let mut schema = json!({
        "properties": {
            "server": {
                "title": "Server settings",
                "description": "Go to the **portal**, <script>alert(1)</script>.",
                "type": "object",
                "properties": {
                    "name": { "title": "Name", "type": "string" },
                    "address": { "title": "Address", "type": "string", "format": "uri" },
                    "secret": { "title": "Secret", "type": "string", "writeOnly": true },
                    "certificate": {
                        "title": "Certificate",
                        "type": ["string", "null"],
                        "contentMediaType": "application/x-pem-file",
                        "writeOnly": true
                    }
                },
                "required": ["name", "address", "secret"]
            },
            "rooms": {
                "type": "object",
                "properties": { "select": {
                    "title": "Sync",
                    "anyOf": [
                        { "const": "all", "title": "All" },
                        { "type": "array", "items": { "type": "string" }, "title": "Chosen" }
                    ],
                    "default": "all",
                    "x-choices": true
                } }
            },
            "users": {
                "type": "object",
                "properties": {
                    "onlyGroups": {
                        "type": "array", "items": { "type": "string" }, "x-choices": true
                    },
                    "defaultGroups": { "type": "array", "items": { "type": "string" } },
                    "loginButton": { "type": "string", "default": "Sign in" }
                }
            }
        }
    });
    if books {
        let room = &mut schema["properties"]["rooms"]["properties"];
        room["bookings"] = json!({ "type": "string", "enum": ["on", "off"] });
        room["bookingCalendar"] = json!({ "type": "string", "enum": ["organizer", "room"] });
    }
    schema
}

fn refused<T>(summary: &str, refusal: fn(Explanation) -> Refusal) -> Result<T, CallError> {
    Err(CallError::Refused(refusal(Explanation {
        code: "no".to_owned(),
        summary: summary.to_owned(),
        remedy: Some("Ask <them>".to_owned()),
        detail: Some("AADSTS1".to_owned()),
    })))
}

impl Contoso {
    fn ask<T: Send + 'static>(
        &self,
        what: &'static str,
        settings: &Settings,
        answer: Result<T, CallError>,
    ) -> Asked<'_, T> {
        self.asked.lock().unwrap().push((what, settings.value().clone()));
        Box::pin(async { answer })
    }

    /// How often it was asked that.
    pub(crate) fn times(&self, what: &str) -> usize {
        self.asked.lock().unwrap().iter().filter(|(it, _)| *it == what).count()
    }
}

impl Vendor for Contoso {
    fn describe(&self) -> Asked<'_, Manifest> {
        let reason = "to book them".to_owned();
        let permissions = vec![Permission { name: "Rooms.Read".to_owned(), id: None, reason }];
        let (name, version) = ("Contoso Cloud".to_owned(), "1.0.0".to_owned());
        let settings_schema = schema(self.desk.is_some()).to_string();
        let manifest = Manifest { name, version, settings_schema, permissions, time_zones: None };
        Box::pin(async { Ok(manifest) })
    }

    fn origins(&self, settings: Settings) -> Asked<'_, Vec<String>> {
        let origins = match settings.value().pointer("/server/address").and_then(Value::as_str) {
            Some(it) if it.starts_with("https://") => Ok(vec![it.to_owned()]),
            _ => Err(CallError::Refused(Refusal::InvalidSettings(vec![FieldError {
                field: "/server/address".to_owned(),
                message: "Begin it with https://".to_owned(),
            }]))),
        };
        Box::pin(async { origins })
    }

    fn validate(&self, settings: Settings) -> Asked<'_, Report> {
        let is_right = settings.value()["server"]["secret"] == SECRET;
        let field = "/server/secret".to_owned();
        let wrong = FieldError { field, message: "This is not the secret".to_owned() };
        let check = Check {
            id: "token".to_owned(),
            outcome: if is_right { Outcome::Passed } else { Outcome::Failed },
            summary: if is_right { "A token was given" } else { "No token" }.to_owned(),
            remedy: (!is_right).then(|| "Copy it again".to_owned()),
            detail: Some("AADSTS7000215".to_owned()),
            fields: if is_right { Vec::new() } else { vec![wrong] },
        };
        self.ask("validate", &settings, Ok(Report { checks: vec![check] }))
    }

    fn choices<'a>(
        &'a self,
        settings: Settings,
        _: &'a str,
        typed: &'a str,
        limit: u32,
    ) -> Asked<'a, Vec<Choice>> {
        let rooms = (1..=3).map(|it| Choice {
            value: format!("r{it}"),
            label: format!("Room {it}"),
            hint: Some(format!("{it} seats")),
        });
        let found = rooms.filter(|it| it.label.contains(typed)).take(limit as usize).collect();
        self.ask("choices", &settings, Ok(found))
    }

    fn begin_sign_in<'a>(
        &'a self,
        settings: Settings,
        redirect_uri: &'a str,
        _: Purpose,
    ) -> Asked<'a, Redirect> {
        let url = format!("https://vendor.example/?to={redirect_uri}");
        let redirect = |url, flow| Redirect { url, flow };
        let number = self.times("begin-sign-in") + 1;
        let mood = self.mood.lock().unwrap().clone();
        let answer = match mood {
            Mood::States => Ok(redirect(format!("{url}&state=s{number}"), format!("of s{number}"))),
            Mood::Sends(url, flow) => Ok(redirect(url, flow)),
            Mood::Traps => Err(CallError::Trapped {
                plugin: "/opt/ones/plugin.wasm".to_owned(),
                cause: "unreachable".to_owned(),
                stderr: STDERR.to_owned(),
            }),
            Mood::Hangs(name) if settings.value()["server"]["name"] == name => {
                self.asked.lock().unwrap().push(("begin-sign-in", settings.value().clone()));
                return Box::pin(async {
                    self.released.notified().await;
                    refused("It took too long", Refusal::Unavailable)
                });
            }
            _ => Ok(redirect(url, "flow".to_owned())),
        };
        self.ask("begin-sign-in", &settings, answer)
    }

    fn handle_callback(
        &self,
        settings: Settings,
        callback: Callback,
    ) -> Asked<'_, CallbackOutcome> {
        let find = |wanted| callback.parameters.iter().find(|(name, _)| name == wanted);
        let is_credulous = matches!(*self.mood.lock().unwrap(), Mood::Credulous);
        let answer = match &callback.flow {
            None if is_credulous => Ok(CallbackOutcome::SignedIn(user("a"))),
            None => Err(CallError::Refused(Refusal::Rejected(match find("admin_consent") {
                Some((_, it)) if it.eq_ignore_ascii_case("true") => Explanation {
                    code: "consent-unconfirmed".to_owned(),
                    summary: "The vendor may have <recorded> consent".to_owned(),
                    remedy: Some("Test the <settings>".to_owned()),
                    detail: Some("detail of the vendor".to_owned()),
                },
                _ => Explanation {
                    code: "no-sign-in".to_owned(),
                    summary: "Nothing was begun".to_owned(),
                    remedy: None,
                    detail: None,
                },
            }))),
            Some(flow) => {
                let state = find("state").map(|(_, it)| it.as_str());
                let expected = state.map_or("flow".to_owned(), |it| format!("of {it}"));
                assert_eq!(flow, &expected);
                match (find("code"), find("admin_consent")) {
                    (Some((_, id)), _) => Ok(CallbackOutcome::SignedIn(user(id))),
                    (_, Some(_)) => Ok(CallbackOutcome::ConsentGranted),
                    _ => refused("They would <not>", Refusal::Declined),
                }
            }
        };
        self.ask("handle-callback", &settings, answer)
    }

    fn booking_script(
        &self,
        settings: Settings,
        rooms: Vec<String>,
        policy: BookingPolicy,
    ) -> Asked<'_, Script> {
        let text = format!("{}: {policy:?}\n", rooms.join(","));
        self.ask(
            "booking-script",
            &settings,
            Ok(Script { file_name: "rooms.txt".to_owned(), text }),
        )
    }

    fn availability(
        &self,
        settings: Settings,
        rooms: Vec<String>,
        window: TimeRange,
    ) -> Asked<'_, Vec<RoomAvailability>> {
        let desk = self.desk.as_ref().expect("a test that asks has a desk");
        if let Mood::Hangs(name) = &*self.mood.lock().unwrap()
            && settings.value()["server"]["name"] == *name
        {
            self.asked.lock().unwrap().push(("availability", settings.value().clone()));
            return Box::pin(async {
                self.released.notified().await;
                refused("It took too long", Refusal::Unavailable)
            });
        }
        self.ask("availability", &settings, desk.availability(&rooms, window))
    }

    fn handle_notification(
        &self,
        _: Settings,
        secret: String,
        request: NotificationRequest,
    ) -> Asked<'_, Notification> {
        let interpreted = self.notifier.interpret(&secret, &request);
        Box::pin(async { interpreted })
    }
}

impl Connect for Contoso {
    fn connect(&self, _: Settings, _: &CancellationToken) -> Result<Box<dyn Source>, Error> {
        self.notifier.state().now = Timestamp::now().as_second();
        let gone = self.gone.lock().unwrap();
        let users = ids(30).into_iter().filter(|it| !gone.contains(it)).map(|it| reported(&it));
        let rooms = Fake::rooms(["a", "b"]).rooms;
        let groups = vec![
            group("all"),
            within("all", "team"),
            within("all", "p000"),
            group("team"),
            within("team", "p001"),
            within("team", "all"),
        ];
        let users = vec![batch(COMPLETE, "c1", users.collect()), of_groups(COMPLETE, "c2", groups)];
        let no_rooms = Refusal::Unsupported(Explanation {
            code: "no-rooms".to_owned(),
            summary: "This cloud has no rooms".to_owned(),
            remedy: None,
            detail: None,
        });
        let rooms_fail = self.has_no_rooms.lock().unwrap().then_some(no_rooms);
        let owed = *self.owed.lock().unwrap();
        let (desk, notifier) = (self.desk.clone(), Some(self.notifier.clone()));
        Ok(Box::new(Fake { rooms, users, rooms_fail, owed, desk, notifier, ..Fake::default() }))
    }
}
