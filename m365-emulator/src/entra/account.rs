//! A user's account, as sign-in sees it.

use crate::state::State;
use crate::tenant::directory::{Directory, User};

/// What tokens and pages show of a user.
#[derive(Clone, Debug)]
pub(super) struct Account {
    /// Graph's id of the user: `oid` in tokens.
    pub(super) id: String,
    pub(super) name: String,
    /// User principal name.
    pub(super) user_name: String,
    pub(super) mail: Option<String>,
    pub(super) is_guest: bool,
    pub(super) is_enabled: bool,
}

impl Account {
    fn new(directory: &Directory, user: &User) -> Self {
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

    /// Finds an account by object id or user principal name.
    pub(super) fn find(state: &State, key: &str) -> Option<Self> {
        let directory = &state.tenant.directory;
        directory.find(key).map(|user| Self::new(directory, user))
    }

    /// Lists the accounts whose name, user name or address contains the text; without a text, the
    /// members who can sign in.
    pub(super) fn search<'a>(
        state: &'a State,
        text: Option<&str>,
    ) -> impl Iterator<Item = Self> + use<'a> {
        let directory = &state.tenant.directory;
        let wanted = text.map(str::to_lowercase);
        directory.present().map(|user| Self::new(directory, user)).filter(move |account| {
            let names = [Some(&account.name), Some(&account.user_name), account.mail.as_ref()];
            match &wanted {
                None => account.is_enabled && !account.is_guest,
                Some(wanted) => {
                    names.into_iter().flatten().any(|own| own.to_lowercase().contains(wanted))
                }
            }
        })
    }

    /// Returns the name that the user types to sign in. Guests type the address of their home
    /// tenant.
    pub(super) fn login(&self) -> &str {
        self.mail.as_deref().filter(|_| self.is_guest).unwrap_or(&self.user_name)
    }
}
