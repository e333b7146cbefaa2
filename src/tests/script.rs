//! A host for tests: its clock is set by the test, and a closure answers its requests.

use std::{
    cell::{Cell, RefCell},
    time::{Duration, SystemTime},
};

use futures_executor::block_on;
use http::Method;
use serde_json::{Value, json};

use crate::{
    directory,
    error::Error,
    host::{Dropped, Failure, Host, Request, Response, Sink, TransportError},
    model::{RoomBatch, Subject, Summary, UserBatch},
    rooms,
    settings::Settings,
};

pub(super) const GRAPH: &str = "https://graph.microsoft.com";
pub(super) const TENANT: &str = "84841066-274d-4ec0-a5c1-276be684bdd3";

/// Time of a script's clock at its start, since 1970.
pub(super) const BEGIN: Duration = Duration::from_secs(1_800_000_000);

/// An answer of a server.
pub(super) enum Reply {
    Json(u16, Value),
    /// Status, headers, body.
    Raw(u16, Vec<(&'static str, &'static str)>, String),
    /// 200 with these bytes.
    Bytes(Vec<u8>),
    Fail(Failure),
    /// An answer that takes this time, if the client waits for it.
    Late(Duration, Box<Reply>),
}

impl Reply {
    /// Returns the answer as the plugin receives it.
    pub(super) fn deliver(self) -> Result<Response, TransportError> {
        match self {
            Self::Late(..) => unreachable!("it came in the end"),
            Self::Fail(failure) => Err(TransportError { failure, detail: "by script".to_owned() }),
            Self::Json(status, body) => {
                Ok(Response { status, headers: Vec::new(), body: body.to_string().into_bytes() })
            }
            Self::Bytes(body) => Ok(Response { status: 200, headers: Vec::new(), body }),
            Self::Raw(status, headers, body) => {
                let headers = headers.into_iter().map(|(k, v)| (k.to_owned(), v.to_owned()));
                Ok(Response { status, headers: headers.collect(), body: body.into_bytes() })
            }
        }
    }
}

/// 200 with JSON.
pub(super) fn ok(body: Value) -> Reply {
    Reply::Json(200, body)
}

/// An error of Graph.
pub(super) fn refused(status: u16, code: &str) -> Reply {
    Reply::Json(status, json!({"error": {"code": code, "message": "In Microsoft's words"}}))
}

/// A request that was sent.
#[derive(Clone)]
pub(super) struct Asked {
    pub(super) method: Method,
    /// Path and query.
    pub(super) path: String,
    pub(super) origin: String,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: String,
    /// Number of earlier requests with the same path.
    pub(super) before: usize,
    /// Time since the start of the script's clock.
    pub(super) at: Duration,
}

impl Asked {
    /// Returns a request as a script sees it, at that time of its clock.
    pub(super) fn new(request: Request, at: Duration) -> Self {
        let uri = request.uri.to_string();
        let start = uri.find("://").map_or(0, |it| it + 3);
        let end = uri[start..].find('/').map_or(uri.len(), |it| start + it);
        Self {
            method: request.method,
            origin: uri[..end].to_owned(),
            path: uri[end..].to_owned(),
            headers: request.headers,
            body: String::from_utf8(request.body.unwrap_or_default()).expect("text"),
            before: 0,
            at,
        }
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(it, _)| *it == name).map(|(_, value)| value.as_str())
    }
}

pub(super) struct Script<F> {
    answer: F,
    pub(super) asked: RefCell<Vec<Asked>>,
    pub(super) clock: Cell<Duration>,
    pub(super) pauses: RefCell<Vec<Duration>>,
    chance: Cell<u64>,
}

impl<F: Fn(&Asked) -> Reply> Script<F> {
    /// Returns a host that answers with `answer`, except for token requests: a token lasts an hour.
    pub(super) fn new(answer: F) -> Self {
        Self {
            answer,
            asked: RefCell::default(),
            clock: Cell::new(BEGIN),
            pauses: RefCell::default(),
            chance: Cell::new(1),
        }
    }

    /// Returns the paths of all requests, without those for tokens.
    pub(super) fn paths(&self) -> Vec<String> {
        let asked = self.asked.borrow();
        let paths = asked.iter().map(|request| request.path.clone());
        paths.filter(|path| !path.ends_with("/token")).collect()
    }

    pub(super) fn tokens(&self) -> usize {
        self.asked.borrow().iter().filter(|request| request.path.ends_with("/token")).count()
    }
}

impl<F: Fn(&Asked) -> Reply> Host for Script<F> {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let silence = request.silence;
        let mut asked = Asked::new(request, self.clock.get().saturating_sub(BEGIN));
        asked.before =
            self.asked.borrow().iter().filter(|request| request.path == asked.path).count();
        self.asked.borrow_mut().push(asked.clone());
        let mut reply = match (self.answer)(&asked) {
            Reply::Json(404, Value::Null) if asked.path.ends_with("/token") => ok(json!({
                "token_type": "Bearer", "expires_in": 3599, "access_token": "opaque"
            })),
            // A tenant without groups, where a test is not about them.
            Reply::Json(404, Value::Null) if asked.path.starts_with("/v1.0/groups/delta") => {
                ok(json!({"value": [], "@odata.deltaLink": format!("{GRAPH}{}", asked.path)}))
            }
            reply => reply,
        };
        while let Reply::Late(time, late) = reply {
            self.clock.set(self.clock.get() + time.min(silence));
            reply = if time > silence { Reply::Fail(Failure::Timeout) } else { *late };
        }
        reply.deliver()
    }

    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + self.clock.get()
    }

    async fn sleep(&self, time: Duration) {
        self.pauses.borrow_mut().push(time);
        self.clock.set(self.clock.get() + time);
    }

    fn random(&self) -> u64 {
        // Knuth's MMIX generator: any will do.
        let next = self.chance.get().wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        self.chance.set(next);
        next
    }
}

/// Returns the answer to a request that a script does not expect.
pub(super) fn nothing() -> Reply {
    Reply::Json(404, Value::Null)
}

/// Stores batches; drops the stream after a number of them.
pub(super) struct Collected<T> {
    pub(super) batches: Vec<T>,
    pub(super) room: usize,
}

impl<T> Default for Collected<T> {
    fn default() -> Self {
        Self { batches: Vec::new(), room: usize::MAX }
    }
}

impl<T> Sink<T> for Collected<T> {
    async fn put(&mut self, batch: T) -> Result<(), Dropped> {
        if self.batches.len() == self.room {
            return Err(Dropped);
        }
        self.batches.push(batch);
        Ok(())
    }
}

pub(super) fn settings(more: Value) -> Settings {
    let mut settings = json!({"server": {
        "name": "Contoso",
        "tenantId": TENANT,
        "clientId": "6731de76-14a6-49ae-97bc-6eba6914391e",
        "clientSecret": "not~a~real~secret",
    }});
    for (step, fields) in more.as_object().expect("an object") {
        for (field, value) in fields.as_object().expect("an object") {
            settings[step][field] = value.clone();
        }
    }
    Settings::parse(&settings.to_string()).expect("good settings")
}

pub(super) type Ran<T> = (Vec<T>, Result<Summary, Error>);

pub(super) fn sync_users<F: Fn(&Asked) -> Reply>(
    script: &Script<F>,
    settings: &Settings,
    since: Option<&str>,
) -> Ran<UserBatch> {
    let mut collected = Collected::default();
    let result = block_on(directory::sync(script, settings, since, &mut collected));
    (collected.batches, result)
}

/// Returns the batches of users.
pub(super) fn user_batches(batches: Vec<UserBatch>) -> Vec<UserBatch> {
    batches.into_iter().filter(|batch| batch.subject == Subject::Users).collect()
}

pub(super) fn sync_rooms<F: Fn(&Asked) -> Reply>(
    script: &Script<F>,
    settings: &Settings,
) -> Ran<RoomBatch> {
    let mut collected = Collected::default();
    let result = block_on(rooms::sync(script, settings, &mut collected));
    (collected.batches, result)
}
