//! Whether the groups that people are limited to are there, and can be looked into.

use serde_json::Value;

use super::{SCOPE, failed, of_error, passed, skipped, warned};
use crate::{
    batch::{self, Inner, Question},
    describe::{GROUPS, HIDDEN_MEMBERS},
    directory,
    entra::AccessToken,
    graph::Graph,
    host::Host,
    model::{Check, Outcome},
    remedy,
};

const SELECT: &str = "id,displayName,visibility";

pub(super) async fn check<H: Host>(
    graph: &Graph<'_, H>,
    token: &AccessToken,
    groups: &Check,
) -> Check {
    let ids = &graph.settings().users.only_groups;
    if ids.is_empty() {
        return passed(SCOPE, "People are not limited to groups");
    }
    if groups.outcome != Outcome::Passed {
        return skipped(SCOPE, "Not tried, since groups cannot be read");
    }
    let question = |id: &String| Question::get(graph.endpoints().group_in_batch(id, SELECT));
    let questions: Vec<_> = ids.iter().map(question).collect();
    let answers = match batch::ask_all(graph, &questions, GROUPS).await {
        Ok(answers) => answers,
        Err(error) => return of_error(SCOPE, &error),
    };
    let (mut missing, mut names, mut hidden, mut unread) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (index, (id, answer)) in ids.iter().zip(answers).enumerate() {
        match answer {
            Inner::Success(body) => {
                let group: Value = serde_json::from_str(body.get()).unwrap_or_default();
                let text = |name| group.get(name).and_then(Value::as_str);
                let name = text("displayName").unwrap_or(id).to_owned();
                if text("visibility") == Some("HiddenMembership") {
                    hidden.push(name.clone());
                }
                names.push(name);
            }
            Inner::Refused(it) if it.is_missing_object() => {
                missing.push(directory::no_such_group(index));
            }
            Inner::Refused(_) | Inner::Unanswered => unread.push(id.clone()),
        }
    }
    if !missing.is_empty() {
        let summary = match missing.len() {
            1 => "One of the groups that people are limited to is not in the tenant".to_owned(),
            more => {
                format!("{more} of the groups that people are limited to are not in the tenant")
            }
        };
        return Check { fields: missing, ..failed(SCOPE, summary) };
    }
    if !unread.is_empty() {
        let summary = format!("These groups could not be read just now: {}", unread.join(", "));
        return Check { remedy: Some("Test again".to_owned()), ..warned(SCOPE, summary) };
    }
    // https://learn.microsoft.com/graph/api/group-list-transitivemembers
    if !hidden.is_empty() && token.hints_at(HIDDEN_MEMBERS) != Some(true) {
        let summary = format!("Who is in a hidden group may not be told: {}", hidden.join(", "));
        let remedy = format!(
            "Choose groups with visible members, or: {}",
            remedy::grant(HIDDEN_MEMBERS, graph.endpoints().portal())
        );
        return Check { remedy: Some(remedy), ..warned(SCOPE, summary) };
    }
    passed(SCOPE, format!("People are limited to {}", names.join(", ")))
}
