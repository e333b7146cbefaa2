//! A plugin that puts a secret of its settings into every text that it returns.

use std::collections::BTreeSet;

use ones_host::{
    Problem,
    model::{BookingPolicy, Callback, CallbackOutcome, Purpose},
    plugin::{CallError, Session},
    settings::Settings,
};
use serde_json::json;
use tokio::sync::mpsc;
use wit_parser::{Int, Resolve, SizeAlign, Type, TypeDefKind};

use crate::component::{Answers, functions, interface};

const SECRET: &str = "hunter22-hunter22";

/// What every text of the plugin says.
const LEAK: &str = "the secret is hunter22-hunter22";

/// Fields of the interface that hold what is used as it is, not read by users.
const USED: [&str; 9] =
    ["id", "group", "member", "checkpoint", "url", "flow", "file-name", "text", "value"];

/// Cases of the longest variant of the interface.
const CASES: usize = 11;

/// A plugin that leaks.
#[derive(Clone, Copy)]
struct Leaking {
    leaks: Leaks,
    /// Functions succeed.
    succeeds: bool,
    /// Number of the case that every variant has.
    case: usize,
}

/// Where it leaks.
#[derive(Clone, Copy, PartialEq)]
enum Leaks {
    /// In what users read.
    Read,
    /// There, and in [`USED`].
    Used,
    /// There, and in the origins.
    Origins,
}

impl Leaking {
    fn answers(self) -> Answers {
        let schema = json!({ "properties": { "secret": { "writeOnly": true } } });
        let mut answers = Answers::described(&schema.to_string());
        let resolve = interface();
        let mut sizes = SizeAlign::default();
        sizes.fill(&resolve);
        for function in functions(&resolve).filter(|it| it.name != "describe") {
            let mut writer =
                Writer { leaking: self, resolve: &resolve, sizes: &sizes, answers: &mut answers };
            let result = function.result.unwrap();
            match writer.sync(&result) {
                Some((batch, result)) => {
                    // A stream that is not at its end makes a success a broken interface.
                    let batch = (!self.succeeds).then_some(batch.as_slice());
                    answers.sync(&function.name, batch, &result);
                }
                None => {
                    let bytes = writer.value("origin", &result);
                    answers.answer(&function.name, &bytes);
                }
            }
        }
        answers
    }

    async fn session(self) -> Result<Session, CallError> {
        let settings = json!({ "server": { "name": "Leaking" }, "secret": SECRET });
        Session::open(self.answers().plugin(), Settings::from(settings)).await
    }
}

/// Writes values of the interface as the canonical ABI has them: lists have one item, options a
/// value.
struct Writer<'a> {
    leaking: Leaking,
    resolve: &'a Resolve,
    sizes: &'a SizeAlign,
    answers: &'a mut Answers,
}

impl Writer<'_> {
    /// A batch and the result of a function that returns a stream and a future.
    fn sync(&mut self, ty: &Type) -> Option<(Vec<u8>, Vec<u8>)> {
        let TypeDefKind::Tuple(tuple) = self.kind(ty)? else { return None };
        let parts: Vec<_> = tuple.types.iter().filter_map(|it| self.kind(it)).collect();
        match parts.as_slice() {
            [TypeDefKind::Stream(Some(batch)), TypeDefKind::Future(Some(result))] => {
                Some((self.value("batch", batch), self.value("result", result)))
            }
            _ => None,
        }
    }

    fn kind(&self, ty: &Type) -> Option<TypeDefKind> {
        match ty {
            Type::Id(id) => Some(self.resolve.types[*id].kind.clone()),
            _ => None,
        }
    }

    /// The bytes of a value that the field `name` holds.
    fn value(&mut self, name: &str, ty: &Type) -> Vec<u8> {
        let mut bytes = vec![0; self.sizes.size(ty).size_wasm32()];
        if matches!(ty, Type::String) {
            let leaks = self.leaking.leaks;
            let text = match name {
                "origin" if leaks != Leaks::Origins => "https://vendor.example",
                "url" if leaks != Leaks::Used => "https://vendor.example",
                name if leaks != Leaks::Used && USED.contains(&name) => "plain",
                _ => LEAK,
            };
            let at = self.answers.bytes(text.as_bytes());
            words(&mut bytes, [at, text.len() as u32]);
        }
        match self.kind(ty) {
            Some(TypeDefKind::Type(alias)) => return self.value(name, &alias),
            Some(TypeDefKind::Record(record)) => {
                let names = record.fields.iter().map(|it| it.name.clone());
                let types: Vec<_> = record.fields.iter().map(|it| it.ty).collect();
                self.fields(&mut bytes, names.collect(), &types);
            }
            Some(TypeDefKind::Tuple(tuple)) => {
                let names = vec!["id".to_owned(); tuple.types.len()];
                self.fields(&mut bytes, names, &tuple.types);
            }
            Some(TypeDefKind::List(item)) => {
                let item = self.value(name, &item);
                words(&mut bytes, [self.answers.bytes(&item), 1]);
            }
            Some(TypeDefKind::Option(some)) => {
                self.case(&mut bytes, name, Int::U8, &[None, Some(some)], 1);
            }
            Some(TypeDefKind::Result(result)) => {
                let case = usize::from(!self.leaking.succeeds);
                self.case(&mut bytes, name, Int::U8, &[result.ok, result.err], case);
            }
            Some(TypeDefKind::Variant(variant)) => {
                let cases: Vec<_> = variant.cases.iter().map(|it| it.ty).collect();
                let case = self.leaking.case % cases.len();
                self.case(&mut bytes, "id", variant.tag(), &cases, case);
            }
            // Numbers, enums and flags.
            _ => {}
        }
        bytes
    }

    fn fields(&mut self, bytes: &mut [u8], names: Vec<String>, types: &[Type]) {
        let offsets = self.sizes.field_offsets(types);
        let offsets: Vec<_> = offsets.iter().map(|(at, _)| at.size_wasm32()).collect();
        for ((name, ty), at) in names.iter().zip(types).zip(offsets) {
            let value = self.value(name, ty);
            bytes[at..at + value.len()].copy_from_slice(&value);
        }
    }

    fn case(
        &mut self,
        bytes: &mut [u8],
        name: &str,
        tag: Int,
        cases: &[Option<Type>],
        case: usize,
    ) {
        bytes[0] = u8::try_from(case).unwrap();
        let at = self.sizes.payload_offset(tag, cases.iter().map(Option::as_ref)).size_wasm32();
        if let Some(ty) = cases[case] {
            let value = self.value(name, &ty);
            bytes[at..at + value.len()].copy_from_slice(&value);
        }
    }
}

fn words(bytes: &mut [u8], words: [u32; 2]) {
    bytes[..4].copy_from_slice(&words[0].to_le_bytes());
    bytes[4..8].copy_from_slice(&words[1].to_le_bytes());
}

/// All that comes back through the public methods of the session, as text, by method.
async fn returned(session: &Session) -> Vec<(&'static str, String)> {
    let ids = || vec!["a".to_owned()];
    let policy =
        BookingPolicy { auto_accept: true, window_days: 1, longest_minutes: 1, keep_subject: true };
    let callback = Callback { redirect_uri: "x".to_owned(), parameters: vec![], flow: None };
    let (rooms, mut room_batches) = mpsc::channel(2);
    let (users, mut user_batches) = mpsc::channel(2);
    let to_vendor = session.begin_sign_in("http://localhost/x", Purpose::SignIn).await;
    let user = session.handle_callback(callback).await.map(|it| match it {
        CallbackOutcome::SignedIn(user) => format!("{user:?}"),
        CallbackOutcome::ConsentGranted => String::new(),
    });
    let all = vec![
        ("accepted", text(session.accepted())),
        ("origins", text(session.origins())),
        ("choices", text(session.choices("/x", "", 9).await)),
        ("validate", text(session.validate().await)),
        ("sync_rooms", text(session.sync_rooms(rooms).await)),
        ("sync_users", text(session.sync_users(None, users).await)),
        ("read_users", text(session.read_users(ids()).await)),
        ("read_groups", text(session.read_groups(ids()).await)),
        ("read_rooms", text(session.read_rooms(ids()).await)),
        ("booking_script", text(session.booking_script(ids(), policy).await)),
        // Its `Debug` output leaves the flow out.
        ("begin_sign_in", text(to_vendor.map(|it| (it.url, it.flow)))),
        ("handle_callback", text(user)),
        ("rooms", format!("{:?}", room_batches.try_recv())),
        ("users", format!("{:?}", user_batches.try_recv())),
        ("network_failures", format!("{:?}", session.network_failures())),
    ];
    all
}

/// A result as text, an error with all that is shown of it.
fn text<T: std::fmt::Debug>(result: Result<T, CallError>) -> String {
    match result {
        Ok(value) => format!("{value:?}"),
        Err(error) => format!("{error:?} {:?}", Problem::from(&error)),
    }
}

fn all(leaks: Leaks) -> impl Iterator<Item = Leaking> {
    let cases = (0..CASES).flat_map(|case| [true, false].map(|succeeds| (case, succeeds)));
    cases.map(move |(case, succeeds)| Leaking { leaks, succeeds, case })
}

/// Calls every method of every such plugin. Returns the methods of which one returned `text`.
async fn methods(leaks: Leaks, wanted: &str) -> Vec<&'static str> {
    let mut methods = BTreeSet::new();
    for leaking in all(leaks) {
        let session = leaking.session().await.unwrap();
        for (method, text) in returned(&session).await {
            assert!(!text.contains(SECRET), "{method}: {text}");
            if text.contains(wanted) {
                methods.insert(method);
            }
        }
    }
    methods.into_iter().collect()
}

#[tokio::test]
async fn what_users_read_loses_the_secrets_whatever_the_plugin_returns() {
    let expected = [
        "accepted",
        "begin_sign_in",
        "booking_script",
        "choices",
        "handle_callback",
        "origins",
        "read_groups",
        "read_rooms",
        "read_users",
        "rooms",
        "sync_rooms",
        "sync_users",
        "users",
        "validate",
    ];
    assert_eq!(methods(Leaks::Read, "the secret is [redacted]").await, expected);
}

#[tokio::test]
async fn what_is_used_as_it_is_breaks_the_interface_where_it_holds_a_secret() {
    let expected = [
        "begin_sign_in",
        "booking_script",
        "choices",
        "handle_callback",
        "read_groups",
        "read_rooms",
        "read_users",
        "sync_rooms",
        "sync_users",
    ];
    assert_eq!(methods(Leaks::Used, "holds a secret of the settings").await, expected);
}

#[tokio::test]
async fn an_origin_that_holds_a_secret_breaks_the_interface() {
    let leaking = Leaking { leaks: Leaks::Origins, succeeds: true, case: 0 };
    let text = text(leaking.session().await.map(drop));
    assert!(text.contains("origins holds a secret of the settings"), "{text}");
    assert!(!text.contains(SECRET), "{text}");
}
