//! What is in a notification
//! (<https://learn.microsoft.com/graph/api/resources/changenotification>).

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{LifecycleEvent, Subscription, Target};
use crate::tenant::calendar::id::{Named, etag, id};
use crate::tenant::calendar::item::Item;
use crate::tenant::calendar::noted::{ChangeKind, ItemChange};

/// Returns a time with an offset, as Microsoft's samples have it in notifications.
fn time(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S.0000000+00:00").to_string()
}

/// Returns the notification of a change in a calendar. A series has the id of its master.
pub(super) fn event(
    subscription: &Subscription,
    change: &ItemChange,
    kind: ChangeKind,
    item: Option<&Item>,
    tenant: &str,
) -> Value {
    let named = Named { uid: change.uid, instance: None };
    let id = id(&change.mailbox, named, subscription.form);
    let path = format!("Users/{}/Events/{id}", change.mailbox);
    let mut data = json!({"@odata.type": "#Microsoft.Graph.Event", "@odata.id": path});
    if let Some(item) = item.filter(|_| kind != ChangeKind::Deleted) {
        data["@odata.etag"] = etag(&change.mailbox, item).into();
    }
    data["id"] = id.into();
    changed(subscription, kind, &path, data, tenant)
}

/// Returns the notification of a change of a user or group.
pub(super) fn directory(
    subscription: &Subscription,
    id: &str,
    kind: ChangeKind,
    number: u32,
    tenant: &str,
) -> Value {
    let (collection, name) = match subscription.target {
        Target::Groups => ("Groups", "#Microsoft.Graph.Group"),
        Target::Users | Target::Events(_) => ("Users", "#Microsoft.Graph.User"),
    };
    let path = format!("{collection}/{id}");
    let data = json!({
        "@odata.type": name,
        "@odata.id": path,
        "id": id,
        "organizationId": tenant,
        "sequenceNumber": number,
    });
    changed(subscription, kind, &path, data, tenant)
}

fn changed(
    subscription: &Subscription,
    kind: ChangeKind,
    path: &str,
    data: Value,
    tenant: &str,
) -> Value {
    json!({
        "subscriptionId": subscription.id,
        "subscriptionExpirationDateTime": time(subscription.expires),
        "changeType": kind.name(),
        "resource": path,
        "resourceData": data,
        "clientState": subscription.client_state,
        "tenantId": tenant,
    })
}

/// Returns a lifecycle notification, which names no resource.
pub(super) fn lifecycle(subscription: &Subscription, event: LifecycleEvent, tenant: &str) -> Value {
    json!({
        "lifecycleEvent": event.name(),
        "subscriptionId": subscription.id,
        "subscriptionExpirationDateTime": time(subscription.expires),
        "clientState": subscription.client_state,
        "tenantId": tenant,
    })
}
