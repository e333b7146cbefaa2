//! The requests to Graph that the plugin sends.

use http::Method;
use serde_json::{Value, json};

use super::{Attendee, Item, Message, Occurrence, State, no_event, text};
use crate::{
    tests::script::{Asked, Reply, ok, refused},
    zones::Zone,
};

const DAY: i64 = 24 * 3600;

impl State {
    /// Answers a request to a path below `/users/`.
    pub(super) fn answer(&mut self, asked: &Asked, path: &str) -> Reply {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let path: Vec<String> = path.split('/').map(decoded).collect();
        let mailbox = path[0].to_lowercase();
        if let Some((status, code)) = self.closed.get(&mailbox) {
            return refused(*status, code);
        }
        assert!(
            asked.header("prefer").is_some_and(|prefer| prefer.contains("IdType=\"ImmutableId\"")),
            "{}",
            asked.path
        );
        let body: Value = serde_json::from_str(&asked.body).unwrap_or_default();
        let option = |name: &str| {
            let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
            pairs.into_iter().find(|(own, _)| *own == name).map(|(_, value)| decoded(value))
        };
        let rest: Vec<&str> = path[1..].iter().map(String::as_str).collect();
        let is_list = asked.method == Method::GET
            && matches!(rest.last(), Some(&"events" | &"instances" | &"calendarView"));
        assert_eq!(option("$top").is_some(), is_list, "a list has ten events without: {path:?}");
        match (&asked.method, rest.as_slice()) {
            (&Method::GET, ["events"]) => {
                self.list(&mailbox, &option("$filter").expect("a filter"))
            }
            (&Method::GET, ["events", id]) => match self.found(&mailbox, id) {
                Some(event) => ok(self.on_wall_clock(event, asked.header("prefer"))),
                None => no_event(),
            },
            (&Method::GET, ["events", id, "instances"]) => self.instances(&mailbox, id),
            (&Method::GET, ["calendarView"]) => {
                assert_eq!(option("$select"), None, "created times come without it only");
                let time = |name| crate::tests::bookings::at(&option(name).expect("a time"));
                self.view(&mailbox, time("startDateTime"), time("endDateTime"))
            }
            (&Method::POST, ["events"]) => self.create(&mailbox, &body),
            (&Method::PATCH, ["events", id]) => {
                self.change(&mailbox, id, asked.header("if-match"), &body)
            }
            (&Method::DELETE, ["events", id]) | (&Method::POST, ["events", id, "cancel"]) => {
                self.end(&mailbox, id)
            }
            (&Method::POST, ["events", id, "decline"]) => self.decline(&mailbox, id),
            request => panic!("not served: {request:?}"),
        }
    }

    fn calendar(&self, mailbox: &str) -> &[Item] {
        self.mailboxes.get(mailbox).map(Vec::as_slice).unwrap_or_default()
    }

    fn list(&self, mailbox: &str, filter: &str) -> Reply {
        let quoted: Vec<&str> = filter.split('\'').skip(1).step_by(2).collect();
        let fits = |copy: &&Item| match quoted.as_slice() {
            [uid] => copy.uid == *uid,
            [id, value] => copy.mark.as_ref().is_some_and(|mark| {
                mark["id"] == *id && text(&mark["value"]).eq_ignore_ascii_case(value)
            }),
            _ => panic!("{filter}"),
        };
        let events: Vec<_> =
            self.calendar(mailbox).iter().filter(fits).map(Item::to_json).collect();
        ok(json!({"value": events}))
    }

    fn found(&self, mailbox: &str, id: &str) -> Option<Value> {
        self.calendar(mailbox).iter().find_map(|copy| {
            if copy.id == id {
                return Some(copy.to_json());
            }
            let mut occurrences = copy.occurrences.iter().flatten();
            let own = occurrences.find(|one| !one.is_gone && copy.occurrence_id(one) == id)?;
            Some(copy.occurrence_json(own))
        })
    }

    /// Returns the event with its start on the wall clock of the zone that is preferred, by the
    /// rules that Exchange has for it.
    fn on_wall_clock(&self, mut event: Value, prefer: Option<&str>) -> Value {
        let zone = prefer.and_then(|prefer| prefer.split("outlook.timezone=\"").nth(1));
        let zone = zone.and_then(|rest| rest.split('"').next()).expect("a time zone");
        if zone != "UTC" && event["isAllDay"] != true {
            let zone = Zone::named(zone).expect("a zone");
            let start = text(&event["start"]["dateTime"]);
            let instant = crate::tests::bookings::at(&format!("{}Z", &start[..19]));
            let wall = zone.wall(instant - self.zone_error).expect("a time");
            event["start"]["dateTime"] = format!("{wall}.0000000").into();
        }
        event
    }

    fn instances(&self, mailbox: &str, id: &str) -> Reply {
        let Some(copy) = self.calendar(mailbox).iter().find(|copy| copy.id == id) else {
            return no_event();
        };
        let there = copy.occurrences.iter().flatten().filter(|occurrence| !occurrence.is_gone);
        let events: Vec<_> = there.map(|occurrence| copy.occurrence_json(occurrence)).collect();
        ok(json!({"value": events}))
    }

    fn view(&self, mailbox: &str, from: i64, until: i64) -> Reply {
        let overlaps = |starts: i64, ends: i64| starts < until && from < ends;
        let mut events = Vec::new();
        for copy in self.calendar(mailbox) {
            match &copy.occurrences {
                None if overlaps(copy.starts, copy.ends) => events.push(copy.to_json()),
                None => {}
                Some(occurrences) => {
                    let there = occurrences.iter().filter(|one| !one.is_gone);
                    let seen = there.filter(|one| overlaps(one.starts, one.ends));
                    events.extend(seen.map(|one| copy.occurrence_json(one)));
                }
            }
        }
        ok(json!({"value": events}))
    }

    fn create(&mut self, mailbox: &str, body: &Value) -> Reply {
        let transaction = text(&body["transactionId"]);
        let key = (mailbox.to_owned(), transaction.clone());
        if let Some(existing) = self.transactions.get(&key) {
            return Reply::Json(
                400,
                json!({"error": {
                    "code": "ErrorDuplicateTransactionId", "message": "It was used already.",
                    "@event.existingEventId": existing,
                }}),
            );
        }
        let mut copy = self.new_copy(mailbox);
        if let Err(reply) = self.write(&mut copy, body) {
            return reply;
        }
        copy.mark = body["singleValueExtendedProperties"].get(0).cloned();
        copy.transaction = Some(transaction);
        self.transactions.insert(key, copy.id.clone());
        let mut answer = copy.to_json();
        // Graph returns a named property only where it is expanded.
        answer.as_object_mut().expect("an object").remove("singleValueExtendedProperties");
        let uid = copy.uid.clone();
        self.mailboxes.entry(mailbox.to_owned()).or_default().push(copy);
        self.send(mailbox, &uid, false);
        Reply::Json(201, answer)
    }

    fn change(&mut self, mailbox: &str, id: &str, etag: Option<&str>, body: &Value) -> Reply {
        let Some(copy) = self.calendar(mailbox).iter().find(|copy| copy.id == id) else {
            return no_event();
        };
        if etag.is_some_and(|etag| etag != copy.etag()) {
            return refused(412, "ErrorIrresolvableConflict");
        }
        let (before, mut after) = (copy.clone(), copy.clone());
        if let Err(reply) = self.write(&mut after, body) {
            return reply;
        }
        after.version = self.tick();
        if (after.starts, after.ends) != (before.starts, before.ends) {
            after.placed = after.version;
        }
        let uid = after.uid.clone();
        *self.copy_mut(mailbox, &uid).expect("it was found") = after.clone();
        for gone in before.attendees.iter().filter(|one| {
            one.kind == "resource" && !after.attendees.iter().any(|two| two.address == one.address)
        }) {
            let room = gone.address.clone();
            self.send_to_room(Message { room, uid: uid.clone(), is_cancellation: true });
        }
        self.send(mailbox, &uid, false);
        match self.found(mailbox, id) {
            Some(event) => ok(event),
            None => no_event(),
        }
    }

    /// Writes members of a body into a copy.
    fn write(&self, copy: &mut Item, body: &Value) -> Result<(), Reply> {
        for (name, value) in body.as_object().expect("an object") {
            match name.as_str() {
                "start" | "end" => {
                    let zone = text(&value["timeZone"]);
                    let known = Zone::named(&zone);
                    let known = known.ok_or(refused(400, "TimeZoneNotSupportedException"))?;
                    let time = text(&value["dateTime"]);
                    let wall = crate::tests::bookings::at(&format!("{time}Z"));
                    let wall = Zone::UTC.wall(wall).expect("a time");
                    let instant = known.instant(wall).expect("a time") + self.zone_error;
                    match name == "start" {
                        true => copy.starts = instant,
                        false => copy.ends = instant,
                    }
                    copy.zone = zone;
                }
                "isAllDay" => copy.all_day = value == true,
                "attendees" => copy.attendees = attendees(copy, value),
                "transactionId" | "singleValueExtendedProperties" => {}
                _ => copy.body[name.as_str()] = value.clone(),
            }
        }
        let is_moved = ["start", "recurrence"].iter().any(|name| body.get(*name).is_some());
        if is_moved {
            copy.occurrences = match &copy.body["recurrence"] {
                Value::Null => None,
                recurrence => Some(expanded(copy, recurrence)),
            };
        }
        Ok(())
    }

    fn end(&mut self, mailbox: &str, id: &str) -> Reply {
        let found = self.calendar(mailbox).iter().find_map(|copy| {
            let is_whole = copy.id == id;
            let mut occurrences = copy.occurrences.iter().flatten();
            let occurrence = occurrences.find(|one| copy.occurrence_id(one) == id);
            (is_whole || occurrence.is_some()).then(|| (copy.clone(), occurrence.copied()))
        });
        let Some((copy, occurrence)) = found else { return no_event() };
        if !copy.is_organizer {
            return refused(400, "ErrorInvalidRequest");
        }
        match occurrence {
            None => self.cancel(mailbox, &copy.uid),
            Some(occurrence) => {
                for address in copy.attendees.iter().map(|attendee| &attendee.address) {
                    self.mails.push((address.clone(), "cancellation"));
                }
                for copies in self.mailboxes.values_mut() {
                    let own = copies.iter_mut().filter(|one| one.uid == copy.uid);
                    for one in own.flat_map(|one| one.occurrences.iter_mut().flatten()) {
                        one.is_gone |= one.original == occurrence.original;
                    }
                }
            }
        }
        Reply::Json(202, Value::Null)
    }

    fn decline(&mut self, mailbox: &str, id: &str) -> Reply {
        let found = self.calendar(mailbox).iter().find(|copy| copy.id == id).cloned();
        let Some(copy) = found else { return no_event() };
        if copy.is_organizer {
            return refused(400, "ErrorInvalidRequest");
        }
        self.mails.push((copy.organizer.clone(), "decline"));
        self.mailboxes.entry(mailbox.to_owned()).or_default().retain(|one| one.id != id);
        self.note_answer(mailbox, &copy.uid, "declined");
        Reply::Json(202, Value::Null)
    }
}

/// Returns the attendees that are written. One that stays has the same answer.
fn attendees(copy: &Item, list: &Value) -> Vec<Attendee> {
    let read = |one: &Value| {
        let address = text(&one["emailAddress"]["address"]).to_lowercase();
        let known = copy.attendees.iter().find(|known| known.address == address);
        known.cloned().unwrap_or_else(|| Attendee::new(&text(&one["type"]), &address))
    };
    list.as_array().expect("a list").iter().map(read).collect()
}

/// Returns the occurrences of a daily or weekly series on one day of the week, on the wall clock of
/// its zone.
fn expanded(copy: &Item, recurrence: &Value) -> Vec<Occurrence> {
    let (pattern, range) = (&recurrence["pattern"], &recurrence["range"]);
    let days = match pattern["type"].as_str() {
        Some("daily") => 1,
        Some("weekly") => 7,
        other => panic!("not served: {other:?}"),
    };
    let step = days * pattern["interval"].as_i64().expect("a number");
    let count = range["numberOfOccurrences"].as_i64().expect("a numbered series");
    let zone = Zone::named(&copy.zone).expect("a zone");
    let wall = |instant| Zone::UTC.instant(zone.wall(instant).expect("a time")).expect("a time");
    let later = |instant: i64, number: i64| {
        let time = Zone::UTC.wall(wall(instant) + number * step * DAY).expect("a time");
        zone.instant(time).expect("a time")
    };
    (0..count)
        .map(|number| {
            let (starts, ends) = (later(copy.starts, number), later(copy.ends, number));
            Occurrence { original: starts, starts, ends, is_gone: false }
        })
        .collect()
}

fn decoded(text: &str) -> String {
    percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned()
}
