//! Faults: what goes wrong on purpose.

use m365_emulator::{Edit, Fault, Match, Then, TokenFault};
use reqwest::Method;
use serde_json::{Value, json};

use crate::entra::refused;
use crate::session::Session;

fn answer(status: u16, headers: &[(&str, &str)], body: Value) -> Then {
    let headers =
        headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Then::Answer { status, headers, body: Some(body) }
}

fn set(pointer: &str, value: Value) -> Edit {
    Edit { pointer: pointer.to_owned(), value: Some(value) }
}

#[tokio::test]
async fn a_fault_starts_after_skipped_requests_and_ends_after_its_times() {
    let session = Session::with_users(3).await;
    let then = answer(
        503,
        &[("Retry-After", "Fri, 31 Dec 1999 23:59:59 GMT")],
        json!("<html>Busy</html>"),
    );
    session.emulator.add_fault(Fault::once("/users", then).after(1).times(2)).unwrap();
    let mut statuses = Vec::new();
    for _ in 0..4 {
        statuses.push(session.get("/users?$top=1").await.status);
    }
    assert_eq!(statuses, [200, 503, 503, 200]);
}

#[tokio::test]
async fn an_answer_is_sent_exactly_as_given() {
    let session = Session::with_users(3).await;
    let html = answer(200, &[("Content-Type", "text/html")], json!("<html>Proxy</html>"));
    let throttled =
        answer(429, &[("Retry-After", "2.128")], json!({"error": {"code": "TooManyRequests"}}));
    session
        .emulator
        .set_faults(vec![Fault::once("/users", html), Fault::once("/users", throttled)])
        .unwrap();
    let first = session.get("/users").await;
    assert_eq!(
        (first.header("content-type"), first.text.as_str()),
        ("text/html", "<html>Proxy</html>")
    );
    let second = session.get("/users").await;
    assert_eq!((second.status, second.header("retry-after")), (429, "2.128"));
    assert_eq!(second.header("content-type"), "application/json");
    session.get("/users").await.expect(200);
}

#[tokio::test]
async fn a_fault_can_depend_on_query_and_method() {
    let session = Session::with_users(3).await;
    let only = Match {
        method: Some("get".to_owned()),
        query: Some("$top=2".to_owned()),
        ..Match::default()
    };
    let fault = Fault { matching: only, skip: 0, times: None, then: answer(500, &[], json!({})) };
    session.emulator.add_fault(fault).unwrap();
    session.get("/users?$top=1").await.expect(200);
    session.get("/users?%24top=2").await.expect(500);
    session.get("/users?$top=2").await.expect(500);
}

#[tokio::test]
async fn connections_close_and_bodies_end_early() {
    let session = Session::with_users(3).await;
    let request = || session.http.get(session.url("/users")).bearer_auth(session.bearer());
    session.emulator.add_fault(Fault::once("/users", Then::Close {})).unwrap();
    assert!(request().send().await.is_err());
    let status = session.emulator.requests().last().unwrap().status;
    assert_eq!(status, None);

    let truncate = |clean| Then::Truncate { after: Some(100), clean };
    session.emulator.add_fault(Fault::once("/users", truncate(false))).unwrap();
    let outcome = match request().send().await {
        Ok(response) => response.bytes().await.map(drop),
        Err(error) => Err(error),
    };
    assert!(outcome.is_err());

    session.emulator.add_fault(Fault::once("/users", truncate(true))).unwrap();
    let short = session.get("/users").await;
    assert_eq!((short.status, short.text.len()), (200, 100));
    assert!(serde_json::from_str::<Value>(&short.text).is_err());
    session.get("/users").await.expect(200);
}

#[tokio::test]
async fn an_answer_can_be_rewritten() {
    let session = Session::with_users(5).await;
    let edits = vec![
        set("/value/1/displayName", json!(5)),
        Edit { pointer: "/value/0/mail".to_owned(), value: None },
        set("/@odata.nextLink", json!("https://elsewhere.example/v1.0/users")),
        set("/value/99/displayName", json!("beyond the end")),
    ];
    session.emulator.add_fault(Fault::once("/users", Then::Rewrite(edits))).unwrap();
    let page = session.get("/users?$select=displayName,mail").await.expect(200);
    assert_eq!(page["value"][1]["displayName"], 5);
    assert!(page["value"][0].get("mail").is_none());
    assert_eq!(page["@odata.nextLink"], "https://elsewhere.example/v1.0/users");

    let edits = vec![set("/@odata.nextLink", json!("{self}")), set("/value", json!([]))];
    session.emulator.add_fault(Fault::once("/users", Then::Rewrite(edits)).times(None)).unwrap();
    let page = session.get("/users?$top=2").await.expect(200);
    assert_eq!(
        (&page["value"], &page["@odata.nextLink"]),
        (&json!([]), &json!(session.url("/users?$top=2")))
    );
}

#[tokio::test]
async fn a_delayed_answer_is_the_correct_one() {
    let session = Session::with_users(3).await;
    session.emulator.add_fault(Fault::once("/users", Then::Delay { milliseconds: 1 })).unwrap();
    session.get("/users").await.expect(200);
}

#[tokio::test]
async fn faults_strike_entra_too() {
    let session = Session::with_users(1).await;
    let then = answer(503, &[], json!({"error": "Service Unavailable"}));
    session.emulator.add_fault(Fault::once("/oauth2/v2.0/token", then)).unwrap();
    assert_eq!(session.token(&[]).await.expect(503), json!({"error": "Service Unavailable"}));
    session.token(&[]).await.expect(200);
}

#[tokio::test]
async fn faults_are_set_listed_and_cleared_over_http() {
    let session = Session::with_users(1).await;
    let faults = json!([
        {
            "match": {"path": "/users", "query": "$skiptoken"},
            "skip": 1,
            "times": null,
            "then": {"close": {}},
        },
        {"then": {"truncate": {"clean": true}}},
        {"match": {"method": "POST"}, "then": {"delay": {"milliseconds": 5}}},
        {
            "match": {"path": "/nowhere"},
            "then": {"rewrite": [{"pointer": "/value/0/id", "value": null}, {"pointer": "/x"}]},
        },
        {"match": {"path": "/nowhere"}, "then": {"answer": {"status": 500}}},
    ]);
    assert_eq!(session.admin(Method::PUT, "faults", Some(faults)).await.status, 204);
    let listed = session.admin(Method::GET, "faults", None).await.expect(200);
    assert_eq!(listed["value"].as_array().unwrap().len(), 5);
    assert_eq!(
        (&listed["value"][0]["times"], &listed["value"][1]["times"]),
        (&Value::Null, &json!(1))
    );
    let Then::Rewrite(edits) = session.emulator.faults()[3].then.clone() else {
        panic!("a rewrite")
    };
    assert_eq!((edits[0].value.clone(), edits[1].value.clone()), (Some(Value::Null), None));
    assert_eq!(session.admin(Method::DELETE, "faults", None).await.status, 204);
    assert!(session.emulator.faults().is_empty());
    for wrong in [
        json!({"then": {"answer": {"status": 42}}}),
        json!({"then": {"answer": {"status": 200, "headers": {"a b": "c"}}}}),
        json!({"then": {"rewrite": [{"pointer": "value", "value": 1}]}}),
        json!({"then": {"explode": {}}}),
        json!({"then": {"fail": {"status": 200}}}),
        json!({"then": {"fail": {"status": 429, "retryAfter": "1\n"}}}),
        json!({"then": {"token": "somethingElse"}}),
        json!({"match": {"host": "x"}, "then": {"close": {}}}),
    ] {
        session.admin(Method::POST, "faults", Some(wrong)).await.expect(400);
    }
}

#[tokio::test]
async fn a_request_is_held_until_the_faults_are_cleared() {
    let session = Session::with_users(3).await;
    session.emulator.add_fault(Fault::once("/organization", Then::Hold {})).unwrap();
    let mut held = std::pin::pin!(session.get("/organization"));
    tokio::select! {
        biased;
        _ = &mut held => panic!("it was answered"),
        // Asked while the first one waits, and answered.
        other = session.get("/users?$top=1") => drop(other),
    }
    session.emulator.set_faults(Vec::new()).unwrap();
    held.await.expect(200);
}

#[tokio::test]
async fn a_failure_comes_in_graphs_words_and_with_any_retry_after() {
    let session = Session::with_users(3).await;
    let codes = [
        (404, "Request_ResourceNotFound"),
        (408, "RequestTimeout"),
        (429, "TooManyRequests"),
        (500, "InternalServerError"),
        (502, "BadGateway"),
        (503, "ServiceUnavailable"),
        (504, "GatewayTimeout"),
        (509, "BandwidthLimitExceeded"),
    ];
    for (status, code) in codes {
        session.emulator.add_fault(Fault::once("/users", Then::fail(status))).unwrap();
        session.get("/users?$top=1").await.refused(status, code);
    }
    for retry_after in ["0.249", "1", "0", "Fri, 31 Dec 1999 23:59:59 GMT", "soon"] {
        let fault = Fault::once("/users", Then::throttled(retry_after)).times(2);
        session.emulator.add_fault(fault).unwrap();
        for _ in 0..2 {
            let answer = session.get("/users?$top=1").await;
            assert_eq!((answer.status, answer.header("retry-after")), (429, retry_after));
        }
        session.get("/users?$top=1").await.expect(200);
    }
}

#[tokio::test]
async fn parts_of_a_batch_fail_while_the_others_are_answered() {
    let session = Session::with_users(5).await;
    let ids: Vec<_> = session.emulator.users().iter().map(|user| user["id"].clone()).collect();
    let url = |id: &Value| format!("/users/{}", id.as_str().unwrap());
    let requests: Vec<_> =
        ids[..4].iter().map(|id| json!({"id": id, "method": "GET", "url": url(id)})).collect();
    let statuses = async || {
        let batch = json!({"requests": requests});
        let answer = session.post("/$batch", &batch).await.expect(200);
        let answers = answer["responses"].as_array().unwrap().clone();
        let of = |id: &Value| answers.iter().find(|answer| answer["id"] == *id).unwrap().clone();
        ids[..4].iter().map(of).collect::<Vec<_>>()
    };
    let status = |answer: &Value| answer["status"].as_u64().unwrap();
    let add = |fault| session.emulator.add_fault(fault).unwrap();

    add(Fault::once(&url(&ids[2]), Then::fail(500)).inside_batch());
    session.get(&url(&ids[2])).await.expect(200);
    let answers = statuses().await;
    assert_eq!(answers.iter().map(status).collect::<Vec<_>>(), [200, 200, 500, 200]);

    add(Fault::once("/users/", Then::throttled("0.249")).times(3).inside_batch());
    let answers = statuses().await;
    assert_eq!(answers.iter().map(status).collect::<Vec<_>>(), [429, 429, 429, 200]);
    assert_eq!(answers[0]["headers"]["Retry-After"], "0.249");
    assert!(statuses().await.iter().all(|answer| status(answer) == 200));

    add(Fault::once(&url(&ids[1]), Then::fail(404)).inside_batch());
    let answers = statuses().await;
    let message = answers[1]["body"]["error"]["message"].as_str().unwrap();
    assert!(message.contains(ids[1].as_str().unwrap()), "{message}");
}

#[tokio::test]
async fn page_tokens_expire_for_the_given_number_of_requests() {
    let session = Session::with_users(30).await;
    let fault = Fault::once("/v1.0/users", Then::ExpiredPageToken {}).times(2);
    session.emulator.add_fault(fault).unwrap();
    let page = session.get("/users?$top=10").await.expect(200);
    let next = page["@odata.nextLink"].as_str().unwrap();
    for _ in 0..2 {
        session.get(next).await.refused(400, "Directory_ExpiredPageToken");
    }
    session.get(next).await.expect(200);
}

#[tokio::test]
async fn the_token_endpoint_refuses_for_a_given_reason() {
    let session = Session::with_users(1).await;
    for (fault, status, error, code) in [
        ("otherCloud", 400, "invalid_request", 900_432),
        ("governmentTenant", 400, "invalid_request", 900_439),
        ("publicTenant", 400, "invalid_request", 900_440),
        ("secretUnknown", 401, "invalid_client", 7_000_215),
        ("applicationUnknown", 400, "unauthorized_client", 700_016),
        ("servicePrincipalMissing", 401, "invalid_client", 7_000_229),
    ] {
        let fault = json!({"then": {"token": fault}});
        assert_eq!(session.admin(Method::POST, "faults", Some(fault)).await.status, 204);
        session.get("/users?$top=1").await.expect(200);
        refused(session.token(&[]).await, status, error, code);
    }
    let fault = Fault::once("", Then::Token(TokenFault::SecretUnknown)).times(2);
    session.emulator.add_fault(fault).unwrap();
    for _ in 0..2 {
        session.token(&[]).await.expect(401);
    }
    session.token(&[]).await.expect(200);
}

#[tokio::test]
async fn connections_close_on_discovery_and_keys_too() {
    let session = Session::with_users(1).await;
    let entra = format!("{}/{}", session.emulator.authority(), session.emulator.tenant_id());
    for path in ["v2.0/.well-known/openid-configuration", "discovery/v2.0/keys"] {
        session.emulator.add_fault(Fault::once(path, Then::Close {})).unwrap();
        let get = || session.http.get(format!("{entra}/{path}"));
        assert!(get().send().await.is_err());
        crate::session::send(get()).await.expect(200);
    }
}
