//! Checks that the groups that users are limited to exist, and that their members can be read.

use serde_json::Value;

use super::{SCOPE, failed, failed_by, not_granted, passed, skipped, warned};
use crate::{
    directory,
    entra::AccessToken,
    error::FieldError,
    graph::{
        Graph,
        batch::{self, BatchAnswer, BatchRequest},
    },
    host::Host,
    model::{Check, Outcome},
    permission::{GROUPS, HIDDEN_MEMBERS, MEMBERS},
    remedy,
    settings::pointer,
};

const SELECT: &str = "id,displayName,visibility";

pub(super) async fn check<H: Host>(
    graph: &Graph<'_, H>,
    token: &AccessToken,
    groups: &Check,
) -> Check {
    let ids = &graph.settings().users.only_groups;
    if ids.is_empty() {
        return passed(SCOPE, "Users are not limited to groups");
    }
    if groups.outcome != Outcome::Passed {
        return skipped(SCOPE, "Not tested, because groups cannot be read");
    }
    let endpoints = graph.endpoints();
    let groups = ids.iter().map(|id| BatchRequest::get(endpoints.group_in_batch(id, SELECT)));
    // Graph can refuse the members of a group that can be read.
    let members = ids.iter().map(|id| BatchRequest::get(endpoints.one_member_in_batch(id)));
    let questions: Vec<_> = groups.chain(members).collect();
    let mut answers = match batch::send_all(graph, &questions, GROUPS).await {
        Ok(answers) => answers,
        Err(error) => return failed_by(SCOPE, &error),
    };
    let members = answers.split_off(ids.len());
    let (mut missing, mut names, mut hidden, mut unread, mut refused) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (index, ((id, answer), members)) in ids.iter().zip(answers).zip(members).enumerate() {
        if let BatchAnswer::Refused(it) = members
            && it.status == 403
        {
            refused.push((index, it));
        }
        match answer {
            BatchAnswer::Success(body) => {
                let group: Value = serde_json::from_str(body.get()).unwrap_or_default();
                let text = |name| group.get(name).and_then(Value::as_str);
                let name = text("displayName").unwrap_or(id).to_owned();
                if text("visibility") == Some("HiddenMembership") {
                    hidden.push(name.clone());
                }
                names.push(name);
            }
            BatchAnswer::Refused(it) if it.is_missing_object() => {
                missing.push(directory::no_such_group(index));
            }
            BatchAnswer::Refused(_) | BatchAnswer::Unanswered => unread.push(id.clone()),
        }
    }
    if !missing.is_empty() {
        let summary = match missing.len() {
            1 => "One of the groups that users are limited to is not in the tenant".to_owned(),
            more => {
                format!("{more} of the groups that users are limited to are not in the tenant")
            }
        };
        return Check {
            fields: missing,
            remedy: Some(remedy::after_a_minute(
                "the group was created",
                "Choose the groups again in the user settings",
            )),
            ..failed(SCOPE, summary)
        };
    }
    let closed: Vec<_> = refused.iter().map(|(index, _)| *index).collect();
    if let Some((_, refusal)) = refused.into_iter().next() {
        let check = not_granted(SCOPE, MEMBERS, &graph.explain(refusal, MEMBERS));
        let field = |index| pointer::item(pointer::ONLY_GROUPS, index);
        let fields = closed.into_iter().map(|index| FieldError::new(field(index), &check.summary));
        return Check { fields: fields.collect(), ..check };
    }
    if !unread.is_empty() {
        let summary = format!("These groups could not be read just now: {}", unread.join(", "));
        return Check { remedy: Some("Test again".to_owned()), ..warned(SCOPE, summary) };
    }
    // https://learn.microsoft.com/graph/api/group-list-transitivemembers
    if !hidden.is_empty() && token.hints_at(HIDDEN_MEMBERS) != Some(true) {
        let summary = format!("The members of these groups may be hidden: {}", hidden.join(", "));
        let remedy = format!(
            "Choose groups with visible members, or: {}",
            remedy::grant(HIDDEN_MEMBERS, graph.endpoints().portal())
        );
        return Check { remedy: Some(remedy), ..warned(SCOPE, summary) };
    }
    passed(SCOPE, format!("Users are limited to {}", names.join(", ")))
}
