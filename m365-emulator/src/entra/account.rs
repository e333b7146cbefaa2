//! Whoever signs in, as Entra sees them.

use crate::state::State;
use crate::tenant::directory::{Directory, User};

#[derive(Clone, Debug)]
pub(super) struct Person {
    /// Graph's id of the user: `oid` in tokens.
    pub(super) id: String,
    pub(super) name: String,
    pub(super) user_name: String,
    pub(super) mail: Option<String>,
    pub(super) is_guest: bool,
    pub(super) is_enabled: bool,
}

impl Person {
    fn of(directory: &Directory, user: &User) -> Self {
        let text = |name| directory.text(user, name);
        Self {
            id: user.id.clone(),
            name: text("displayName").unwrap_or_default(),
            user_name: text("userPrincipalName").unwrap_or_default(),
            mail: text("mail"),
            is_guest: text("userType").as_deref() == Some("Guest"),
            is_enabled: directory.flag(user, "accountEnabled"),
        }
    }

    /// By object id or user principal name.
    pub(super) fn find(state: &State, key: &str) -> Option<Self> {
        let directory = &state.tenant.directory;
        directory.find(key).map(|user| Self::of(directory, user))
    }

    /// Whose name, user name or address contains the text; without any, the members who can sign in.
    pub(super) fn search<'a>(
        state: &'a State,
        text: Option<&str>,
    ) -> impl Iterator<Item = Self> + use<'a> {
        let directory = &state.tenant.directory;
        let wanted = text.map(str::to_lowercase);
        directory.present().map(|user| Self::of(directory, user)).filter(
            move |person| match &wanted {
                None => person.is_enabled && !person.is_guest,
                Some(wanted) => [Some(&person.name), Some(&person.user_name), person.mail.as_ref()]
                    .into_iter()
                    .flatten()
                    .any(|own| own.to_lowercase().contains(wanted)),
            },
        )
    }

    /// What a person types to sign in: guests have their address of home.
    pub(super) fn login(&self) -> &str {
        self.mail.as_deref().filter(|_| self.is_guest).unwrap_or(&self.user_name)
    }
}
