//! `ones-host serve`.

use std::{
    io::{self, Write as _},
    time::Duration,
};

use serde_json::json;

use super::{
    Failure, Program,
    args::{Format, ServeArgs},
    ended, json, log, runtime, stopped, text, variable,
};
use crate::{
    serve::{Bounds, Log, Options, Server},
    store::{SealingKey, Store},
};

impl Program {
    /// Serves until the process receives a signal to stop.
    pub(super) fn serve(&self, args: &ServeArgs) -> Result<u8, Failure> {
        let plugin = self.plugin()?;
        let store = Store::open(&self.args.data, self.store_options())?;
        let key = SealingKey::of(&self.args.data, variable)?;
        let options = Options {
            listen: args.listen,
            public_url: args.public_url.clone(),
            trusted_proxies: args.trusted_proxies.clone(),
            bounds: Bounds::default(),
            log: match self.args.log_format {
                Format::Text => Log::new(|incident| {
                    // Where stderr cannot be written, the administrator's pages still show it.
                    let _ = text::incident(&mut anstream::stderr().lock(), incident);
                }),
                Format::Json => Log::new(log::incident),
            },
            sync: self.sync_options(),
            bookings_interval: Some(Duration::from_secs(args.bookings_interval * 60)),
        };
        let runtime = runtime()?;
        runtime.block_on(async {
            let server = Server::bind(store, plugin, key, options).await?;
            let code = ended(0, self.announce(&server))?;
            server.run(stopped::wait()).await;
            Ok(code)
        })
    }

    fn announce(&self, server: &Server) -> io::Result<()> {
        match self.args.log_format {
            Format::Text => {
                let mut stderr = anstream::stderr().lock();
                text::note(&mut stderr, &format!("serving at {}", server.url()))?;
                if let Some(link) = server.set_up() {
                    text::note(
                        &mut stderr,
                        &format!("set the administrator's password at {link}"),
                    )?;
                }
            }
            Format::Json => log::ready(server),
        }
        if self.args.format == Format::Json {
            let mut stdout = io::stdout().lock();
            json::value(&mut stdout, &json!({ "url": server.url(), "setUp": server.set_up() }))?;
            stdout.flush()?;
        }
        Ok(())
    }
}
