//! Entra's pages: picking an account, consent, refusals. Their only script is the one that Entra
//! has too, and everything can be reached with a keyboard and a screen reader.

use std::fmt::Write;

use http::StatusCode;

use super::account::Account;
use super::refusal::{EntraRefusal, Trace};
use crate::state::registration::REQUESTED;
use crate::wire::{Query, Reply};

/// Names of the pages' own fields. OAuth has no parameters of these names.
const OWN: [&str; 4] = ["account", "search", "accept", "cancel"];

const STYLE: &str = "\
    body{font:1rem/1.5 system-ui,sans-serif;color:#1b1b1b;background:#fff;\
    max-width:30rem;margin:2rem auto;padding:0 1rem}\
    h1{font-size:1.5rem;font-weight:600}\
    label{display:block}\
    input,button{font:inherit;color:inherit;padding:.5rem .75rem;border:1px solid #605e5c;\
    border-radius:4px;background:#fff}\
    button{cursor:pointer}button:hover{background:#f3f2f1}\
    ul.accounts{list-style:none;padding:0}\
    ul.accounts button{width:100%;margin:.25rem 0;text-align:left}\
    ul.accounts span{display:block}\
    [role=alert]{border-left:4px solid #a4262c;padding-left:.75rem}\
    dt{font-weight:600}dd{margin:0;overflow-wrap:anywhere}";

/// Escapes a text for HTML elements and quoted attributes.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

/// Returns a page. `main` is HTML, `title` is plain text.
fn page(status: StatusCode, title: &str, main: &str) -> Reply {
    let title = escape(title);
    let html = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title}</title>\n<style>{STYLE}</style>\n</head>\n\
         <body>\n<main>\n<h1>{title}</h1>\n{main}</main>\n</body>\n</html>\n"
    );
    Reply::new(status)
        .with("content-type", "text/html; charset=utf-8")
        .with("x-frame-options", "DENY")
        .with("referrer-policy", "no-referrer")
        .with_body(html)
}

fn hidden<'a>(fields: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let mut html = String::new();
    for (name, value) in fields {
        let (name, value) = (escape(name), escape(value));
        let _ = writeln!(html, "<input type=\"hidden\" name=\"{name}\" value=\"{value}\">");
    }
    html
}

/// Returns hidden fields with the parameters of the request, to be posted with the user's decision.
fn carried(parameters: &Query) -> String {
    let pairs = parameters.pairs().iter().map(|(name, value)| (name.as_str(), value.as_str()));
    hidden(pairs.filter(|(name, _)| !OWN.contains(name)))
}

/// Returns the ids by which a refusal is found in the logs.
fn trace_list(trace: &Trace) -> String {
    let (trace_id, correlation_id) = (escape(&trace.trace_id), escape(&trace.correlation_id));
    format!(
        "<dl>\n<dt>Request Id</dt><dd>{trace_id}</dd>\n\
         <dt>Correlation Id</dt><dd>{correlation_id}</dd>\n\
         <dt>Timestamp</dt><dd>{}</dd>\n</dl>\n",
        trace.timestamp
    )
}

/// Returns the page for a refusal that must not go to the redirect URI.
pub(super) fn refusal(refusal: &EntraRefusal, trace: &Trace) -> Reply {
    let line = escape(&refusal.line());
    let main = format!(
        "<p>Sorry, but we’re having trouble signing you in.</p>\n<p>{line}</p>\n{}",
        trace_list(trace)
    );
    page(refusal.status(), "Sign in", &main)
}

/// The account picker.
pub(super) struct AccountPicker<'a> {
    pub(super) application: &'a str,
    pub(super) tenant: &'a str,
    /// Path that the form is posted to.
    pub(super) action: &'a str,
    pub(super) parameters: &'a Query,
    pub(super) search: &'a str,
    pub(super) accounts: &'a [Account],
    /// Whether there are more accounts than these.
    pub(super) more: bool,
    /// Why the account that was picked before was refused.
    pub(super) notice: Option<&'a str>,
}

impl AccountPicker<'_> {
    pub(super) fn reply(&self, trace: &Trace) -> Reply {
        let mut main = String::new();
        if let Some(notice) = self.notice {
            let notice = escape(notice);
            let _ =
                writeln!(main, "<div role=\"alert\"><p>{notice}</p>\n{}</div>", trace_list(trace));
        }
        let _ = write!(
            main,
            "<p>to continue to {}, in {}</p>\n<form method=\"post\" action=\"{}\">\n{}\
             <label for=\"search\">Name or user name</label>\n\
             <input id=\"search\" name=\"search\" type=\"search\" autocomplete=\"off\" \
             value=\"{}\">\n\
             <button>Search</button>\n",
            escape(self.application),
            escape(self.tenant),
            escape(self.action),
            carried(self.parameters),
            escape(self.search)
        );
        if self.accounts.is_empty() {
            main.push_str("<p>No account matches.</p>\n");
        } else {
            main.push_str("<ul class=\"accounts\">\n");
            for account in self.accounts {
                let _ = writeln!(
                    main,
                    "<li><button name=\"account\" value=\"{}\"><span>{}</span>\
                     <span>{}</span></button></li>",
                    escape(&account.id),
                    escape(&account.name),
                    escape(account.login())
                );
            }
            main.push_str("</ul>\n");
        }
        if self.more {
            main.push_str("<p>There are more: search for them.</p>\n");
        }
        main.push_str("<button name=\"cancel\" value=\"true\">Cancel</button>\n</form>\n");
        page(StatusCode::OK, "Pick an account", &main)
    }
}

/// Returns the page that asks an administrator for consent.
pub(super) fn consent(application: &str, tenant: &str, action: &str, parameters: &Query) -> Reply {
    let mut main = format!(
        "<p>{} asks for these application permissions, for all of {}:</p>\n<ul>\n",
        escape(application),
        escape(tenant)
    );
    for permission in REQUESTED {
        let _ = writeln!(main, "<li>{permission}</li>");
    }
    let _ = write!(
        main,
        "</ul>\n<form method=\"post\" action=\"{}\">\n{}\
         <button name=\"accept\" value=\"true\">Accept</button>\n\
         <button name=\"cancel\" value=\"true\">Cancel</button>\n</form>\n",
        escape(action),
        carried(parameters)
    );
    page(StatusCode::OK, "Permissions requested", &main)
}

/// Returns a page whose form the browser posts to the application
/// (<https://openid.net/specs/oauth-v2-form-post-response-mode-1_0.html>).
pub(super) fn form_post(uri: &str, members: &[(&str, String)]) -> Reply {
    let fields = hidden(members.iter().map(|(name, value)| (*name, value.as_str())));
    let main = format!(
        "<form method=\"post\" action=\"{}\">\n{fields}<button>Continue</button>\n</form>\n\
         <script>document.forms[0].submit()</script>\n",
        escape(uri)
    );
    page(StatusCode::OK, "Back to the application", &main)
}

pub(super) fn signed_out() -> Reply {
    let main = "<p>It’s a good idea to close all browser windows.</p>\n";
    page(StatusCode::OK, "You signed out of your account", main)
}
