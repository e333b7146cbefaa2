//! The meaning of Entra ID's codes for ONES, and the remedy for each.
//!
//! One table, divided by the cause. Source, where a row names no other:
//! <https://learn.microsoft.com/entra/identity-platform/reference-error-codes>. A code that no
//! source explains is not listed: the detail of every error contains Microsoft's own words.

mod access;
mod account;
mod app;
mod credential;
mod service;
mod tenant;

use crate::{
    error::{Error, Explanation},
    remedy,
    settings::{Credential, Settings},
};

/// All rows.
const TABLE: [&[Cause]; 6] =
    [tenant::ROWS, app::ROWS, credential::ROWS, access::ROWS, account::ROWS, service::ROWS];

/// Who sent the request that Entra ID refused.
#[derive(Debug, Clone, Copy)]
pub enum Asker<'a> {
    /// ONES itself, with client credentials.
    App,
    /// A user who signs in or consents. The browser returns to this redirect URI.
    User(&'a str),
}

/// The cause behind some codes: one row of the table.
#[derive(Debug)]
pub(super) struct Cause {
    /// Numbers of Microsoft's codes: 7000222 of `AADSTS7000222`.
    codes: &'static [u32],
    /// Codes of OAuth 2.0 and OpenID Connect that mean the same where Microsoft's number is
    /// missing or not in the table.
    errors: &'static [&'static str],
    /// Words of which Microsoft's description contains one, where a code has several causes. Empty
    /// for any description.
    words: &'static [&'static str],
    when: When,
    case: Case,
    summary: &'static str,
    /// Remedy, which can contain `{portal}` and `{redirect-uri}`.
    remedy: &'static str,
    /// The recent change that takes a minute to reach all of Microsoft's servers, e.g. "the app was
    /// registered".
    fresh: Option<&'static str>,
    /// JSON Pointers (RFC 6901) to the settings that can be wrong.
    fields: &'static [&'static str],
}

/// The values that most rows have in common.
const ROW: Cause = Cause {
    codes: &[],
    errors: &[],
    words: &[],
    when: When::Always,
    case: Case::Unauthorized,
    summary: "",
    remedy: "",
    fresh: None,
    fields: &[],
};

/// When a row applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum When {
    Always,
    /// Where ONES authenticates by a client secret.
    Secret,
    /// Where ONES authenticates by a client certificate.
    Certificate,
    /// Where a user signs in or consents.
    SignIn,
}

/// The variant of [`Error`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Case {
    /// [`Error::Unavailable`], and the same request can succeed in a moment.
    Passing,
    Unavailable,
    Unauthorized,
    PermissionMissing,
    Declined,
    Rejected,
    Unexpected,
}

impl Cause {
    /// Finds the row for Microsoft's code, or else for OAuth's. `description` is Microsoft's.
    pub(super) fn find(
        aadsts: Option<u32>,
        error: Option<&str>,
        description: &str,
        asker: Asker<'_>,
        credential: &Credential,
    ) -> Option<&'static Self> {
        let applies = |row: &&Self| {
            row.applies(asker, credential)
                && (row.words.is_empty() || row.words.iter().any(|word| description.contains(word)))
        };
        // A row for some cases takes precedence over one for all.
        let rank = |row: &&Self| (row.when == When::Always, row.words.is_empty());
        let best = |names: &dyn Fn(&Self) -> bool| {
            rows().filter(|row| names(row)).filter(applies).min_by_key(rank)
        };
        let by_code = aadsts.and_then(|code| best(&|row| row.codes.contains(&code)));
        by_code.or_else(|| error.and_then(|error| best(&|row| row.errors.contains(&error))))
    }

    fn applies(&self, asker: Asker<'_>, credential: &Credential) -> bool {
        match self.when {
            When::Always => true,
            When::Secret => matches!(credential, Credential::Secret(_)),
            When::Certificate => matches!(credential, Credential::Certificate(_)),
            When::SignIn => matches!(asker, Asker::User(_)),
        }
    }

    /// Returns whether the code means, for any asker, that the same request can succeed in a
    /// moment.
    pub(super) fn is_passing(aadsts: Option<u32>, error: Option<&str>) -> bool {
        let names = |row: &Cause| {
            aadsts.is_some_and(|code| row.codes.contains(&code))
                || error.is_some_and(|code| row.errors.contains(&code))
        };
        rows().filter(|row| row.when == When::Always && row.case == Case::Passing).any(names)
    }

    /// Returns the cause in one sentence.
    pub(super) fn summary(&self) -> &'static str {
        self.summary
    }

    /// Returns the remedy, with the portal of the cloud.
    pub(super) fn remedy(&self, asker: Asker<'_>, portal: &str) -> String {
        let redirect_uri = match asker {
            Asker::User(redirect_uri) => redirect_uri,
            Asker::App => "the redirect URI of ONES",
        };
        let remedy = remedy::in_portal(self.remedy, portal).replace("{redirect-uri}", redirect_uri);
        match self.fresh {
            Some(fresh) => remedy::after_a_minute(fresh, &remedy),
            None => remedy,
        }
    }

    /// Returns the error with that explanation.
    pub(super) fn error(&self, explanation: Explanation) -> Error {
        match self.case {
            Case::Passing | Case::Unavailable => Error::Unavailable(explanation),
            Case::Unauthorized => Error::Unauthorized(explanation),
            Case::PermissionMissing => Error::PermissionMissing(explanation),
            Case::Declined => Error::Declined(explanation),
            Case::Rejected => Error::Rejected(explanation),
            Case::Unexpected => Error::Unexpected(explanation),
        }
    }
}

fn rows() -> impl Iterator<Item = &'static Cause> {
    TABLE.into_iter().flatten()
}

/// Returns the settings that a refusal of ONES itself points to, so that the wizard can mark them.
/// `code` is that of the explanation.
pub fn fields_to_blame(code: &str, settings: &Settings) -> &'static [&'static str] {
    let aadsts = code.strip_prefix("AADSTS").and_then(|number| number.parse().ok());
    // The causes of one code differ by the description, and all mark the same field.
    let cause = Cause::find(aadsts, Some(code), "", Asker::App, &settings.server.credential);
    cause.map_or(&[], |cause| cause.fields)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_code_has_two_rows_for_the_same_case() {
        let mut seen = BTreeSet::new();
        for row in rows() {
            for code in row.codes {
                let key = format!("{code} {:?} {:?}", row.when, row.words);
                assert!(seen.insert(key.clone()), "{key}");
            }
            for error in row.errors {
                let key = format!("{error} {:?}", row.when);
                assert!(seen.insert(key.clone()), "{key}");
                assert_eq!(row.words, [""; 0], "{error}: OAuth's codes have no words");
            }
        }
    }

    #[test]
    fn every_row_says_what_is_wrong_and_what_to_do() {
        for row in rows() {
            assert!(!row.codes.is_empty() || !row.errors.is_empty(), "{row:?}");
            assert!(!row.summary.is_empty() && !row.summary.ends_with('.'), "{row:?}");
            let remedy = row.remedy(Asker::User("https://ones.example/x"), "portal.azure.us");
            assert!(!remedy.is_empty() && !remedy.ends_with('.'), "{row:?}");
            assert!(!remedy.contains(['{', '}']), "{remedy}");
        }
    }

    #[test]
    fn a_row_for_any_description_marks_the_same_fields_as_one_for_some_words() {
        for row in rows().filter(|row| !row.words.is_empty()) {
            for code in row.codes {
                let bare = rows().find(|other| {
                    other.codes.contains(code) && other.words.is_empty() && other.when == row.when
                });
                let bare = bare.expect("a row for any description");
                let both: BTreeSet<_> = row.fields.iter().chain(bare.fields).collect();
                assert!(both.len() <= row.fields.len().max(bare.fields.len()), "{code}");
            }
        }
    }
}
