//! Everything that can go wrong, in one shape for a person and a program.

use serde::{Deserialize, Serialize};

use crate::{
    model::{Explanation, FieldError, Refusal},
    plugin::{CallError, LoadError},
    serve::ServeError,
    settings::SettingsError,
    store::StoreError,
};

/// What can go wrong.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The plugin cannot be used at all.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// A call of the plugin failed.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The data folder.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The settings cannot even be handed to a plugin.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The server.
    #[error(transparent)]
    Serve(#[from] ServeError),
}

/// An error as it is told, in words and in JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Problem {
    /// What kind: the interface's case for an error of the plugin's own.
    pub case: String,
    /// Stable.
    pub code: String,
    /// A sentence.
    pub summary: String,
    /// What to do about it.
    pub remedy: Option<String>,
    /// For a support ticket.
    pub detail: Option<String>,
    /// Wrong settings.
    pub fields: Vec<FieldError>,
}

impl Problem {
    /// Whether it is only that somebody lost interest.
    pub fn is_cancelled(&self) -> bool {
        self.case == "cancelled"
    }

    /// Whether the vendor has no such thing: nothing is broken, and nothing to be tried again.
    pub fn is_unsupported(&self) -> bool {
        self.case == "unsupported"
    }

    /// One of a request that a browser sent.
    pub(crate) fn of_request(
        code: &str,
        summary: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self::new("request", code, summary.into()).remedy(remedy)
    }

    fn new(case: &str, code: &str, summary: impl ToString) -> Self {
        Self {
            case: case.to_owned(),
            code: code.to_owned(),
            summary: summary.to_string(),
            remedy: None,
            detail: None,
            fields: Vec::new(),
        }
    }

    fn remedy(self, remedy: impl Into<String>) -> Self {
        Self { remedy: Some(remedy.into()), ..self }
    }

    fn detail(self, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        Self { detail: Some(detail).filter(|it| !it.is_empty()), ..self }
    }
}

impl Error {
    /// The error as it is told.
    pub fn problem(&self) -> Problem {
        match self {
            Self::Load(it) => load(it),
            Self::Call(it) => call(it),
            Self::Store(it) => store(it),
            Self::Settings(it) => Problem::new("settings", it.code(), it),
            Self::Serve(it) => serve(it),
        }
    }
}

impl SettingsError {
    fn code(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "settings-unreadable",
            Self::NotJson(_) => "settings-not-json",
            Self::NotSet { .. } => "settings-variable-not-set",
            Self::NoName => "settings-without-name",
        }
    }
}

fn load(error: &LoadError) -> Problem {
    let code = match error {
        LoadError::Unreadable { .. } => "plugin-unreadable",
        LoadError::TooLarge { .. } => "plugin-too-large",
        LoadError::NotWebAssembly { .. } => "plugin-not-webassembly",
        LoadError::CoreModule { .. } => "plugin-not-a-component",
        LoadError::Invalid { .. } => "plugin-invalid",
        LoadError::OtherWorld { .. } => "plugin-other-world",
        LoadError::OtherVersion { .. } => "plugin-other-version",
        LoadError::OtherShape { .. } => "plugin-other-shape",
        LoadError::Import { .. } => "plugin-import",
        LoadError::Host(_) => "host",
    };
    let problem = Problem::new("plugin", code, error);
    match error {
        LoadError::CoreModule { .. } => {
            problem.remedy("Build it for the target wasm32-wasip2, which gives a component")
        }
        LoadError::OtherWorld { .. } | LoadError::OtherVersion { .. } => {
            problem.remedy("Take a plugin that was built against this host's wit/integration.wit")
        }
        LoadError::OtherShape { cause, .. }
        | LoadError::Invalid { cause, .. }
        | LoadError::Import { cause, .. } => problem.detail(cause),
        _ => problem,
    }
}

fn call(error: &CallError) -> Problem {
    match error {
        CallError::Refused(refusal) => refused(refusal),
        CallError::Trapped { cause, stderr, .. } => {
            let detail = if stderr.is_empty() { cause.clone() } else { stderr.clone() };
            Problem::new("trap", "plugin-trapped", error)
                .remedy("This is a defect of the plugin: report it to those who made it")
                .detail(detail)
        }
        CallError::OutOfMemory { .. } => Problem::new("trap", "plugin-out-of-memory", error)
            .remedy("Allow it more with --memory-limit, or report it to those who made the plugin"),
        CallError::OutOfTime { goes_on, .. } => Problem::new("trap", "plugin-out-of-time", error)
            .remedy(match goes_on {
                true => {
                    "Run again: it goes on where it stopped; or allow it more with --time-limit"
                }
                false => {
                    "Allow it more with --time-limit, or report it to those who made the plugin"
                }
            }),
        CallError::Overdue => Problem::new("overdue", "run-overdue", error).remedy(
            "The next run goes on where this one stopped. Where it happens again, check whether \
             the vendor is slow to answer",
        ),
        CallError::BrokeInterface { .. } => Problem::new("trap", "plugin-broke-interface", error)
            .remedy("This is a defect of the plugin: report it to those who made it"),
    }
}

fn refused(refusal: &Refusal) -> Problem {
    let explained = |case: &str, it: &Explanation| Problem {
        remedy: it.remedy.clone(),
        detail: it.detail.clone(),
        ..Problem::new(case, &it.code, &it.summary)
    };
    match refusal {
        Refusal::InvalidSettings(fields) => Problem {
            fields: fields.clone(),
            ..Problem::new("invalid-settings", "invalid-settings", "The settings do not fit")
        },
        Refusal::Unauthorized(it) => explained("unauthorized", it),
        Refusal::PermissionMissing(it) => explained("permission-missing", it),
        Refusal::Throttled(seconds) => {
            Problem::new("throttled", "throttled", "The vendor asks for patience")
                .remedy(format!("Run again in {}", duration(*seconds)))
        }
        Refusal::Unavailable(it) => explained("unavailable", it),
        Refusal::Unexpected(it) => explained("unexpected", it),
        Refusal::Rejected(it) => explained("rejected", it),
        Refusal::Declined(it) => explained("declined", it),
        Refusal::Unsupported(it) => explained("unsupported", it),
        Refusal::Cancelled => Problem::new("cancelled", "cancelled", "The run was cancelled"),
        Refusal::Other(it) => explained("other", it),
    }
}

fn store(error: &StoreError) -> Problem {
    let (code, remedy) = match error {
        StoreError::InUse { .. } => (
            "data-in-use",
            "Wait until the other process is done, or give another folder with --data",
        ),
        StoreError::Full => {
            ("disk-full", "Make room on the disk and run again: it goes on where it stopped")
        }
        StoreError::Quota { .. } => (
            "quota",
            "Select fewer users, groups or rooms, or allow an integration more with --quota; what \
             was stored before stays",
        ),
        StoreError::Newer { .. } => ("data-newer", "Use the newer version of this program"),
        StoreError::Missing { .. } => {
            ("data-missing", "Run `sync` first, or give the folder with --data")
        }
        StoreError::Folder { .. } => {
            ("data-folder", "Give a folder that can be written with --data")
        }
        StoreError::Denied { .. } => (
            "data-permission",
            "Run it as the user who owns the folder, or give another folder with --data. To list \
             what is stored, permission to read is enough",
        ),
        StoreError::NotHeld { .. } => ("removal-unknown", "See `removals list`"),
        StoreError::NameTaken { .. } => ("name-taken", "Choose another name"),
        StoreError::NoSettings { .. } => {
            ("settings-not-kept", "Enter them with `serve`, or give them with --settings FILE")
        }
        StoreError::Sealed { .. } => (
            "settings-sealed",
            "Bring back the ones.key that belongs to this folder, or set ONES_KEY to it; where it \
             is lost, enter the settings again",
        ),
        StoreError::Key { .. } => ("key-unreadable", "Bring back the key as it was"),
        StoreError::Sqlite(_) => {
            ("data", "Look at the detail; a copy of the folder helps to find the cause")
        }
    };
    let problem = Problem::new("store", code, error).remedy(remedy);
    match error {
        StoreError::Sqlite(cause) => problem.detail(cause.to_string()),
        _ => problem,
    }
}

fn serve(error: &ServeError) -> Problem {
    let (code, remedy) = match error {
        ServeError::Listen { .. } => ("listen", "Give another address with --listen"),
        ServeError::NoPublicUrl(_) => (
            "no-public-url",
            "Say with --public-url what browsers call it, and let a proxy in front of it serve \
             https; or listen on 127.0.0.1",
        ),
        ServeError::PublicUrl(_) => ("public-url", "Give one such as https://ones.example.com"),
    };
    Problem::new("serve", code, error).remedy(remedy)
}

fn duration(seconds: u32) -> String {
    match seconds {
        1 => "1 second".to_owned(),
        0..120 => format!("{seconds} seconds"),
        _ => format!("{} minutes", seconds.div_ceil(60)),
    }
}
