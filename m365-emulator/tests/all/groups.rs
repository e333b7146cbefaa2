//! `/groups`.

use m365_emulator::Config;

use crate::session::{Session, members, published};

#[tokio::test]
async fn groups_are_listed_and_read() {
    let session =
        Session::start(Config { users: 1, rooms: 0, groups: 130, ..Config::default() }).await;
    let (groups, pages) = session.all("/groups").await;
    assert_eq!((groups.len(), pages), (130, 2));
    assert_eq!(groups, session.emulator.groups());
    let id = groups[3]["id"].as_str().unwrap();
    let group = session.get(&format!("/groups/{id}")).await.expect(200);
    for member in members(&published("group-get")) {
        // The sample is older than the schema: `creationOptions` is told of single groups only.
        assert!(member == "creationOptions" || group.get(member).is_some(), "{member}");
    }
    let page = session.get("/groups?$top=2&$select=id,displayName").await.expect(200);
    assert_eq!(members(&page["value"][0]), ["displayName", "id"]);
    let eventual = [("ConsistencyLevel", "eventual")];
    let page = session.get_with("/groups?$count=true&$top=1", &eventual).await.expect(200);
    assert_eq!(page["@odata.count"], 130);
    session.get("/groups/nobody").await.refused(404, "Request_ResourceNotFound");
    session.get("/groups?$select=shoeSize").await.refused(400, "BadRequest");
    session.get("/groups?$filter=mailEnabled eq true").await.refused(400, "Request_BadRequest");
}
