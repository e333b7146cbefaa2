//! Several runs against one tenant, which reports and answers differently in each.

use std::{cell::Cell, time::Duration};

use serde_json::{Value, json};

use crate::{
    directory,
    model::{Owed, User, UserBatch, UserChange},
    settings::Settings,
    tests::{
        script::{Collected, GRAPH, Ran, Script, nothing, ok, refused, settings},
        users::{batch, page},
    },
};

/// Time at which every test begins, in seconds since 1970.
pub(super) const NOW: u64 = 1_800_000_000;

/// What a tenant reports and answers during one run.
pub(super) struct During<'a> {
    /// Items that `/users/delta` and `/groups/delta` report.
    pub(super) users: Vec<Value>,
    pub(super) groups: Vec<Value>,
    /// Answers a read by id or a check of groups.
    pub(super) by_id: &'a dyn Fn(&str) -> (u16, Value),
    /// Status of Places, which has one room: `room@contoso.com`.
    pub(super) places: u16,
    /// Whether Graph forgot the delta link of users.
    pub(super) forgot: bool,
    /// Users that a listing contains.
    pub(super) listed: Vec<Value>,
}

impl Default for During<'_> {
    fn default() -> Self {
        let (users, groups, listed) = (Vec::new(), Vec::new(), Vec::new());
        Self { users, groups, by_id: &not_found, places: 200, forgot: false, listed }
    }
}

pub(super) fn not_found(_: &str) -> (u16, Value) {
    (404, json!({"error": {"code": "Request_ResourceNotFound", "message": "-"}}))
}

pub(super) fn failed(_: &str) -> (u16, Value) {
    (500, json!({"error": {"code": "internal", "message": "-"}}))
}

/// Several runs against one tenant.
pub(super) struct Story {
    pub(super) settings: Settings,
    pub(super) now: Cell<u64>,
    pub(super) since: Option<String>,
    pub(super) asked: Vec<String>,
}

impl Story {
    /// Begins with a full run over an empty tenant.
    pub(super) fn new(more: Value) -> Self {
        let settings = settings(more);
        let mut story = Self { settings, now: Cell::new(NOW), since: None, asked: Vec::new() };
        story.run(During::default()).1.expect("a good run");
        story
    }

    pub(super) fn run(&mut self, during: During<'_>) -> Ran<UserBatch> {
        let next = |kind: &str| format!("{GRAPH}/v1.0/{kind}/delta?$deltatoken=next");
        let script = Script::new(|asked| match asked.path.as_str() {
            path if path.contains("/users/delta") && path.contains("latest") => {
                page(&[], "@odata.deltaLink", "next")
            }
            path if path.contains("/users/delta?") && during.forgot && asked.before == 0 => {
                refused(410, "resyncRequired")
            }
            path if path.contains("/users/delta?") => {
                ok(json!({"value": during.users, "@odata.deltaLink": next("users")}))
            }
            path if path.contains("/groups/delta?") => {
                ok(json!({"value": during.groups, "@odata.deltaLink": next("groups")}))
            }
            path if path.starts_with("/v1.0/users?") => ok(json!({"value": during.listed})),
            path if path.contains("/transitiveMembers?") => ok(json!({"value": []})),
            path if path.contains("/places/") && during.places != 200 => {
                refused(during.places, "UnknownError")
            }
            path if path.contains("/places/") => ok(json!({"value": [
                {"id": "r", "emailAddress": "room@contoso.com", "displayName": "Room"},
            ]})),
            "/v1.0/$batch" => batch(asked, |url, _| (during.by_id)(url)),
            _ => nothing(),
        });
        script.clock.set(Duration::from_secs(self.now.get()));
        let mut collected = Collected::default();
        let since = self.since.as_deref();
        let run = directory::sync(&script, &self.settings, since, &mut collected);
        let result = futures_executor::block_on(run);
        self.asked = script.paths();
        self.since =
            collected.batches.last().map(|batch| batch.checkpoint.clone()).or(self.since.take());
        (collected.batches, result)
    }

    pub(super) fn wait(&self, seconds: u64) {
        self.now.set(self.now.get() + seconds);
    }

    /// Number of batches of reads by id or checks of groups in the latest run.
    pub(super) fn batches(&self) -> usize {
        self.asked.iter().filter(|path| path.ends_with("$batch")).count()
    }
}

pub(super) fn changes(ran: &Ran<UserBatch>) -> Vec<&UserChange> {
    ran.0.iter().flat_map(|batch| &batch.changes).collect()
}

pub(super) fn owed(ran: &Ran<UserBatch>) -> Option<Owed> {
    ran.1.as_ref().expect("a good run").owed
}

pub(super) fn only_user(ran: &Ran<UserBatch>) -> User {
    match changes(ran)[..] {
        [UserChange::User(user)] => user.clone(),
        ref other => panic!("{other:?}"),
    }
}
