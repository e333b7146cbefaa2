//! What ONES is to end up with: the tenant's truth under the settings.

use std::collections::{BTreeMap, BTreeSet};

use m365_emulator::Members;
use serde_json::{Value, json};

use crate::{Scene, text};

impl Scene {
    /// People as the tenant knows them: those that the settings select.
    pub fn expected_users(&self) -> BTreeMap<String, Value> {
        let settings = &self.settings["users"];
        let includes = |what: &str| settings[what] == json!(true);
        let rooms: Vec<String> = self.rooms().iter().map(|it| text(it, "emailAddress")).collect();
        let members = self.expected_members();
        let only = settings["onlyGroups"].as_array().filter(|it| !it.is_empty());
        let inside = |id: &str| {
            let is_in = |group: &Value| {
                members.get(group.as_str().unwrap_or_default()).is_some_and(|it| it.contains(id))
            };
            only.is_none_or(|groups| groups.iter().any(is_in))
        };
        let is_person = |user: &&Value| {
            (includes("includeDisabled") || user["accountEnabled"] == json!(true))
                && (includes("includeGuests") || user["userType"] != json!("Guest"))
                && !rooms.contains(&text(user, "mail"))
                && inside(&text(user, "id"))
        };
        let users = self.users();
        users.iter().filter(is_person).map(|it| (text(it, "id"), it.clone())).collect()
    }

    /// Everybody in each group, also by way of other groups, whether selected or not.
    pub fn expected_members(&self) -> BTreeMap<String, BTreeSet<String>> {
        let mut direct: BTreeMap<String, Members> = BTreeMap::new();
        self.each_group(|id, members| {
            direct.insert(id.to_owned(), members);
        });
        let all = |group: &String| {
            let (mut people, mut seen, mut open) = (BTreeSet::new(), BTreeSet::new(), vec![group]);
            while let Some(group) = open.pop() {
                if let Some(members) = direct.get(group).filter(|_| seen.insert(group)) {
                    people.extend(members.users.iter().cloned());
                    open.extend(&members.groups);
                }
            }
            people
        };
        direct.keys().map(|it| (it.clone(), all(it))).collect()
    }

    /// Expects ONES to have the tenant's groups, with those of its people who are in them.
    #[track_caller]
    pub fn assert_groups_match(&self) {
        let people = self.expected_users();
        let truth: BTreeMap<_, _> = self
            .expected_members()
            .into_iter()
            .map(|(id, members)| {
                let selected = members.into_iter().filter(|it| people.contains_key(it));
                (id, selected.collect::<BTreeSet<_>>())
            })
            .collect();
        let kept = self.synced_groups();
        let ids = |group: &Value| {
            let ids = group["memberIds"].as_array().cloned().unwrap_or_default();
            ids.iter().filter_map(|it| it.as_str().map(str::to_owned)).collect::<BTreeSet<_>>()
        };
        let members: BTreeMap<_, _> = kept.iter().map(|(id, it)| (id.clone(), ids(it))).collect();
        assert_eq!(members, truth);
        for group in self.groups() {
            let kept = &kept[&text(&group, "id")];
            assert_eq!(text(kept, "name"), text(&group, "displayName"));
            assert_eq!(text(kept, "description"), text(&group, "description"));
            assert_eq!(text(kept, "email"), text(&group, "mail"));
        }
    }
}
