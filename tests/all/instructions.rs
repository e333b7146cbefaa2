//! The number of instructions that a fixed sync takes in the component. It shows without a clock
//! that a change made the component slower or faster.
//!
//! The number is Wasmtime's fuel, which is about one for each instruction of WebAssembly. It
//! depends neither on the profile of this test nor on the folder of the repository. The time of
//! day, random ids of requests and timers change it by less than 0.01 %, also on a busy machine.
//! The tolerance is for another version of the compiler.

#![expect(clippy::unwrap_used, reason = "an unexpected error fails the test")]

use std::{
    env, fs,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll},
};

use bytes::Bytes;
use end_to_end::component;
use http_body_util::{BodyExt as _, Full};
use serde_json::json;
use tokio::sync::oneshot;
use wasmtime::{
    Config, Engine, Store, StoreContextMut,
    component::{
        Component, FutureConsumer, Linker, ResourceTable, Source, StreamConsumer, StreamResult,
    },
};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::{
    Error, RequestOptions, WasiBody, WasiHttpCtx, WasiHttpCtxView, WasiHttpHooks, WasiHttpView,
};

wasmtime::component::bindgen!({
    path: "../wit",
    world: "plugin",
    imports: { default: async | store | trappable },
    exports: { default: async | store },
    with: {
        "wasi:clocks": wasmtime_wasi::p3::bindings::clocks,
        "wasi:random": wasmtime_wasi::p3::bindings::random,
        "wasi:http": wasmtime_wasi_http::p3::bindings::http,
    },
});

use exports::ones::integration::integration::{Error as Refusal, Summary, UserBatch};

/// The number on record, beside this file.
const FILE: &str = "all/instructions.txt";

/// The environment variable that makes the test write the number into [`FILE`].
const UPDATE: &str = "ONES_UPDATE_INSTRUCTIONS";

/// Smallest difference from the number on record that fails the test, in per cent.
const TOLERANCE: u64 = 5;

const PAGES: usize = 5;
const USERS_ON_A_PAGE: usize = 999;

#[test]
fn a_sync_takes_the_number_of_instructions_on_record() {
    let (taken, changes) = instructions();
    // Each user once, as many changed, and 20 groups with 50 members each.
    assert_eq!(changes, PAGES * USERS_ON_A_PAGE + 100 + 20 * 51);
    let file = format!("{}/{FILE}", env!("CARGO_MANIFEST_DIR"));
    if env::var_os(UPDATE).is_some() {
        fs::write(&file, format!("{taken}\n")).unwrap();
        return;
    }
    let on_record = fs::read_to_string(&file).unwrap().trim().parse::<u64>().unwrap();
    let difference = taken.abs_diff(on_record) * 100 / on_record;
    assert!(
        difference < TOLERANCE,
        "The sync took {taken} instructions, and {on_record} are on record. If the difference is \
         intended, write the new number into {FILE}: \
         {UPDATE}=1 cargo test --package end-to-end --test all instructions"
    );
}

/// Runs the sync, and returns the number of instructions and the number of reported changes.
fn instructions() -> (u64, usize) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(sync()).unwrap()
}

async fn sync() -> wasmtime::Result<(u64, usize)> {
    let mut config = Config::new();
    config.consume_fuel(true);
    let engine = Engine::new(&config)?;
    let component = Component::from_file(&engine, component())?;
    let mut linker = Linker::<State>::new(&engine);
    wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
    wasmtime_wasi::p3::add_to_linker(&mut linker)?;
    wasmtime_wasi_http::p3::add_to_linker(&mut linker)?;
    let state = State {
        table: ResourceTable::new(),
        // The order of hash maps must not change the number.
        wasi: WasiCtx::builder().insecure_random_seed(0).build(),
        http: WasiHttpCtx::new(),
        script: Script,
    };
    let mut store = Store::new(&engine, state);
    store.set_fuel(u64::MAX)?;
    let plugin = Plugin::instantiate_async(&mut store, &component, &linker).await?;
    let changes = Arc::new(Mutex::new(0));
    let counter = Counter(changes.clone());
    let (sender, result) = oneshot::channel();
    let ended = store
        .run_concurrent(async |accessor| {
            let interface = plugin.ones_integration_integration();
            let (stream, future) = interface.call_sync_users(accessor, settings(), None).await?;
            accessor.with(|mut store| {
                stream.pipe(&mut store, counter)?;
                future.pipe(&mut store, Ended(Some(sender)))
            })?;
            Ok::<_, wasmtime::Error>(result.await)
        })
        .await??;
    ended.unwrap().unwrap();
    let changes = *changes.lock().unwrap();
    Ok((u64::MAX - store.get_fuel()?, changes))
}

fn settings() -> String {
    let settings = json!({"server": {
        "name": "Contoso",
        "tenantId": "84841066-274d-4ec0-a5c1-276be684bdd3",
        "clientId": "6731de76-14a6-49ae-97bc-6eba6914391e",
        "clientSecret": "not~a~real~secret",
    }});
    settings.to_string()
}

struct State {
    table: ResourceTable,
    wasi: WasiCtx,
    http: WasiHttpCtx,
    script: Script,
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

impl WasiHttpView for State {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView { ctx: &mut self.http, table: &mut self.table, hooks: &mut self.script }
    }
}

/// Answers every request at once, and without a network.
struct Script;

type Io = Box<dyn Future<Output = Result<(), Error>> + Send>;
type Sent = Result<(http::Response<WasiBody>, Io), Error>;

impl WasiHttpHooks for Script {
    fn send_request(
        &mut self,
        request: http::Request<WasiBody>,
        _options: Option<RequestOptions>,
        _received: Io,
    ) -> Box<dyn Future<Output = Sent> + Send> {
        let path = request.uri().path_and_query().map_or("", |path| path.as_str());
        let (status, body) = match answer(path) {
            Some(body) => (200, body),
            None => (404, json!({"error": {"code": "NotFound", "message": path}}).to_string()),
        };
        let length = body.len();
        let body = Full::new(Bytes::from(body)).map_err(|never| match never {}).boxed_unsync();
        let response = http::Response::builder()
            .status(status)
            .header("content-type", "application/json")
            .header("content-length", length)
            .body(body)
            .map_err(|error| Error::InternalError(Some(error.to_string())));
        Box::new(async move { Ok((response?, Box::new(async { Ok(()) }) as Io)) })
    }
}

fn answer(path: &str) -> Option<String> {
    let (resource, query) = path.split_once('?').unwrap_or((path, ""));
    Some(match resource.trim_start_matches("/v1.0") {
        token if token.ends_with("/oauth2/v2.0/token") => {
            json!({"token_type": "Bearer", "expires_in": 3599, "access_token": "token"}).to_string()
        }
        "/users/delta" if query.contains("deltatoken=latest") => page("users/delta?a", 0..0, user),
        "/users/delta" => page("users/delta?b", 0..100, user),
        "/users" => {
            let number =
                query.split("skiptoken=").nth(1).map_or(0, |number| number.parse().unwrap());
            let (first, next) = (number * USERS_ON_A_PAGE, number + 1);
            let items = first..first + USERS_ON_A_PAGE;
            match next < PAGES {
                true => page(&format!("users?$skiptoken={next}"), items, user),
                false => page("", items, user),
            }
        }
        "/groups/delta" => page("groups/delta?a", 0..20, group),
        "/places/microsoft.graph.room" => page("", 0..0, user),
        _ => return None,
    })
}

/// Puts a page together: a link of delta ends a round, any other leads to the next page.
fn page(link: &str, numbers: std::ops::Range<usize>, item: fn(usize) -> String) -> String {
    let kind = if link.contains("delta") { "deltaLink" } else { "nextLink" };
    let link = match link {
        "" => String::new(),
        link => format!(r#""@odata.{kind}":"https://graph.microsoft.com/v1.0/{link}","#),
    };
    let items = numbers.map(item).collect::<Vec<_>>().join(",");
    format!(
        r##"{{"@odata.context":"https://graph.microsoft.com/v1.0/$metadata#x",{link}"value":[{items}]}}"##
    )
}

fn user(number: usize) -> String {
    let address = format!("adele.vance{number}@contoso.com");
    json!({
        "id": id(number), "userPrincipalName": address, "displayName": "Adele Vance",
        "mail": address, "givenName": "Adele", "surname": "Vance", "jobTitle": "Retail Manager",
        "department": "Retail", "officeLocation": "18/2111", "mobilePhone": null,
        "businessPhones": ["+1 425 555 0109"], "preferredLanguage": "en-US",
        "accountEnabled": true, "userType": "Member", "proxyAddresses": [format!("SMTP:{address}")],
    })
    .to_string()
}

fn group(number: usize) -> String {
    let member = |member| json!({"@odata.type": "#microsoft.graph.user", "id": id(member)});
    let members: Vec<_> = (number * 50..(number + 1) * 50).map(member).collect();
    json!({
        "id": id(1_000_000 + number), "displayName": format!("Group {number}"),
        "description": null, "mail": null, "members@delta": members,
    })
    .to_string()
}

fn id(number: usize) -> String {
    format!("{number:08x}-5d26-4ec6-8a3f-0f7e1c3b9a20")
}

/// Counts the changes of every batch.
struct Counter(Arc<Mutex<usize>>);

impl StreamConsumer<State> for Counter {
    type Item = UserBatch;

    fn poll_consume(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        mut store: StoreContextMut<State>,
        mut source: Source<'_, UserBatch>,
        _finish: bool,
    ) -> Poll<wasmtime::Result<StreamResult>> {
        let mut batch = None;
        source.read(&mut store, &mut batch)?;
        *self.0.lock().unwrap() += batch.map_or(0, |batch: UserBatch| batch.changes.len());
        Poll::Ready(Ok(StreamResult::Completed))
    }
}

/// Passes on how the sync ended.
struct Ended(Option<oneshot::Sender<Result<Summary, Refusal>>>);

impl FutureConsumer<State> for Ended {
    type Item = Result<Summary, Refusal>;

    fn poll_consume(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        mut store: StoreContextMut<State>,
        mut source: Source<'_, Self::Item>,
        _finish: bool,
    ) -> Poll<wasmtime::Result<()>> {
        let mut result = None;
        source.read(&mut store, &mut result)?;
        if let (Some(result), Some(sender)) = (result, self.get_mut().0.take()) {
            sender.send(result).map_err(|_| wasmtime::Error::msg("the test has ended"))?;
        }
        Poll::Ready(Ok(()))
    }
}
