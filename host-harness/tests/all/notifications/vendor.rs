//! A vendor that notifies about changes, on a clock of its own.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard},
};

use ones_host::{
    Error,
    model::{
        Explanation, Hint, Notification, NotificationHint, NotificationRequest, Refusal,
        Subscription, WatchResult, WatchSubject,
    },
    plugin::CallError,
    sync::Watching,
};
use serde_json::Value;

use crate::fake::*;

/// Life of a subscription, in seconds.
pub(crate) const LIFE: i64 = 7 * 86_400;

/// The subscriptions at a vendor. Clones share them.
#[derive(Clone, Default)]
pub(crate) struct Notifier(Arc<Mutex<State>>);

#[derive(Default)]
pub(crate) struct State {
    /// By id.
    pub(crate) subscriptions: BTreeMap<String, Kept>,
    /// Time of the vendor, in seconds since 1970.
    pub(crate) now: i64,
    made: u32,
    /// What it was asked to do.
    pub(crate) calls: Vec<String>,
    /// Whether every call fails.
    pub(crate) fails: Option<Refusal>,
    /// Rooms for which it makes no subscriptions.
    pub(crate) refused: BTreeSet<String>,
    /// Rooms whose bookings were read, by run.
    pub(crate) read: Vec<Vec<String>>,
    /// Number of requests that it interpreted.
    pub(crate) interpreted: usize,
}

/// A subscription, as the vendor has it.
#[derive(Debug, Clone)]
pub(crate) struct Kept {
    pub(crate) subject: WatchSubject,
    pub(crate) address: String,
    pub(crate) secret: String,
    pub(crate) expires: i64,
}

impl Notifier {
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// Returns what it was asked to do since the last time.
    pub(crate) fn calls(&self) -> Vec<String> {
        std::mem::take(&mut self.state().calls)
    }

    /// Returns the ids of the subscriptions of a subject.
    pub(crate) fn of(&self, subject: &WatchSubject) -> Vec<String> {
        let state = self.state();
        let all = state.subscriptions.iter().filter(|(_, kept)| kept.subject == *subject);
        all.map(|(id, _)| id.clone()).collect()
    }

    pub(crate) fn of_room(&self, room: &str) -> Vec<String> {
        self.of(&WatchSubject::Room(room.to_owned()))
    }

    pub(crate) fn watch(&self, wanted: Watching) -> Result<Vec<WatchResult>, Error> {
        let mut state = self.state();
        let all: Vec<_> = wanted.subjects.iter().map(|it| text(&it.subject)).collect();
        let sweep = if wanted.sweep { "sweep" } else { "watch" };
        state.calls.push(format!("{sweep} {}", all.join(" ")).trim().to_owned());
        if let Some(refusal) = state.fails.clone() {
            return Err(CallError::Refused(refusal).into());
        }
        let now = state.now;
        state.subscriptions.retain(|_, kept| kept.expires > now);
        if wanted.sweep {
            let held: BTreeSet<_> = wanted.held.iter().map(|it| it.id.clone()).collect();
            let is_ours =
                |id: &String, kept: &Kept| kept.address != wanted.address || held.contains(id);
            state.subscriptions.retain(|id, kept| is_ours(id, kept));
        }
        let results = wanted.subjects.iter().map(|request| {
            let subject = request.subject.clone();
            if let WatchSubject::Room(room) = &subject
                && state.refused.contains(room)
            {
                let subscription = Err(unavailable());
                return WatchResult { subject, subscription, is_new: false };
            }
            let held = wanted.held.iter().find(|held| held.subject == subject);
            let known = held.filter(|held| state.subscriptions.contains_key(&held.id));
            if let Some(held) = known {
                let is_old = held.renewed + (held.expires - held.renewed) / 2 <= now;
                let kept = state.subscriptions.get_mut(&held.id).unwrap();
                let mut subscription = held.clone();
                if is_old {
                    kept.expires = now + LIFE;
                    subscription.renewed = now;
                    subscription.expires = now + LIFE;
                }
                return WatchResult { subject, subscription: Ok(subscription), is_new: false };
            }
            state.made += 1;
            let (id, expires) = (format!("s{}", state.made), now + LIFE);
            let kept = Kept {
                subject: subject.clone(),
                address: wanted.address.clone(),
                secret: wanted.secret.clone(),
                expires,
            };
            state.subscriptions.insert(id.clone(), kept);
            let made = Subscription { id, subject: subject.clone(), renewed: now, expires };
            WatchResult { subject, subscription: Ok(made), is_new: true }
        });
        Ok(results.collect())
    }

    pub(crate) fn unwatch(&self, held: Vec<Subscription>) -> Result<(), Error> {
        let mut state = self.state();
        let all: Vec<_> = held.iter().map(|it| text(&it.subject)).collect();
        state.calls.push(format!("unwatch {}", all.join(" ")));
        if let Some(refusal) = state.fails.clone() {
            return Err(CallError::Refused(refusal).into());
        }
        for Subscription { id, .. } in held {
            state.subscriptions.remove(&id);
        }
        Ok(())
    }

    /// Interprets `{"value": [{"id", "secret", "hint"}]}`.
    pub(crate) fn interpret(
        &self,
        secret: &str,
        request: &NotificationRequest,
    ) -> Result<Notification, CallError> {
        self.state().interpreted += 1;
        let token = request.query.iter().find(|(name, _)| name == "validationToken");
        if let Some((_, token)) = token {
            return Ok(Notification::Handshake(token.clone()));
        }
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let all = body["value"].as_array().into_iter().flatten();
        let hints = all.filter(|it| it["secret"] == secret).map(|it| NotificationHint {
            subscription: it["id"].as_str().unwrap_or_default().to_owned(),
            hint: match it["hint"].as_str() {
                Some("missed") => Hint::Missed,
                Some("renew") => Hint::Renew,
                Some("ended") => Hint::Ended,
                _ => Hint::Changed,
            },
        });
        let hints: Vec<_> = hints.collect();
        match hints.is_empty() {
            true => Err(CallError::Refused(Refusal::Rejected(Explanation {
                code: "forged".to_owned(),
                summary: "Nothing carries the secret".to_owned(),
                remedy: None,
                detail: None,
            }))),
            false => Ok(Notification::Hints(hints)),
        }
    }
}

fn text(subject: &WatchSubject) -> String {
    match subject {
        WatchSubject::Room(room) => room.clone(),
        WatchSubject::Users => "users".to_owned(),
        WatchSubject::Groups => "groups".to_owned(),
    }
}
