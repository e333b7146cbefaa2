//! `ones-host rooms policy`.

use std::{
    io::{self, IsTerminal as _, Write as _},
    path::Path,
};

use serde_json::json;

use super::{
    Failure, Program,
    args::{Format, PolicyArgs},
    ended, json, runtime, text,
};
use crate::{
    model::{BookingPolicy, Script},
    plugin::Session,
    wording::counted,
};

impl PolicyArgs {
    fn policy(&self) -> BookingPolicy {
        BookingPolicy {
            auto_accept: !self.no_auto_accept,
            window_days: self.window_days,
            longest_minutes: self.longest_hours.saturating_mul(60),
            keep_subject: !self.hide_subject,
        }
    }
}

impl Program {
    /// Prints the script for an administrator of the vendor, or writes it to a file.
    pub(super) fn policy(&self, args: &PolicyArgs) -> Result<u8, Failure> {
        let settings = self.need_settings("rooms policy")?;
        let (store, integration) = self.stored()?;
        let rooms = store.room_addresses(integration)?;
        let (plugin, count) = (self.plugin()?, rooms.len());
        let script = runtime()?.block_on(async {
            let session = Session::open(plugin, settings).await?;
            session.accepted()?;
            session.booking_script(rooms, args.policy()).await
        })?;
        if let Some(file) = &args.output {
            write(file, &script)?;
        }
        let Script { file_name, text } = &script;
        let out = &mut self.out();
        let written = match (self.args.format, &args.output) {
            (Format::Json, _) => {
                json::value(out, &json!({ "fileName": file_name, "text": text, "rooms": count }))
            }
            (Format::Text, None) if io::stdout().is_terminal() => text::script(out, text),
            // A script that is piped to a file must stay exactly as the plugin returned it.
            (Format::Text, None) => io::stdout().write_all(text.as_bytes()),
            (Format::Text, Some(file)) => {
                let rooms = counted(count as u64, "room");
                let note = format!("written to {}, for {rooms}", file.display());
                text::note(&mut anstream::stderr().lock(), &note)
            }
        };
        ended(0, written)
    }
}

fn write(file: &Path, script: &Script) -> Result<(), Failure> {
    std::fs::write(file, &script.text).map_err(|cause| {
        let file = file.display();
        Failure::Output(io::Error::new(cause.kind(), format!("{file}: {cause}")))
    })
}
