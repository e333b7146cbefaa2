//! Subscriptions to notifications of changes: how they are made, renewed and ended, and what they
//! send.

mod changes;
mod delivery;
mod life;

use m365_emulator::Notifications;
use reqwest::Method;
use serde_json::{Value, json};

use crate::outlook::{Calendar, room};
use crate::receiver::Receiver;
use crate::session::{Answer, Session, send};

const SECRET: &str = "k3fJx0Qm81";

/// A time within a week of [`crate::outlook::NOW`].
const SOON: &str = "2027-01-10T00:00:00Z";

/// Returns a subscription to the events of a room.
fn wish(receiver: &Receiver, number: usize) -> Value {
    json!({
        "changeType": "created,updated,deleted",
        "resource": format!("users/{}/events", room(number)),
        "notificationUrl": receiver.url,
        "lifecycleNotificationUrl": receiver.url,
        "expirationDateTime": SOON,
        "clientState": SECRET,
    })
}

fn with(mut wish: Value, member: &str, value: impl Into<Value>) -> Value {
    wish[member] = value.into();
    wish
}

/// Asks for a subscription whose notifications have immutable ids.
async fn ask(session: &Session, wish: &Value) -> Answer {
    let request = session.http.post(session.url("/subscriptions")).bearer_auth(session.bearer());
    send(request.header("Prefer", "IdType=\"ImmutableId\"").json(wish)).await
}

/// Makes a subscription, and returns its id.
async fn subscribe(session: &Session, wish: &Value) -> String {
    ask(session, wish).await.expect(201)["id"].as_str().unwrap().to_owned()
}

async fn request(session: &Session, method: Method, id: &str, body: &Value) -> Answer {
    let url = session.url(&format!("/subscriptions/{id}"));
    send(session.http.request(method, url).bearer_auth(session.bearer()).json(body)).await
}

fn book(session: &Session) -> m365_emulator::BookedMeeting {
    let booking = session.booking("2027-05-11T09:00", "2027-05-11T10:00");
    session.emulator.book(&booking).unwrap()
}

/// Returns a member of each notification.
fn each(notifications: &[Value], member: &str) -> Vec<String> {
    let text = |item: &Value| item[member].as_str().unwrap_or_default().to_owned();
    notifications.iter().map(text).collect()
}

/// Changes how notifications are sent.
fn behave(session: &Session, change: impl FnOnce(&mut Notifications)) {
    session.emulator.update_settings(|settings| change(&mut settings.notifications));
}
