//! The contents of the tenant in numbers, to compare a synced copy with.

use serde::Serialize;
use serde_json::Value;

use super::Control;
use crate::state::State;
use crate::tenant::entry::Removal;
use crate::tenant::place::Kind;
use crate::tenant::property::Schema;

/// The contents of the tenant in numbers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Truth {
    /// Number of users that are not deleted, including room mailboxes and shared mailboxes.
    pub users: usize,
    /// Number of guests among these users.
    pub guests: usize,
    /// Number of disabled accounts among these users.
    pub disabled: usize,
    /// Number of users in the recycle bin.
    pub recycled: usize,
    /// Number of rooms, including those that Places does not know yet.
    pub rooms: usize,
    /// Number of workspaces, including those that Places does not know yet.
    pub workspaces: usize,
    /// Number of room lists.
    pub room_lists: usize,
    /// Number of buildings.
    pub buildings: usize,
    /// Number of floors.
    pub floors: usize,
    /// Number of sections.
    pub sections: usize,
    /// Number of groups that are not deleted.
    pub groups: usize,
    /// Number of direct memberships in these groups.
    pub memberships: usize,
    /// Number of changes to users since the start.
    pub sequence: u32,
    /// Number of changes to groups and memberships since the start.
    pub group_sequence: u32,
    /// SHA-256 over all users, places, groups and memberships, in hexadecimal. Equal tenants have
    /// equal digests.
    pub digest: String,
    /// Names of the tenant's directory extensions.
    pub extensions: Vec<String>,
}

impl Control {
    /// Returns the contents of the tenant in numbers.
    #[must_use]
    pub fn truth(&self) -> Truth {
        self.read(truth)
    }
}

fn truth(state: &State) -> Truth {
    let tenant = &state.tenant;
    let directory = &tenant.directory;
    let count = |name: &str, json: &str| {
        let property = directory.schema.find(name).unwrap_or_default();
        directory.present().filter(|user| user.json(property) == Some(json)).count()
    };
    Truth {
        users: directory.present().count(),
        guests: count("userType", "\"Guest\""),
        disabled: count("accountEnabled", "false"),
        recycled: directory
            .slots()
            .iter()
            .filter(|user| user.removed == Some(Removal::Soft))
            .count(),
        rooms: tenant.rooms.len(),
        workspaces: tenant.workspaces.len(),
        room_lists: tenant.room_lists.len(),
        buildings: tenant.spaces(Kind::Building).count(),
        floors: tenant.spaces(Kind::Floor).count(),
        sections: tenant.spaces(Kind::Section).count(),
        groups: tenant.groups.present().count(),
        memberships: tenant.groups.present().map(|(_, group)| group.members().len()).sum(),
        sequence: directory.sequence(),
        group_sequence: tenant.groups.sequence(),
        digest: digest(state, &directory.schema),
        extensions: directory.schema.extensions().to_vec(),
    }
}

fn digest(state: &State, schema: &Schema) -> String {
    let tenant = &state.tenant;
    let mut context = ring::digest::Context::new(&ring::digest::SHA256);
    for user in tenant.directory.present() {
        context.update(user.id.as_bytes());
        for held in user.held() {
            context.update(schema.name(held.property).as_bytes());
            context.update(held.json.as_bytes());
        }
    }
    let rooms = tenant.bookables().map(|room| tenant.room_record(room));
    let lists = tenant.room_lists.iter().map(|list| tenant.room_list_record(list));
    let spaces = tenant.spaces.iter().map(|space| Value::Object(space.place.clone()));
    for record in rooms.chain(lists).chain(spaces) {
        context.update(record.to_string().as_bytes());
    }
    for (_, group) in tenant.groups.present() {
        context.update(group.record(&tenant.groups.schema).to_string().as_bytes());
        for member in group.members() {
            context.update(&member.number().to_be_bytes());
        }
    }
    context.finish().as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}
