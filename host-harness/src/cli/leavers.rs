//! `ones-host leavers`.

use serde_json::{Value, json};

use super::{
    Failure, Program,
    args::{Format, LeaversCommand},
    ended, json, text,
};
use crate::store::{Leavers, Store};

impl Program {
    /// Prints what happens to the records of removed users, or changes it.
    pub(super) fn leavers(&self, command: Option<&LeaversCommand>) -> Result<u8, Failure> {
        let (store, integration) = self.stored()?;
        let leavers = match command {
            None => store.leavers(integration)?,
            Some(command) => {
                // The store is read first, since opening it for writing creates a missing one.
                drop(store);
                let mut store = Store::open(&self.args.data, self.store_options())?;
                store.set_leavers(integration, command.leavers())?;
                command.leavers()
            }
        };
        let out = &mut self.out();
        let written = match self.args.format {
            Format::Text => text::leavers(out, leavers),
            Format::Json => json::value(out, &value(leavers)),
        };
        ended(0, written)
    }
}

impl LeaversCommand {
    fn leavers(&self) -> Leavers {
        match *self {
            Self::Disable => Leavers::Disable,
            Self::Remove { after } => Leavers::Remove { after_days: after },
        }
    }
}

fn value(leavers: Leavers) -> Value {
    match leavers {
        Leavers::Disable => json!({ "leavers": "disable" }),
        Leavers::Remove { after_days } => json!({ "leavers": "remove", "afterDays": after_days }),
    }
}
