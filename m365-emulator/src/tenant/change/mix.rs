//! A random mix of changes as they happen in a company: joiners, leavers, renames and moves.

use std::collections::HashSet;

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::error::ControlError;
use crate::random::Random;
use crate::tenant::Tenant;
use crate::tenant::entry::{Removal, Slot};

/// One change of one user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    /// Object id of the user.
    pub id: String,
    /// Kind of the change.
    pub kind: ChangeKind,
    /// Display name of the user after the change.
    pub display_name: String,
}

/// Kinds of changes of a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum ChangeKind {
    /// Was added.
    Joined,
    /// Was deleted and can be restored.
    Left,
    /// Was deleted permanently.
    Erased,
    /// Was restored from the recycle bin.
    Restored,
    /// Got another surname, display name and user principal name.
    Renamed,
    /// Got another job title, department and office.
    Moved,
    /// Got another phone number, or none.
    Rephoned,
    /// Can no longer sign in.
    Disabled,
    /// Can sign in again.
    Enabled,
}

impl Tenant {
    /// Changes the given number of users, and a tenth as many memberships. The same calls on the
    /// same tenant make the same changes.
    pub(crate) fn mix(&mut self, count: usize) -> Result<Vec<Change>, ControlError> {
        self.mixes += 1;
        let mut random = Random::stream(self.seed, &format!("mix {}", self.mixes));
        let mailboxes: HashSet<&str> = self.bookables().map(|room| room.user.as_str()).collect();
        let mut present: Vec<Slot> = Vec::new();
        let mut binned: Vec<Slot> = Vec::new();
        for (slot, user) in self.directory.slots().iter().enumerate() {
            let slot = Slot::try_from(slot).unwrap_or_default();
            match user.removed {
                None if !mailboxes.contains(user.id.as_str()) => present.push(slot),
                Some(Removal::Soft) => binned.push(slot),
                _ => {}
            }
        }
        let mut changes = Vec::with_capacity(count);
        for _ in 0..count {
            let draw = random.below(100);
            let change = match draw {
                0..15 => self.join(&mut random)?,
                15..20 if !binned.is_empty() => {
                    let slot = binned.swap_remove(random.below(binned.len()));
                    self.bring_back(slot)
                }
                // No user changes twice in one mix, so that the changes can be counted.
                _ if present.is_empty() => self.join(&mut random)?,
                _ => {
                    let slot = present.swap_remove(random.below(present.len()));
                    self.change_user(slot, draw, &mut random)?
                }
            };
            changes.push(change);
        }
        self.mix_memberships(count.div_ceil(10));
        Ok(changes)
    }

    fn join(&mut self, random: &mut Random) -> Result<Change, ControlError> {
        let mut inventor = self.inventor(&format!("joiner {}", self.invented)).after(self.invented);
        self.invented += 1;
        let slot = self.directory.add(random.guid(), &inventor.employee(), true)?;
        Ok(self.describe(slot, ChangeKind::Joined))
    }

    /// Restores a user from the recycle bin.
    fn bring_back(&mut self, slot: Slot) -> Change {
        // If the user principal name has been taken, the user is deleted permanently.
        let kind = match self.restore_at(slot) {
            Ok(()) => ChangeKind::Restored,
            Err(_) => {
                self.remove_at(slot, Removal::Permanent);
                ChangeKind::Erased
            }
        };
        self.describe(slot, kind)
    }

    /// Changes a present user. `draw` is a number below 100 that selects the kind of change.
    fn change_user(
        &mut self,
        slot: Slot,
        draw: usize,
        random: &mut Random,
    ) -> Result<Change, ControlError> {
        let kind = match draw {
            15..27 => {
                self.remove_at(slot, Removal::Soft);
                ChangeKind::Left
            }
            27..30 => {
                self.remove_at(slot, Removal::Permanent);
                ChangeKind::Erased
            }
            30..45 => self.patch_with(slot, &self.new_name(slot, random), ChangeKind::Renamed)?,
            45..70 => {
                let mut inventor = self.inventor(&format!("move {}", random.next()));
                let mut other = inventor.employee();
                other.retain(|name, _| {
                    matches!(name.as_str(), "jobTitle" | "department" | "officeLocation")
                });
                other.entry("jobTitle").or_insert(Value::Null);
                other.entry("officeLocation").or_insert(Value::Null);
                self.patch_with(slot, &other, ChangeKind::Moved)?
            }
            70..90 => {
                let property = self.directory.schema.find("mobilePhone").unwrap_or_default();
                let had_one =
                    self.directory.at(slot).is_some_and(|user| user.text(property).is_some());
                let phone = match had_one && random.percent(20) {
                    true => None,
                    false => Some(format!("+1 555 {}", random.digits(7))),
                };
                let phones = object(json!({"mobilePhone": phone}));
                self.patch_with(slot, &phones, ChangeKind::Rephoned)?
            }
            _ => {
                let property = self.directory.schema.find("accountEnabled").unwrap_or_default();
                let enabled =
                    self.directory.at(slot).and_then(|user| user.json(property)) == Some("true");
                let kind = if enabled { ChangeKind::Disabled } else { ChangeKind::Enabled };
                self.patch_with(slot, &object(json!({"accountEnabled": !enabled})), kind)?
            }
        };
        Ok(self.describe(slot, kind))
    }

    fn patch_with(
        &mut self,
        slot: Slot,
        changes: &Map<String, Value>,
        kind: ChangeKind,
    ) -> Result<ChangeKind, ControlError> {
        self.directory.patch(slot, changes)?;
        Ok(kind)
    }

    /// Returns the properties that change with a new surname. The old address stays as an alias.
    fn new_name(&self, slot: Slot, random: &mut Random) -> Map<String, Value> {
        let get = |name: &str| {
            let property = self.directory.schema.find(name)?;
            self.directory.at(slot)?.text(property)
        };
        let surname = random.pick(&[
            "Ångström",
            "Nguyễn",
            "Łukasiewicz",
            "Novák",
            "García Márquez",
            "Østergård",
        ]);
        // Without a given name, the first word of the display name stands in.
        let shown = get("displayName").unwrap_or_default();
        let first = || shown.split_whitespace().next().unwrap_or_default().to_owned();
        let given = get("givenName").unwrap_or_else(first);
        let mut changes = object(json!({
            "surname": surname,
            "displayName": format!("{given} {surname}"),
        }));
        // The names of guests belong to their own company.
        if get("userType").as_deref() == Some("Member") {
            let address = format!("renamed{}-{slot}@{}", self.mixes, self.domain);
            changes.insert("userPrincipalName".to_owned(), address.clone().into());
            if let Some(old) = get("mail") {
                let proxies = json!([format!("SMTP:{address}"), format!("smtp:{old}")]);
                changes.insert("mail".to_owned(), address.into());
                changes.insert("proxyAddresses".to_owned(), proxies);
            }
        }
        changes
    }

    fn describe(&self, slot: Slot, kind: ChangeKind) -> Change {
        let property = self.directory.schema.find("displayName").unwrap_or_default();
        let user = self.directory.at(slot);
        Change {
            id: user.map(|user| user.id.clone()).unwrap_or_default(),
            kind,
            display_name: user.and_then(|user| user.text(property)).unwrap_or_default(),
        }
    }
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}
