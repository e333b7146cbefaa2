//! Changes of users and groups, as they are stored.

use super::{Action, Observer, Run, change::describe};
use crate::{
    error::Error,
    model::{Removal, Removed, Unreadable, User, UserChange},
    store::{
        Kind, NewMembers, Numbers, Put, Record, Reported, RunCounts, Sighting, StoreError,
        Transaction,
    },
};

/// Stores changes as reported by the enumeration `seen`, or after it where they are not `listed`,
/// together with the state of the sync, which `then` stores.
pub(super) fn store<'a>(
    run: &mut Run<'_>,
    changes: impl IntoIterator<Item = UserChange<&'a str>>,
    seen: i64,
    listed: bool,
    then: impl FnOnce(&Transaction<'_>) -> Result<(), StoreError>,
) -> Result<(), Error> {
    let sighting = Sighting { seen, at: run.now() };
    let (observer, default_groups) = (&mut *run.observer, run.options.default_groups.as_slice());
    let (counts, numbers) = (run.counts, &mut run.numbers);
    let (counts, unreadable) = run.store.transaction(run.integration, |transaction| {
        let mut storing = Storing {
            transaction,
            records: transaction.reported()?,
            observer,
            default_groups,
            sighting,
            listed,
            numbers,
            members: NewMembers::default(),
            counts,
            unreadable: Vec::new(),
        };
        changes.into_iter().try_for_each(|it| storing.store(it))?;
        storing.store_members()?;
        then(transaction)?;
        Ok::<_, Error>((storing.counts, storing.unreadable))
    })?;
    run.counts = counts;
    run.note_unreadable(unreadable);
    Ok(())
}

struct Storing<'a> {
    transaction: &'a Transaction<'a>,
    records: Reported<'a>,
    observer: &'a mut dyn Observer,
    default_groups: &'a [String],
    sighting: Sighting,
    listed: bool,
    numbers: &'a mut Numbers,
    members: NewMembers,
    counts: RunCounts,
    unreadable: Vec<Unreadable>,
}

impl Storing<'_> {
    fn store(&mut self, change: UserChange<&str>) -> Result<(), Error> {
        match change {
            UserChange::User(user) => self.store_user(user)?,
            UserChange::UserIfKnown(user) => {
                if self.transaction.is_active(Kind::User, user.id)? {
                    self.store_user(user)?;
                }
            }
            UserChange::Group(group) => match self.put(Kind::Group, &group)? {
                Ok(_) if self.listed => {
                    self.transaction.list_group(group.id, Some(self.sighting.seen))?;
                }
                Ok(_) => {}
                Err(it) => self.keep_group(it)?,
            },
            UserChange::UserMissing(Removed { id, .. }) => {
                self.transaction.doubt(Kind::User, id, self.sighting.at)?;
            }
            UserChange::GroupMissing(id) => {
                self.transaction.list_group(id, None)?;
                self.transaction.doubt(Kind::Group, id, self.sighting.at)?;
            }
            UserChange::UserRemoved(Removed { id, removal: reason }) => {
                self.remove(Kind::User, id, reason)?
            }
            UserChange::GroupRemoved(Removed { id, removal: reason }) => {
                self.transaction.list_group(id, None)?;
                self.remove(Kind::Group, id, reason)?;
            }
            UserChange::UserUnreadable(it) => self.keep_user(owned(it))?,
            UserChange::GroupUnreadable(it) => self.keep_group(owned(it))?,
            UserChange::MemberAdded(it) => {
                self.transaction.add_member(it, self.numbers, &mut self.members)?;
            }
            UserChange::MemberRemoved(it) => {
                // It may have been added before.
                self.store_members()?;
                let removed = self.transaction.remove_member(it)?;
                self.counts.memberships.removed += u64::from(removed);
            }
        }
        Ok(())
    }

    /// Stores a user. Fields that could not be read are those of the stored record; a new record
    /// lacks them.
    fn store_user(&mut self, user: User<&str>) -> Result<(), StoreError> {
        let stored: User;
        // Bound again, since its texts may now come from `stored`.
        let mut user = user;
        if !user.unknown.is_empty() {
            stored = self.transaction.stored(Kind::User, user.id)?.unwrap_or_default();
            user.keep_unknown(&stored);
        }
        match self.put(Kind::User, &user)? {
            Ok(Put::Created) => self.transaction.join(user.id, self.default_groups),
            Ok(_) => Ok(()),
            Err(it) => self.keep_user(it),
        }
    }

    /// Stores a record. The inner error means that the record cannot be stored.
    fn put(
        &mut self,
        kind: Kind,
        record: &impl Record,
    ) -> Result<Result<Put, Unreadable>, StoreError> {
        let json = match record.to_json() {
            Ok(json) => json,
            Err(unreadable) => return Ok(Err(unreadable)),
        };
        // Hardly any record of the first enumeration is stored.
        let is_first = self.listed && self.sighting.seen == 1;
        let put = if is_first && self.records.put_new(kind, record, &json, self.sighting)? {
            Put::Created
        } else {
            self.records.put(kind, record, &json, self.sighting)?
        };
        let (added, updated) = note(self.observer, kind, &put, &json);
        if kind == Kind::Group {
            self.counts.groups.added += added;
            self.counts.groups.updated += updated;
        } else {
            self.counts.added += added;
            self.counts.updated += updated;
        }
        Ok(Ok(put))
    }

    fn remove(&self, kind: Kind, id: &str, reason: Removal) -> Result<(), StoreError> {
        self.transaction.ask_removal(kind, id, reason.as_str())
    }

    fn keep_user(&mut self, it: Unreadable) -> Result<(), StoreError> {
        self.transaction.put_off_deletion(&it.id, self.sighting.at)?;
        self.keep(Kind::User, it)
    }

    fn keep_group(&mut self, it: Unreadable) -> Result<(), StoreError> {
        self.transaction.list_group(&it.id, Some(-self.sighting.seen))?;
        self.keep(Kind::Group, it)
    }

    fn keep(&mut self, kind: Kind, it: Unreadable) -> Result<(), StoreError> {
        self.transaction.mark(kind, &it.id, self.sighting)?;
        self.unreadable.push(it);
        Ok(())
    }

    fn store_members(&mut self) -> Result<(), StoreError> {
        let added = self.transaction.store_members(&mut self.members, self.sighting.seen)?;
        self.counts.memberships.added += added;
        Ok(())
    }
}

fn owned(Unreadable { id, reason }: Unreadable<&str>) -> Unreadable {
    Unreadable { id: id.to_owned(), reason: reason.to_owned() }
}

/// Reports the result of storing a record. Returns the number of added and of updated records.
pub(super) fn note(observer: &mut dyn Observer, kind: Kind, put: &Put, json: &str) -> (u64, u64) {
    match put {
        Put::Created | Put::Returned => {
            observer.changed(Action::Added, &|| describe(kind, Action::Added, json, None, None));
            (1, 0)
        }
        Put::Updated(before) => {
            let describe = || describe(kind, Action::Updated, json, Some(before), None);
            observer.changed(Action::Updated, &describe);
            (0, 1)
        }
        Put::Unchanged => (0, 0),
    }
}
