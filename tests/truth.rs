//! What ONES has to store: the users and groups of the tenant that the settings select.

use std::collections::{BTreeMap, BTreeSet};

use m365_emulator::Members;
use serde_json::{Value, json};

use crate::{Scene, text};

impl Scene {
    /// Returns the tenant's users that the settings select, by id.
    pub fn expected_users(&self) -> BTreeMap<String, Value> {
        let settings = &self.settings["users"];
        let includes = |setting: &str| settings[setting] == json!(true);
        let rooms: Vec<String> =
            self.rooms().iter().map(|room| text(room, "emailAddress")).collect();
        let members = self.expected_members();
        let only = settings["onlyGroups"].as_array().filter(|groups| !groups.is_empty());
        let inside = |id: &str| {
            let is_in = |group: &Value| {
                let members = members.get(group.as_str().unwrap_or_default());
                members.is_some_and(|members| members.contains(id))
            };
            only.is_none_or(|groups| groups.iter().any(is_in))
        };
        let is_selected = |user: &&Value| {
            (includes("includeDisabled") || user["accountEnabled"] == json!(true))
                && (includes("includeGuests") || user["userType"] != json!("Guest"))
                && !rooms.contains(&text(user, "mail"))
                && inside(&text(user, "id"))
        };
        let users = self.users();
        users.iter().filter(is_selected).map(|user| (text(user, "id"), user.clone())).collect()
    }

    /// Returns the ids of all users in each group, directly or through other groups, whether
    /// selected or not.
    pub fn expected_members(&self) -> BTreeMap<String, BTreeSet<String>> {
        let mut direct: BTreeMap<String, Members> = BTreeMap::new();
        self.each_group(|id, members| {
            direct.insert(id.to_owned(), members);
        });
        let all = |group: &String| {
            let (mut users, mut seen, mut open) = (BTreeSet::new(), BTreeSet::new(), vec![group]);
            while let Some(group) = open.pop() {
                if let Some(members) = direct.get(group).filter(|_| seen.insert(group)) {
                    users.extend(members.users.iter().cloned());
                    open.extend(&members.groups);
                }
            }
            users
        };
        direct.keys().map(|group| (group.clone(), all(group))).collect()
    }

    /// Expects that ONES stores the tenant's groups, with those members that are selected.
    #[track_caller]
    pub fn assert_groups_match(&self) {
        let users = self.expected_users();
        let truth: BTreeMap<_, _> = self
            .expected_members()
            .into_iter()
            .map(|(id, members)| {
                let selected = members.into_iter().filter(|id| users.contains_key(id));
                (id, selected.collect::<BTreeSet<_>>())
            })
            .collect();
        let stored = self.synced_groups();
        let ids = |group: &Value| {
            let ids = group["memberIds"].as_array().cloned().unwrap_or_default();
            ids.iter().filter_map(|id| id.as_str().map(str::to_owned)).collect::<BTreeSet<_>>()
        };
        let members: BTreeMap<_, _> =
            stored.iter().map(|(id, group)| (id.clone(), ids(group))).collect();
        assert_eq!(members, truth);
        for group in self.groups() {
            let stored = &stored[&text(&group, "id")];
            assert_eq!(text(stored, "name"), text(&group, "displayName"));
            assert_eq!(text(stored, "description"), text(&group, "description"));
            assert_eq!(text(stored, "email"), text(&group, "mail"));
        }
    }
}
