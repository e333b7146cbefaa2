//! A subscription as JSON.

use serde_json::{Map, Value, json};

use crate::state::State;
use crate::state::subscriptions::Subscription;

/// Returns a subscription that was made now: with its `clientState`.
pub(super) fn made(state: &State, subscription: &Subscription) -> Map<String, Value> {
    let mut shown = listed(state, subscription);
    shown.insert("clientState".to_owned(), json!(subscription.client_state));
    shown
}

/// Returns a subscription without its `clientState`
/// (<https://github.com/microsoftgraph/microsoft-graph-docs/issues/6709>).
pub(super) fn listed(state: &State, subscription: &Subscription) -> Map<String, Value> {
    let expires = subscription.expires.strftime("%Y-%m-%dT%H:%M:%S.0000000Z").to_string();
    let shown = json!({
        "id": subscription.id,
        "resource": subscription.resource,
        "applicationId": state.registration.client_id,
        "changeType": subscription.change_type(),
        "clientState": null,
        "notificationUrl": subscription.notification_url,
        "notificationQueryOptions": null,
        "notificationContentType": null,
        "lifecycleNotificationUrl": subscription.lifecycle_url,
        "expirationDateTime": expires,
        "creatorId": state.registration.object_id,
        "includeResourceData": null,
        "latestSupportedTlsVersion": "v1_2",
        "encryptionCertificate": null,
        "encryptionCertificateId": null,
        "notificationUrlAppId": null,
    });
    match shown {
        Value::Object(shown) => shown,
        _ => Map::new(),
    }
}
