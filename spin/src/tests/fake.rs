//! A host and a plugin whose behaviour the tests set, and requests to the front end around them.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    rc::Rc,
    task::Poll,
};

use bytes::Bytes;
use futures_executor::block_on;
use futures_util::stream;
use http::{Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use ones_records::{
    BookingRequest, BookingTime, Callback, Hint, Notification, NotificationHint,
    NotificationRequest, Purpose, Redirect, RoomPosition, Subscription, TimeRange, WatchRequest,
};
use serde_json::{Value, json};

use crate::{
    answer::Answer,
    host::{Host, Store},
    plugin::{Batch, Plugin, Run},
    problem::Problem,
    routes,
};

/// Variables, clock, store and plugin.
#[derive(Clone, Default)]
pub(super) struct Fake {
    pub(super) state: Rc<State>,
}

#[derive(Default)]
pub(super) struct State {
    pub(super) variables: RefCell<BTreeMap<String, String>>,
    pub(super) stored: RefCell<BTreeMap<String, String>>,
    pub(super) has_no_store: Cell<bool>,
    pub(super) now: Cell<u64>,
    /// Number of batches that were requested.
    pub(super) batches: Cell<usize>,
    /// Settings, checkpoints and redirect URIs that the plugin received.
    received: RefCell<Vec<Value>>,
    /// Whether syncs, bookings and notifications end with an error.
    pub(super) fails: Cell<bool>,
    /// Whether the preferred wait ends before the first batch.
    pub(super) is_slow: Cell<bool>,
    /// Number of sign-ins that were begun. It is the `state` of the last one.
    sign_ins: Cell<usize>,
    random: Cell<u128>,
}

impl Fake {
    /// Returns a fake with all variables that are required.
    pub(super) fn configured() -> Self {
        let fake = Self::default();
        for name in ["tenant_id", "client_id", "client_secret"] {
            fake.set(name, name);
        }
        fake
    }

    pub(super) fn set(&self, name: &str, value: &str) {
        self.state.variables.borrow_mut().insert(name.to_owned(), value.to_owned());
    }

    pub(super) fn ask(&self, request: Request<Full<Bytes>>) -> Answer {
        block_on(routes::handle(self, self, request))
    }

    pub(super) fn get(&self, path: &str, cookie: &str) -> Answer {
        let request = Request::get(format!("http://127.0.0.1:3000{path}")).header("cookie", cookie);
        self.ask(request.body(Full::default()).unwrap())
    }

    pub(super) fn post(&self, path: &str, body: &str) -> Answer {
        let request = Request::post(format!("http://127.0.0.1:3000{path}"))
            .header("content-type", "application/json; charset=utf-8");
        self.ask(request.body(Full::from(body.to_owned())).unwrap())
    }

    /// Syncs users to the end, and returns the id of the run.
    pub(super) fn sync(&self, body: &Value) -> Option<String> {
        let answer = text(self.post("/sync/users", &body.to_string()));
        let last: Value = serde_json::from_str(answer.lines().last().unwrap()).unwrap();
        last["run"].as_str().map(str::to_owned)
    }

    /// Returns what the plugin has received since the last call.
    pub(super) fn received(&self) -> Vec<Value> {
        self.state.received.take()
    }

    /// Notes what the plugin received. Fails where the test says so.
    fn outcome(&self, received: Value) -> Result<Value, Problem> {
        self.state.received.borrow_mut().push(received);
        match self.state.fails.get() {
            false => Ok(json!({ "done": true })),
            true => Err(Problem::new(StatusCode::CONFLICT, "changed", "It has changed meanwhile")),
        }
    }

    /// Returns a sync with three batches.
    fn run(&self, checkpoints: bool) -> Run {
        let (state, fails) = (self.state.clone(), self.state.fails.get());
        let mut is_slow = self.state.is_slow.get();
        let batches = stream::unfold(0, move |number| {
            let state = state.clone();
            let pause = std::mem::take(&mut is_slow);
            async move {
                if pause {
                    once_pending().await;
                }
                state.batches.set(number + 1);
                let batch = Batch {
                    head: json!({ "number": number }),
                    lines: vec![json!({ "user": { "id": number } })],
                    checkpoint: checkpoints.then(|| format!("after {number}")),
                };
                (number < 3).then_some((batch, number + 1))
            }
        });
        let end = async move {
            let gone =
                || Problem::new(StatusCode::SERVICE_UNAVAILABLE, "gone", "The vendor is gone");
            if fails { Err(gone()) } else { Ok(json!({ "requests": 3 })) }
        };
        Run { batches: Box::pin(batches), end: Box::pin(end) }
    }
}

impl Host for Fake {
    type Store = Self;

    async fn variable(&self, name: &str) -> Result<Option<String>, Problem> {
        Ok(self.state.variables.borrow().get(name).cloned())
    }

    fn external_name(&self, name: &str) -> String {
        name.to_ascii_uppercase()
    }

    fn now(&self) -> u64 {
        self.state.now.get()
    }

    async fn wait(&self, seconds: u64) {
        if !self.state.is_slow.get() && seconds > 0 {
            std::future::pending().await
        }
    }

    fn random(&self) -> u128 {
        self.state.random.set(self.state.random.get() + 1);
        self.state.random.get()
    }

    async fn store(&self) -> Result<Option<Self>, Problem> {
        Ok((!self.state.has_no_store.get()).then(|| self.clone()))
    }
}

impl Store for Fake {
    async fn get(&self, key: &str) -> Result<Option<String>, Problem> {
        Ok(self.state.stored.borrow().get(key).cloned())
    }

    async fn set(&self, key: &str, value: &str) -> Result<(), Problem> {
        self.state.stored.borrow_mut().insert(key.to_owned(), value.to_owned());
        Ok(())
    }

    async fn delete(&self, key: &str) -> Result<(), Problem> {
        self.state.stored.borrow_mut().remove(key);
        Ok(())
    }

    async fn keys(&self) -> Result<Vec<String>, Problem> {
        Ok(self.state.stored.borrow().keys().cloned().collect())
    }
}

impl Plugin for Fake {
    fn describe(&self) -> Value {
        json!({ "name": "Test" })
    }

    async fn validate(&self, settings: String) -> Value {
        self.state.received.borrow_mut().push(serde_json::from_str(&settings).unwrap());
        json!({ "checks": [] })
    }

    async fn sync_rooms(&self, _: String) -> Run {
        self.run(false)
    }

    async fn sync_users(&self, _: String, since: Option<String>) -> Run {
        self.state.received.borrow_mut().push(json!(since));
        self.run(true)
    }

    async fn sync_bookings(&self, _: String, rooms: Vec<RoomPosition>, window: TimeRange) -> Run {
        self.state.received.borrow_mut().push(json!([rooms, window]));
        self.run(true)
    }

    async fn book_room(
        &self,
        _: String,
        request: BookingRequest,
        again: bool,
    ) -> Result<Value, Problem> {
        self.outcome(json!({ "book": request, "again": again }))
    }

    async fn check_booking(
        &self,
        _: String,
        request: BookingRequest,
        ticket: String,
    ) -> Result<Value, Problem> {
        self.outcome(json!({ "check": request.reference, "ticket": ticket }))
    }

    async fn change_booking(
        &self,
        _: String,
        former: BookingRequest,
        request: BookingRequest,
        ticket: String,
    ) -> Result<Value, Problem> {
        self.outcome(json!({ "change": [former.title, request.title], "ticket": ticket }))
    }

    async fn cancel_booking(
        &self,
        _: String,
        request: BookingRequest,
        ticket: String,
        occurrence: Option<BookingTime>,
        comment: String,
    ) -> Result<(), Problem> {
        let received = json!([request.reference, ticket, occurrence, comment]);
        self.outcome(json!({ "cancel": received })).map(drop)
    }

    async fn release_room(
        &self,
        _: String,
        room: RoomPosition,
        booking: String,
        comment: String,
    ) -> Result<(), Problem> {
        self.outcome(json!({ "release": [room.room, booking, comment] })).map(drop)
    }

    async fn watch(
        &self,
        _: String,
        subjects: Vec<WatchRequest>,
        address: String,
        secret: String,
        held: Vec<Subscription>,
        sweep: bool,
    ) -> Result<Value, Problem> {
        self.outcome(json!({ "watch": [subjects, address, secret, held, sweep] }))
    }

    async fn unwatch(&self, _: String, held: Vec<Subscription>) -> Result<(), Problem> {
        self.outcome(json!({ "unwatch": held })).map(drop)
    }

    async fn handle_notification(
        &self,
        _: String,
        secret: String,
        request: NotificationRequest,
    ) -> Result<Notification, Problem> {
        let body = String::from_utf8_lossy(&request.body).into_owned();
        self.outcome(json!({ "notification": [secret, request.query, body] }))?;
        if let Some((_, text)) = request.query.into_iter().next() {
            return Ok(Notification::Handshake(text));
        }
        let hint = NotificationHint { subscription: "s".to_owned(), hint: Hint::Changed };
        Ok(Notification::Hints(vec![hint]))
    }

    async fn begin_sign_in(
        &self,
        _: String,
        redirect_uri: String,
        purpose: Purpose,
    ) -> Result<Redirect, Problem> {
        self.state.received.borrow_mut().push(json!([redirect_uri, purpose == Purpose::Consent]));
        let number = self.state.sign_ins.get() + 1;
        self.state.sign_ins.set(number);
        Ok(Redirect {
            url: format!("https://vendor.example/?state={number}"),
            flow: format!("flow {number}; sealed"),
        })
    }

    async fn handle_callback(&self, _: String, callback: Callback) -> Result<Value, Problem> {
        let flow = callback.flow.ok_or_else(|| {
            Problem::new(StatusCode::BAD_REQUEST, "no-sign-in", "<b>No sign-in</b> is under way")
        })?;
        Ok(json!({ "flow": flow, "parameters": callback.parameters }))
    }
}

/// Is pending when it is polled for the first time.
async fn once_pending() {
    let mut was_polled = false;
    std::future::poll_fn(|context| {
        if std::mem::replace(&mut was_polled, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

pub(super) fn text(answer: Answer) -> String {
    let bytes = block_on(answer.into_body().collect()).unwrap().to_bytes();
    String::from_utf8(bytes.to_vec()).unwrap()
}

pub(super) fn value(answer: Answer) -> Value {
    serde_json::from_str(&text(answer)).unwrap()
}

/// Asserts that an answer is this problem, and returns it.
#[track_caller]
pub(super) fn assert_problem(answer: Answer, status: u16, code: &str) -> Value {
    assert_eq!(answer.status(), status);
    assert_eq!(answer.headers()["content-type"], "application/problem+json");
    let problem = value(answer);
    assert_eq!(problem["code"], code);
    assert_eq!(problem["status"], status);
    problem
}

/// Returns the part of `Set-Cookie` that a browser sends back.
pub(super) fn cookie(answer: &Answer) -> String {
    let set = answer.headers()["set-cookie"].to_str().unwrap();
    set.split(';').next().unwrap().to_owned()
}
