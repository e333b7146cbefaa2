//! What is told of people and groups becomes what is stored.

use jiff::Timestamp;

use super::{
    Action, Observer, Run,
    change::{Record as _, describe},
};
use crate::{
    error::Error,
    model::{Membership, Removal, Unreadable, UserChange},
    store::{Kind, Put, RunCounts, StoreError, Transaction},
};

/// Stores changes as told by the enumeration `seen`, or, where they are not `listed`, after
/// it; together with where the sync `then` stands.
pub(super) fn store(
    run: &mut Run<'_>,
    changes: Vec<UserChange>,
    seen: i64,
    listed: bool,
    then: impl FnOnce(&Transaction<'_>) -> Result<(), StoreError>,
) -> Result<(), Error> {
    let (observer, default_groups) = (&mut *run.observer, run.options.default_groups.as_slice());
    let counts = run.counts;
    let now = run.options.now.unwrap_or_else(Timestamp::now);
    let (counts, unreadable) = run.store.transaction(run.integration, |transaction| {
        let mut storing = Storing {
            transaction,
            observer,
            default_groups,
            now,
            seen,
            listed,
            counts,
            unreadable: Vec::new(),
        };
        changes.into_iter().try_for_each(|it| storing.store(it))?;
        then(transaction)?;
        Ok::<_, Error>((storing.counts, storing.unreadable))
    })?;
    run.counts = counts;
    run.note_unreadable(unreadable);
    Ok(())
}

struct Storing<'a> {
    transaction: &'a Transaction<'a>,
    observer: &'a mut dyn Observer,
    default_groups: &'a [String],
    now: Timestamp,
    seen: i64,
    listed: bool,
    counts: RunCounts,
    unreadable: Vec<Unreadable>,
}

impl Storing<'_> {
    fn store(&mut self, change: UserChange) -> Result<(), Error> {
        match change {
            UserChange::User(user) => {
                let json = match user.to_json() {
                    Ok(json) => json,
                    Err(it) => return self.store(UserChange::UserUnreadable(it)),
                };
                let put = self.put(Kind::User, &user, &json)?;
                if put == Put::Created {
                    self.transaction.join(user.id(), self.default_groups)?;
                }
            }
            UserChange::Group(group) => {
                let json = match group.to_json() {
                    Ok(json) => json,
                    Err(it) => return self.store(UserChange::GroupUnreadable(it)),
                };
                self.put(Kind::Group, &group, &json)?;
                if self.listed {
                    self.transaction.list_group(group.id(), Some(self.seen))?;
                }
            }
            // To be told apart: a user that is not known stays unknown, one answer is no proof.
            UserChange::UserIfKnown(_) | UserChange::UserMissing(..) => {}
            UserChange::GroupMissing(_) => {}
            UserChange::UserRemoved(id, reason) => self.remove(Kind::User, &id, reason)?,
            UserChange::GroupRemoved(id, reason) => {
                self.transaction.list_group(&id, None)?;
                self.remove(Kind::Group, &id, reason)?;
            }
            UserChange::UserUnreadable(it) => {
                self.transaction.put_off_deletion(&it.id, self.now)?;
                self.keep(Kind::User, it)?;
            }
            UserChange::GroupUnreadable(it) => {
                self.transaction.list_group(&it.id, Some(-self.seen))?;
                self.keep(Kind::Group, it)?;
            }
            UserChange::MemberAdded(it) => self.add(&it)?,
            UserChange::MemberRemoved(it) => {
                let removed = self.transaction.remove_member(&it)?;
                self.counts.memberships.removed += u64::from(removed);
            }
        }
        Ok(())
    }

    fn put(
        &mut self,
        kind: Kind,
        record: &impl super::Record,
        json: &str,
    ) -> Result<Put, StoreError> {
        let put = self.transaction.put(kind, record.id(), json, record.email(), self.seen)?;
        let (added, updated) = note(self.observer, kind, &put, json);
        if kind == Kind::Group {
            self.counts.groups.added += added;
            self.counts.groups.updated += updated;
        } else {
            self.counts.added += added;
            self.counts.updated += updated;
        }
        Ok(put)
    }

    fn remove(&self, kind: Kind, id: &str, reason: Removal) -> Result<(), StoreError> {
        self.transaction.ask_removal(kind, id, reason.as_str())
    }

    fn keep(&mut self, kind: Kind, it: Unreadable) -> Result<(), StoreError> {
        self.transaction.mark(kind, &it.id, self.seen)?;
        self.unreadable.push(it);
        Ok(())
    }

    fn add(&mut self, it: &Membership) -> Result<(), StoreError> {
        let added = self.transaction.add_member(it, self.seen)?;
        self.counts.memberships.added += u64::from(added);
        Ok(())
    }
}

/// Tells what storing a record did. Returns how many were added, and how many updated.
pub(super) fn note(observer: &mut dyn Observer, kind: Kind, put: &Put, json: &str) -> (u64, u64) {
    match put {
        Put::Created | Put::Returned => {
            observer.changed(describe(kind, Action::Added, json, None, None));
            (1, 0)
        }
        Put::Updated(before) => {
            observer.changed(describe(kind, Action::Updated, json, Some(before), None));
            (0, 1)
        }
        Put::Unchanged => (0, 0),
    }
}
