//! The pages of `ones-host serve`, as the administrator sees them.

use std::{
    io::{BufRead as _, BufReader},
    process::{Child, Stdio},
    time::Instant,
};

use serde_json::Value;
use ureq::{Agent, Body, http::Response};

use crate::{Result, host::Host, tenant::Tenant};

/// A password that the server accepts; the server ends with the measurement.
const PASSWORD: &str = "correct horse battery staple";

/// Largest page, in bytes.
const LARGEST: u64 = 100 << 20;

/// A running server, and the session of the administrator. Both end with this value.
pub(crate) struct Pages {
    server: Child,
    url: String,
    agent: Agent,
    /// The cookie of the session.
    cookie: String,
}

impl Pages {
    /// Starts a server with the data of `host`, sets the password, and logs in.
    pub(crate) fn serve(host: &Host) -> Result<Self> {
        // The schedule has to stay quiet while pages are measured.
        let words = ["--format", "json", "serve", "--listen", "127.0.0.1:0"];
        let mut server = host
            .command(&[&words[..], &["--bookings-interval", "1440"]].concat())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| format!("cannot run ones-host serve: {error}"))?;
        let stdout = server.stdout.take();
        let agent = Agent::config_builder().max_redirects(0).build().into();
        let mut pages = Self { server, url: String::new(), agent, cookie: String::new() };
        let mut line = String::new();
        BufReader::new(stdout.ok_or("ones-host serve has no output")?)
            .read_line(&mut line)
            .map_err(|error| format!("cannot read the output of ones-host serve: {error}"))?;
        let first: Value = serde_json::from_str(&line)
            .map_err(|error| format!("the first line of ones-host serve is not JSON: {error}"))?;
        pages.url = first["url"].as_str().unwrap_or_default().to_owned();
        pages.log_in(first["setUp"].as_str().ok_or("the password is set already")?)?;
        Ok(pages)
    }

    /// Sets the password with the link of the first start.
    fn log_in(&mut self, link: &str) -> Result {
        let form = self.agent.get(link).call().map_err(|error| format!("{link}: {error}"))?;
        let form = cookie(&form).ok_or("the form has no cookie")?;
        // The token of a form is that of its cookie.
        let token = form.split_once('=').map_or("", |(_, token)| token);
        let code = link.split_once("code=").map_or("", |(_, code)| code);
        let entered =
            [("csrf", token), ("code", code), ("password", PASSWORD), ("again", PASSWORD)];
        let saved = self
            .agent
            .post(format!("{}/admin/set-up", self.url))
            .header("cookie", &form)
            .send_form(entered)
            .map_err(|error| format!("cannot set the password: {error}"))?;
        self.cookie = cookie(&saved).ok_or("the server opened no session")?;
        Ok(())
    }

    /// Stores the settings of the first integration, with bookings on, as the wizard does.
    pub(crate) fn connect(&self, tenant: &Tenant) -> Result {
        let text = |name: &str| tenant.access[name].as_str().unwrap_or_default();
        let server = [
            ("/server/name", "Contoso"),
            // The last choice: servers of other addresses.
            ("/server/cloud", "?4"),
            ("/server/cloud?4/authority", text("authority")),
            ("/server/cloud?4/graph", text("graph")),
            ("/server/tenantId", text("tenantId")),
            ("/server/clientId", text("clientId")),
            ("/server/clientSecret", text("clientSecret")),
        ];
        self.save("/admin/integrations/1/settings/server", &server)?;
        let rooms = [("/rooms/select", "all"), ("/rooms/bookings", "on")];
        self.save("/admin/integrations/1/settings/rooms", &rooms)
    }

    /// Saves one step of the wizard.
    fn save(&self, path: &str, entered: &[(&str, &str)]) -> Result {
        let (form, _) = self.get(path)?;
        let token = form.rsplit_once("name=\"csrf\" value=\"").map_or("", |(_, rest)| rest);
        let token = token.split('"').next().unwrap_or_default();
        let entered = [entered, &[("csrf", token), ("do", "close")]].concat();
        let saved = self
            .agent
            .post(format!("{}{path}", self.url))
            .header("cookie", &self.cookie)
            .send_form(entered)
            .map_err(|error| format!("{path}: {error}"))?;
        // Where a field is wrong, the form is shown again.
        match saved.status().is_redirection() {
            true => Ok(()),
            false => Err(format!("{path}: the settings are not saved")),
        }
    }

    /// Returns a page, and the seconds from the request to the end of the answer.
    pub(crate) fn get(&self, path: &str) -> Result<(String, f64)> {
        let failed = |error: ureq::Error| format!("{path}: {error}");
        let start = Instant::now();
        let page = self.agent.get(format!("{}{path}", self.url)).header("cookie", &self.cookie);
        let mut page = page.call().map_err(failed)?;
        let html = page.body_mut().with_config().limit(LARGEST).read_to_string().map_err(failed)?;
        Ok((html, start.elapsed().as_secs_f64()))
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        // What it stores is deleted with the data folder.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// Returns the cookie that an answer sets, as a browser sends it.
fn cookie(answer: &Response<Body>) -> Option<String> {
    let cookie = answer.headers().get("set-cookie")?.to_str().ok()?;
    cookie.split(';').next().map(str::to_owned)
}
