//! Successful answers of Graph, and the links in them.

use http::StatusCode;
use serde_json::Value;

use super::select::Object;
use crate::wire::Reply;

const JSON: &str = "application/json;odata.metadata=minimal;odata.streaming=true;\
    IEEE754Compatible=false;charset=utf-8";

/// Start of links and contexts.
pub(super) struct Context {
    /// Origin and version.
    root: String,
}

impl Context {
    pub(super) fn new(graph: &str, version: &str) -> Self {
        Self { root: format!("{graph}/{version}") }
    }

    /// Returns whether the version is beta, which lists all properties of a user without `$select`,
    /// including directory extensions.
    pub(super) fn is_beta(&self) -> bool {
        self.root.ends_with("/beta")
    }

    pub(super) fn metadata(&self) -> String {
        format!("{}/$metadata", self.root)
    }

    /// Returns a link to Graph: the query of the request, and one more option.
    pub(super) fn link(&self, path: &str, query: &str, option: &str) -> String {
        let separator = if query.is_empty() { "" } else { "&" };
        format!("{}/{path}?{query}{separator}{option}", self.root)
    }
}

/// Returns an answer with a JSON body.
pub(super) fn ok(body: String) -> Reply {
    Reply::new(StatusCode::OK)
        .with("content-type", JSON)
        .with("odata-version", "4.0")
        .with_body(body)
}

/// Returns the answer to `$count`.
pub(super) fn plain_count(count: usize) -> Reply {
    Reply::new(StatusCode::OK).with("content-type", "text/plain").with_body(count.to_string())
}

/// Returns a page of a collection. `value` has its elements as JSON, separated by commas.
pub(super) fn page(
    context: &Context,
    name: &str,
    count: Option<usize>,
    next_link: Option<&str>,
    delta_link: Option<&str>,
    value: &str,
) -> Reply {
    let mut body = String::with_capacity(value.len() + 512);
    let mut object = Object::open(&mut body);
    object.text("\"@odata.context\":", &format!("{}#{name}", context.metadata()));
    if let Some(count) = count {
        object.member("\"@odata.count\":", &count.to_string());
    }
    if let Some(link) = next_link {
        object.text("\"@odata.nextLink\":", link);
    }
    if let Some(link) = delta_link {
        object.text("\"@odata.deltaLink\":", link);
    }
    object.member("\"value\":", &format!("[{value}]"));
    object.close();
    ok(body)
}

/// Returns one element. `body` is a JSON object, to which the context is added.
pub(super) fn entity(context: &Context, name: &str, mut body: String) -> Reply {
    let name = Value::from(format!("{}#{name}/$entity", context.metadata())).to_string();
    let separator = if body == "{}" { "" } else { "," };
    body.insert_str(1, &format!("\"@odata.context\":{name}{separator}"));
    ok(body)
}
