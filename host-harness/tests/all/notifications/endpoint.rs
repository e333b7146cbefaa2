//! The address to which vendors report changes.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    thread,
};

use ones_host::{
    model::WatchSubject,
    settings::Settings,
    store::{RunKind, Store},
    sync::{Options, Sync, Unobserved},
};
use serde_json::json;

use crate::{browser::Reply, fake::*, served::*};

/// A server that vendors can reach, whose integration has the rooms `a` and `b` and bookings on.
pub(crate) struct Notified {
    pub(crate) served: Served,
    /// Path of the address of the integration.
    pub(crate) path: String,
    secret: String,
}

impl Notified {
    pub(crate) fn new() -> Self {
        let notified = Self::with_rooms(&["a".to_owned(), "b".to_owned()]);
        notified.served.vendor.notifier.state().read.clear();
        notified
    }

    /// A server whose integration has these rooms, which are watched and were read.
    fn with_rooms(rooms: &[String]) -> Self {
        let served = Served::prepared(
            |options| options.public_url = Some("https://ones.example.com".parse().unwrap()),
            |store, key| {
                store.set_password(&ones_host::access::password::hash(PASSWORD).unwrap()).unwrap();
                let mut rooms = Fake::rooms(rooms.iter().map(String::as_str));
                let mut unobserved = Unobserved;
                let sync = Sync::new(store, &mut rooms, &mut unobserved, Options::default());
                sync.named(RunKind::Rooms, NAME).unwrap();
                let id = store.integration(NAME).unwrap();
                let mut settings = settings();
                settings["rooms"] = json!({ "bookings": "on" });
                store.keep_settings(id, &Settings::from(settings), key).unwrap();
            },
        );
        let notifier = served.vendor.notifier.clone();
        wait_until(|| notifier.state().subscriptions.len() == rooms.len());
        let kept = notifier.state().subscriptions["s1"].clone();
        let path = kept.address.replace("https://ones.example.com", "");
        let notified = Self { served, path, secret: kept.secret };
        // The rooms are read once they are watched.
        let (store, contoso) = (notified.store(), notified.served.contoso());
        wait_until(|| {
            let is_read = notifier.state().read.iter().map(Vec::len).sum::<usize>() == rooms.len();
            is_read && store.notifications(contoso, now()).unwrap().waiting == 0
        });
        notified
    }

    /// Posts a notification about these subscriptions, with the secret.
    pub(crate) fn notify(&self, subscriptions: &[&str], hint: &str) -> Reply {
        self.send(&self.path, subscriptions, hint, &self.secret)
    }

    fn send(&self, path: &str, subscriptions: &[&str], hint: &str, secret: &str) -> Reply {
        self.served.browser().send("POST", path, &body(subscriptions, hint, secret))
    }

    /// Waits for a run that reads these rooms, and forgets the runs up to it.
    #[track_caller]
    pub(crate) fn wait_until_read(&self, rooms: &[&str]) {
        let notifier = &self.served.vendor.notifier;
        wait_until(|| {
            let mut state = notifier.state();
            let found = state.read.iter().position(|read| read == rooms);
            found.map(|at| state.read.drain(..=at)).is_some()
        });
        // Its hints are settled shortly afterwards.
        let store = self.store();
        wait_until(|| store.notifications(self.served.contoso(), now()).unwrap().waiting == 0);
    }

    fn store(&self) -> Store {
        self.served.store.another().unwrap()
    }
}

fn body(subscriptions: &[&str], hint: &str, secret: &str) -> String {
    let all = subscriptions.iter();
    let value: Vec<_> = all.map(|id| json!({ "id": id, "secret": secret, "hint": hint })).collect();
    json!({ "value": value }).to_string()
}

fn now() -> jiff::Timestamp {
    jiff::Timestamp::now()
}

pub(crate) fn wait_until(mut is_so: impl FnMut() -> bool) {
    while !is_so() {
        thread::yield_now();
    }
}

/// Expects a status, and nothing else.
#[track_caller]
fn says_nothing(reply: &Reply, status: u16) {
    assert_eq!((reply.status, reply.body.as_str()), (status, ""));
    assert_eq!(reply.header("x-content-type-options"), "nosniff");
    assert_eq!(reply.header("cache-control"), "no-store");
}

#[test]
fn c49_the_test_of_the_address_is_answered_with_its_text_decoded_once() {
    let notified = Notified::new();
    let query = "?validationToken=Validation%3A%20Testing%20100%2525%20%3Cbr%2F%3E";
    let reply = notified.served.browser().send("POST", &format!("{}{query}", notified.path), "");
    assert_eq!((reply.status, reply.body.as_str()), (200, "Validation: Testing 100%25 <br/>"));
    assert_eq!(reply.header("content-type"), "text/plain; charset=utf-8");
    assert_eq!(reply.header("x-content-type-options"), "nosniff");
}

#[test]
fn a_notification_is_accepted_and_has_just_its_room_read() {
    let notified = Notified::new();
    says_nothing(&notified.notify(&["s2"], "changed"), 202);
    notified.wait_until_read(&["b"]);
    // Several at once, also about the same room.
    says_nothing(&notified.notify(&["s1", "s2", "s1"], "changed"), 202);
    notified.wait_until_read(&["a", "b"]);
    says_nothing(&notified.notify(&["s1"], "missed"), 202);
    notified.wait_until_read(&["a"]);
}

#[test]
fn changes_of_many_rooms_at_once_are_read_in_several_runs() {
    let rooms: Vec<_> = (0..250).map(|number| format!("r{number:03}")).collect();
    let notified = Notified::with_rooms(&rooms);
    let notifier = &notified.served.vendor.notifier;
    let read = std::mem::take(&mut notifier.state().read);
    assert!(read.iter().all(|run| run.len() <= 100), "{read:?}");
    let subscriptions: Vec<_> = notifier.state().subscriptions.keys().cloned().collect();
    let all: Vec<_> = subscriptions.iter().map(String::as_str).collect();
    says_nothing(&notified.notify(&all, "changed"), 202);
    let store = notified.store();
    wait_until(|| store.notifications(notified.served.contoso(), now()).unwrap().waiting == 0);
    let runs = notifier.state().read.clone();
    assert_eq!(runs.iter().map(Vec::len).collect::<Vec<_>>(), [100, 100, 50]);
    assert_eq!(runs.concat(), rooms);
}

#[test]
fn what_the_vendor_ended_is_watched_again_and_read() {
    let notified = Notified::new();
    notified.served.vendor.notifier.state().subscriptions.remove("s1");
    says_nothing(&notified.notify(&["s1"], "ended"), 202);
    let notifier = &notified.served.vendor.notifier;
    wait_until(|| notifier.of(&WatchSubject::Room("a".to_owned())) == ["s3"]);
    notified.wait_until_read(&["a"]);
    says_nothing(&notified.notify(&["s1"], "changed"), 403);
    says_nothing(&notified.notify(&["s3"], "changed"), 202);
}

#[test]
fn what_is_forged_or_unknown_is_refused_without_a_word() {
    let notified = Notified::new();
    let path = &notified.path;
    says_nothing(&notified.send(path, &["s1"], "changed", "wrong"), 403);
    says_nothing(&notified.served.browser().send("POST", path, "no JSON"), 403);
    // C51: without the secret.
    let without = json!({ "value": [{ "id": "s1", "hint": "changed" }] }).to_string();
    says_nothing(&notified.served.browser().send("POST", path, &without), 403);
    says_nothing(&notified.notify(&["s9"], "changed"), 403);
    // One that is known makes the request one of the vendor's.
    says_nothing(&notified.notify(&["s9", "s1"], "changed"), 202);
    notified.wait_until_read(&["a"]);
    let interpreted = notified.served.vendor.notifier.state().interpreted;
    let unknown = path.replace(&path[path.len() - 4..], "zzzz");
    for path in ["/notifications/1", "/notifications/Contoso", unknown.as_str()] {
        says_nothing(&notified.send(path, &["s1"], "changed", &notified.secret), 404);
        let test = format!("{path}?validationToken=a");
        says_nothing(&notified.served.browser().send("POST", &test, ""), 404);
    }
    assert_eq!(notified.served.vendor.notifier.state().interpreted, interpreted, "no plugin call");
    assert_eq!(notified.served.browser().get(path).status, 405);
    let read = notified.served.vendor.notifier.state().read.len();
    assert_eq!(read, 0, "nothing was read because of them");
}

#[test]
fn a_body_that_is_too_large_is_not_read() {
    let notified = Notified::new();
    let post = |length: usize, body: &[u8]| {
        let address = notified.served.browser().host.replace("localhost", "127.0.0.1");
        let mut stream = TcpStream::connect(address).unwrap();
        let head = format!(
            "POST {} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n",
            notified.path
        );
        stream.write_all(head.as_bytes()).unwrap();
        let _ = stream.write_all(body);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8(answer).unwrap()
    };
    let limit = 4 << 20;
    assert!(post(limit + 1, b"").starts_with("HTTP/1.1 413"));
    let mut largest = json!({ "value": [{ "id": "s1", "secret": notified.secret }] }).to_string();
    largest.push_str(&" ".repeat(limit - largest.len()));
    assert!(post(limit, largest.as_bytes()).starts_with("HTTP/1.1 202"));
}

#[test]
fn what_cannot_be_stored_is_to_be_sent_again() {
    let notified = Notified::new();
    let database =
        rusqlite::Connection::open(notified.served.folder.path().join("ones.db")).unwrap();
    database.execute_batch("ALTER TABLE notification_address RENAME TO away").unwrap();
    let reply = notified.notify(&["s1"], "changed");
    says_nothing(&reply, 503);
    assert_eq!(reply.header("retry-after"), "10");
    database.execute_batch("ALTER TABLE away RENAME TO notification_address").unwrap();
    says_nothing(&notified.notify(&["s1"], "changed"), 202);
    notified.wait_until_read(&["a"]);
}

#[test]
fn many_notifications_at_once_are_all_stored_and_pages_are_answered() {
    let notified = Notified::new();
    thread::scope(|scope| {
        let flood: Vec<_> = (0..8)
            .map(|client| {
                let (mut browser, path) = (notified.served.browser(), &notified.path);
                let secret = &notified.secret;
                scope.spawn(move || {
                    let known = ["s1", "s2"][client % 2];
                    for number in 0..50 {
                        let (id, status) = if number % 5 == 0 { ("s9", 403) } else { (known, 202) };
                        let reply = browser.send("POST", path, &body(&[id], "changed", secret));
                        assert_eq!(reply.status, status);
                    }
                })
            })
            .collect();
        for _ in 0..20 {
            notified.served.browser().get("/").says(200, "Sign in");
        }
        for client in flood {
            client.join().unwrap();
        }
    });
    let store = notified.store();
    wait_until(|| store.notifications(notified.served.contoso(), now()).unwrap().waiting == 0);
    // 320 notifications led to few runs.
    let read = notified.served.vendor.notifier.state().read.clone();
    assert!((1..40).contains(&read.len()), "{read:?}");
}

#[test]
fn an_integration_that_is_deleted_is_unwatched_and_nothing_else_is_asked_of_the_vendor() {
    let notified = Notified::new();
    let served = &notified.served;
    let mut admin = served.admin();
    let place = format!("/admin/integrations/{}", served.contoso().get());
    admin.get(&place).says(200, "no meeting is cancelled");
    let delete = format!("{place}/delete");
    admin.post(&delete, &[("name", "Other")]).says(400, "so nothing was deleted");
    served.vendor.notifier.calls();
    admin.get(&place);
    admin.post(&delete, &[("name", NAME)]).leads_to("/admin?note=deleted");
    assert_eq!(served.vendor.notifier.calls(), ["unwatch a b"]);
    assert!(served.vendor.notifier.state().subscriptions.is_empty());
    assert_eq!(served.store.integrations().unwrap(), [""; 0]);
    assert_eq!(admin.get(&place).status, 404);
    says_nothing(&notified.notify(&["s1"], "changed"), 404);
}

#[test]
fn an_integration_whose_deletion_failed_after_its_subscriptions_ended_is_watched_again() {
    let notified = Notified::new();
    let Notified { served, .. } = &notified;
    let database = rusqlite::Connection::open(served.folder.path().join("ones.db")).unwrap();
    let refuse = "CREATE TRIGGER refused BEFORE DELETE ON integration
                  BEGIN SELECT raise(ABORT, 'not now'); END";
    database.execute_batch(refuse).unwrap();
    let mut admin = served.admin();
    let place = format!("/admin/integrations/{}", served.contoso().get());
    admin.get(&place);
    assert_eq!(admin.post(&format!("{place}/delete"), &[("name", NAME)]).status, 500);
    let notifier = &served.vendor.notifier;
    assert_eq!(notifier.calls().last().unwrap(), "unwatch a b");
    database.execute_batch("DROP TRIGGER refused").unwrap();
    // Saved settings wake the upkeep.
    let step = format!("{place}/settings/users");
    admin.get(&step);
    admin.post(&step, &[("/users/defaultGroups", "Staff"), ("do", "close")]);
    wait_until(|| notifier.state().subscriptions.len() == 2);
    notified.wait_until_read(&["a", "b"]);
    let made: Vec<_> = notifier.state().subscriptions.keys().cloned().collect();
    says_nothing(&notified.notify(&[&made[0]], "changed"), 202);
}

#[test]
fn hints_that_were_stored_before_a_stop_are_followed_after_the_next_start() {
    let notified = Notified::new();
    let Notified { served, .. } = &notified;
    let mut store = notified.store();
    let hint = ones_host::model::NotificationHint {
        subscription: "s2".to_owned(),
        hint: ones_host::model::Hint::Changed,
    };
    let requests = [(served.contoso(), vec![hint])];
    assert_eq!(store.note_hints(&requests, now()).unwrap()[0].known, 1);
    // It is as if the server had ended before it followed the hint: nothing tells it of one.
    let again = served.again();
    let notifier = &served.vendor.notifier;
    wait_until(|| notifier.state().read.iter().any(|read| read == &["b"]));
    drop(again);
}
