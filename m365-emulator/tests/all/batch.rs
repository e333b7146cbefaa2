//! `$batch`.

use m365_emulator::{Fault, Then};
use serde_json::{Value, json};

use crate::session::{Session, members, payload};

fn answer<'a>(batch: &'a Value, id: &str) -> &'a Value {
    let answers = batch["responses"].as_array().unwrap();
    answers.iter().find(|answer| answer["id"] == id).unwrap()
}

fn gets(urls: &[&str]) -> Value {
    let requests: Vec<_> = urls
        .iter()
        .enumerate()
        .map(|(number, url)| json!({"id": number.to_string(), "method": "GET", "url": url}))
        .collect();
    json!({"requests": requests})
}

#[tokio::test]
async fn each_request_has_its_own_answer() {
    let session = Session::with_users(5).await;
    let id = session.emulator.users()[0]["id"].as_str().unwrap().to_owned();
    let absolute = format!("{}/v1.0/users/{id}", session.emulator.graph());
    let urls = [
        &format!("/users/{id}?$select=id"),
        "users?$top=2",
        "/users/nobody",
        "/users/$count",
        &absolute,
    ];
    let batch = session.post("/$batch", &gets(&urls)).await.expect(200);
    assert_eq!(members(&batch), members(&payload("batch-response")));
    assert_eq!(answer(&batch, "0")["body"]["id"], id);
    assert_eq!(answer(&batch, "1")["body"]["value"].as_array().unwrap().len(), 2);
    assert_eq!(answer(&batch, "2")["status"], 404);
    assert_eq!(answer(&batch, "2")["body"]["error"]["code"], "Request_ResourceNotFound");
    assert_eq!(answer(&batch, "3")["status"], 400);
    assert_eq!(answer(&batch, "4")["body"]["id"], id);
    let kind = answer(&batch, "0")["headers"]["Content-Type"].as_str().unwrap();
    assert!(kind.starts_with("application/json"));

    let logged = session.emulator.requests();
    let inner = logged.iter().filter(|request| request.inner).count();
    assert_eq!(inner, urls.len());
}

#[tokio::test]
async fn a_batch_passes_headers_and_plain_text_on() {
    let session = Session::with_users(5).await;
    let headers = json!({"ConsistencyLevel": "eventual"});
    let request = json!({"id": "n", "method": "GET", "url": "/users/$count", "headers": headers});
    let batch = session.post("/$batch", &json!({"requests": [request]})).await.expect(200);
    use base64::Engine;
    let body = answer(&batch, "n")["body"].as_str().unwrap().to_owned();
    let body = base64::engine::general_purpose::STANDARD.decode(body).unwrap();
    assert_eq!(String::from_utf8(body).unwrap(), session.emulator.truth().users.to_string());
}

#[tokio::test]
async fn answers_of_a_batch_are_shuffled() {
    let session = Session::with_users(5).await;
    let batch = session.post("/$batch", &gets(&["/organization"; 20])).await.expect(200);
    let order: Vec<_> =
        batch["responses"].as_array().unwrap().iter().map(|answer| answer["id"].clone()).collect();
    let asked: Vec<_> = (0..20).map(|number| json!(number.to_string())).collect();
    assert_eq!(order.len(), 20);
    assert_ne!(order, asked);
}

#[tokio::test]
async fn faults_strike_inside_a_batch() {
    let session = Session::with_users(5).await;
    let throttled =
        json!({"error": {"code": "TooManyRequests", "message": "Please retry again later."}});
    let headers = [("Retry-After".to_owned(), "10".to_owned())].into();
    let then = Then::Answer { status: 429, headers, body: Some(throttled) };
    session.emulator.add_fault(Fault::once("/organization", then)).unwrap();
    let batch =
        session.post("/$batch", &gets(&["/users?$top=1", "/organization"])).await.expect(200);
    assert_eq!(answer(&batch, "0")["status"], 200);
    assert_eq!(answer(&batch, "1")["status"], 429);
    assert_eq!(answer(&batch, "1")["headers"]["Retry-After"], "10");
}

#[tokio::test]
async fn a_request_that_depends_on_a_failed_one_fails() {
    let session = Session::with_users(5).await;
    let batch = json!({"requests": [
        {"id": "c", "method": "GET", "url": "/organization", "dependsOn": ["b"]},
        {"id": "b", "method": "GET", "url": "/users/nobody", "dependsOn": ["a"]},
        {"id": "a", "method": "GET", "url": "/organization"},
    ]});
    let batch = session.post("/$batch", &batch).await.expect(200);
    let statuses = ["a", "b", "c"].map(|id| answer(&batch, id)["status"].as_u64().unwrap());
    assert_eq!(statuses, [200, 404, 424]);
}

#[tokio::test]
async fn a_wrong_batch_is_refused_completely() {
    let mut session = Session::with_users(5).await;
    session.post("/$batch", &gets(&["/users"; 21])).await.refused(400, "MaximumValueExceeded");
    let twice = json!({"requests": [
        {"id": "A", "method": "GET", "url": "/users"},
        {"id": "a", "method": "GET", "url": "/users"},
    ]});
    session.post("/$batch", &twice).await.refused(400, "BadRequest");
    session.post("/$batch", &json!({"steps": []})).await.refused(400, "BadRequest");
    session.post("/$batch", &json!([1])).await.refused(400, "BadRequest");
    let elsewhere = gets(&["https://elsewhere.example/v1.0/users"]);
    session.post("/$batch", &elsewhere).await.refused(400, "BadRequest");
    let circle =
        json!({"requests": [{"id": "a", "method": "GET", "url": "/users", "dependsOn": ["a"]}]});
    session.post("/$batch", &circle).await.refused(400, "BadRequest");
    session.set_bearer("");
    session.post("/$batch", &gets(&["/users"])).await.refused(401, "InvalidAuthenticationToken");
}
