//! Changes of users and groups whose texts are in one buffer.
//!
//! A batch has more than ten thousand short texts. Allocating each of them took longer than copying
//! all of them.

use std::{convert::Infallible, fmt};

use super::CallError;
use crate::model::{TextUse, UserBatch, UserChange};

/// Changes of users and groups, as a sync passes them on.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Packed {
    texts: String,
    changes: Vec<UserChange<Span>>,
}

/// Stands for a text: where it is in the buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    start: u32,
    end: u32,
}

impl Packed {
    /// Packs the changes of a batch.
    ///
    /// # Errors
    /// [`CallError::BrokeInterface`] where their texts have more than 4 GiB.
    pub fn batch(batch: UserBatch) -> Result<UserBatch<Self>, CallError> {
        let UserBatch { subject, mode, changes, checkpoint, total } = batch;
        let mut packed = Self::with_capacity(changes.len());
        for change in &changes {
            packed.push(change, |text, _, texts| {
                texts.push_str(text);
                Ok::<_, CallError>(())
            })?;
        }
        Ok(UserBatch { subject, mode, changes: packed, checkpoint, total })
    }

    pub(super) fn with_capacity(changes: usize) -> Self {
        Self { texts: String::new(), changes: Vec::with_capacity(changes) }
    }

    /// Adds a change. `write` appends each of its texts to the buffer.
    pub(super) fn push<'a, S, E: From<CallError>>(
        &mut self,
        change: &'a UserChange<S>,
        mut write: impl FnMut(&'a S, TextUse, &mut String) -> Result<(), E>,
    ) -> Result<(), E> {
        let texts = &mut self.texts;
        let change = change.try_map(&mut |text, used| {
            let start = texts.len();
            write(text, used, texts)?;
            Span::between(start, texts.len()).ok_or_else(|| {
                E::from(CallError::broke("the texts of a batch have more than 4 GiB"))
            })
        })?;
        self.changes.push(change);
        Ok(())
    }

    /// Returns the number of changes.
    pub fn len(&self) -> usize {
        self.changes.len()
    }

    /// Returns whether there are no changes.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// Returns a change by its position.
    pub fn get(&self, position: usize) -> Option<UserChange<&str>> {
        self.changes.get(position).map(|change| self.with_texts(change))
    }

    /// Returns the changes in their order.
    pub fn iter(&self) -> impl Iterator<Item = UserChange<&str>> {
        self.changes.iter().map(|change| self.with_texts(change))
    }

    /// Returns the size of all texts, in bytes.
    pub fn size(&self) -> usize {
        self.texts.len()
    }

    /// Returns the ids of the changes in their order: see [`UserChange::id`].
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.changes.iter().map(|change| self.text(change.id()))
    }

    /// Returns the length of the longest id, in bytes.
    pub fn longest_id(&self) -> usize {
        let ids = self.changes.iter().flat_map(UserChange::ids);
        ids.map(|id| self.text(id).len()).max().unwrap_or_default()
    }

    /// Returns the changes in their order, without their texts.
    pub fn without_texts(&self) -> &[UserChange<Span>] {
        &self.changes
    }

    fn with_texts(&self, change: &UserChange<Span>) -> UserChange<&str> {
        let Ok(change) = change.try_map(&mut |span, _| Ok::<_, Infallible>(self.text(span)));
        change
    }

    fn text(&self, span: &Span) -> &str {
        &self.texts[span.start as usize..span.end as usize]
    }
}

impl fmt::Debug for Packed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl Span {
    /// Returns nothing where the text ends beyond 4 GiB.
    fn between(start: usize, end: usize) -> Option<Self> {
        Some(Self { start: u32::try_from(start).ok()?, end: u32::try_from(end).ok()? })
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;
    use crate::model::{
        Group, Membership, Mode, Removal, Removed, Subject, Unreadable, User, UserField,
    };

    #[test]
    fn packed_changes_are_those_that_were_packed() {
        let text = str::to_owned;
        let user = User {
            id: text("u"),
            username: text("ann@example.com"),
            display_name: text("Änn 愛"),
            email: Some(text("")),
            surname: Some(text("N")),
            card_number: Some(text(" 007 ")),
            enabled: true,
            unknown: vec![UserField::CardNumber],
            ..User::default()
        };
        let removed = || Removed { id: text("gone"), removal: Removal::Permanent };
        let unreadable = || Unreadable { id: text("odd"), reason: text("mail: no text") };
        let membership = || Membership { group: text("g"), member: text("a member") };
        let group = Group { id: text("g"), name: text("G"), description: None, email: None };
        let changes = vec![
            UserChange::User(user.clone()),
            UserChange::UserIfKnown(user),
            UserChange::UserRemoved(removed()),
            UserChange::UserMissing(removed()),
            UserChange::UserUnreadable(unreadable()),
            UserChange::Group(group),
            UserChange::GroupRemoved(removed()),
            UserChange::GroupMissing(text("missing")),
            UserChange::GroupUnreadable(unreadable()),
            UserChange::MemberAdded(membership()),
            UserChange::MemberRemoved(membership()),
        ];
        let (subject, mode, checkpoint) = (Subject::Users, Mode::Incremental, text("c"));
        let batch = UserBatch { subject, mode, changes, checkpoint, total: Some(9) };
        let packed = Packed::batch(batch.clone()).unwrap();
        assert_eq!(packed.changes.len(), batch.changes.len());
        let borrowed: Vec<_> = batch.changes.iter().map(UserChange::borrowed).collect();
        assert_eq!(packed.changes.iter().collect::<Vec<_>>(), borrowed);
        let ids: Vec<_> = borrowed.iter().map(|change| *change.id()).collect();
        assert_eq!(packed.changes.ids().collect::<Vec<_>>(), ids);
        assert_eq!(packed.changes.longest_id(), "a member".len());
        assert_eq!((packed.checkpoint, packed.total), (batch.checkpoint, batch.total));
    }
}
