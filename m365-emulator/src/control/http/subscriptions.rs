//! The paths of the admin API for subscriptions and notifications.

use ::http::Method;
use serde::Deserialize;
use serde_json::json;

use super::{Refusal, body, done, ok};
use crate::control::Control;
use crate::state::subscriptions::LifecycleEvent;
use crate::state::subscriptions::queue::NotificationStep;
use crate::wire::{Reply, Request};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Lifecycle {
    event: LifecycleEvent,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Holding {
    hold: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    step: NotificationStep,
    #[serde(default)]
    subscription: Option<String>,
    #[serde(default)]
    count: Option<usize>,
}

pub(super) fn subscriptions(
    control: &Control,
    request: &Request,
    path: &[&str],
) -> Result<Reply, Refusal> {
    match (&request.method, path) {
        (&Method::GET, []) => ok(&json!({"value": control.subscriptions()})),
        (&Method::GET, [id, "secret"]) => {
            ok(&json!({"clientState": control.subscription_secret(id)?}))
        }
        (&Method::DELETE, [id]) => {
            let announce = request.query.option("announce") != Some("false");
            done(control.remove_subscription(id, announce))
        }
        (&Method::POST, [id, "lifecycle"]) => {
            done(control.send_lifecycle(id, body::<Lifecycle>(request)?.event))
        }
        _ => Err(Refusal::NoSuchPath),
    }
}

pub(super) fn notifications(
    control: &Control,
    request: &Request,
    path: &[&str],
) -> Result<Reply, Refusal> {
    match (&request.method, path) {
        (&Method::GET, []) => ok(&json!({"value": control.waiting_notifications()})),
        (&Method::PUT, []) => {
            control.hold_notifications(body::<Holding>(request)?.hold);
            done(Ok(()))
        }
        (&Method::POST, []) => {
            let Step { step, subscription, count } = body(request)?;
            let count = control.step_notifications(step, subscription.as_deref(), count);
            ok(&json!({"count": count}))
        }
        (&Method::GET, ["deliveries"]) => ok(&json!({"value": control.notification_deliveries()})),
        (&Method::DELETE, ["deliveries"]) => {
            control.clear_notification_deliveries();
            done(Ok(()))
        }
        (&Method::POST, ["forged"]) => done(control.forge_notification(&body(request)?)),
        _ => Err(Refusal::NoSuchPath),
    }
}
