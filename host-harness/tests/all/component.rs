//! A component of the plugin's world, made for a test: some of its functions answer what the test
//! says, all others trap.

use std::{collections::BTreeMap, fmt::Write as _, time::Duration};

use ones_host::plugin::{Client, Limits, Plugin};
use tempfile::TempDir;
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::{
    Function, Resolve,
    abi::{AbiVariant, WasmType},
};

pub(crate) const INTERFACE: &str = "ones:integration/integration@0.1.0";

/// Where answers are in the guest's memory.
const BASE: u32 = 1024;

/// What functions answer, by their names: where the result is in memory. Layouts are those of the
/// component model's canonical ABI.
#[derive(Default)]
pub(crate) struct Answers {
    memory: Vec<u8>,
    results: BTreeMap<String, u32>,
    syncs: BTreeMap<String, Sync>,
}

/// What a sync sends: where it is in memory.
struct Sync {
    batch: Option<u32>,
    result: u32,
}

impl Answers {
    /// A plugin that answers its description with this schema.
    pub(crate) fn described(schema: &str) -> Self {
        let mut answers = Self::default();
        let [name, version, schema] = ["Hostile", "1.0.0", schema].map(|it| answers.text(it));
        // No permissions, and no version of time zones.
        let nothing = [[0, 0], [0, 0]].concat();
        let words = [[name, version, schema].concat(), nothing, vec![0]].concat();
        answers.put("describe", &words);
        answers
    }

    /// And names these origins, whatever the settings.
    pub(crate) fn origins<'a>(mut self, origins: impl IntoIterator<Item = &'a str>) -> Self {
        let origins: Vec<_> = origins.into_iter().map(|it| self.text(it)).collect();
        let list = self.words(&origins.concat());
        self.put("origins", &[OK, list, origins.len() as u32]);
        self
    }

    /// And sends a browser there.
    pub(crate) fn redirect(mut self, url: &str, flow: &str) -> Self {
        let [[url, url_size], [flow, flow_size]] = [url, flow].map(|it| self.text(it));
        self.put("begin-sign-in", &[OK, url, url_size, flow, flow_size]);
        self
    }

    /// And tests settings with this number of checks.
    pub(crate) fn checks(mut self, count: usize) -> Self {
        let [empty, none] = [self.text("check"), [0, 0]];
        // Two options without a value, and an empty list of fields.
        let check = [empty.as_slice(), &[0], &empty, &[0, 0, 0], &[0, 0, 0], &none].concat();
        let list = self.words(&check.repeat(count));
        self.put("validate", &[list, count as u32]);
        self
    }

    /// And syncs users with one batch, whose list of `count` changes begins at `changes`.
    pub(crate) fn users(mut self, changes: u32, count: u32) -> Self {
        // Subject and mode, the changes, no checkpoint, no total.
        let words = [0, changes, count, 0, 0, 0, 0, 0, 0, 0];
        let batch: Vec<_> = words.iter().flat_map(|it: &u32| it.to_le_bytes()).collect();
        // A summary of nothing.
        self.sync("sync-users", Some(&batch), &[0; 256]);
        self
    }

    /// Loads it.
    pub(crate) fn plugin(&self) -> Plugin {
        let folder = TempDir::new().unwrap();
        let file = folder.path().join("hostile.wasm");
        std::fs::write(&file, self.component()).unwrap();
        let client = Client::trusting(rustls::RootCertStore::empty()).unwrap();
        let limits = Limits { time: Duration::from_secs(60), ..Limits::default() };
        Plugin::load(&file, limits, client).unwrap()
    }

    fn text(&mut self, text: &str) -> [u32; 2] {
        [self.bytes(text.as_bytes()), text.len() as u32]
    }

    fn words(&mut self, words: &[u32]) -> u32 {
        let bytes: Vec<_> = words.iter().flat_map(|it| it.to_le_bytes()).collect();
        self.bytes(&bytes)
    }

    /// Puts bytes into the guest's memory. Returns where they are.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> u32 {
        let at = BASE + self.memory.len() as u32;
        self.memory.extend(bytes);
        self.memory.resize(self.memory.len().next_multiple_of(8), 0);
        at
    }

    fn put(&mut self, function: &str, words: &[u32]) {
        let at = self.words(words);
        self.results.insert(function.to_owned(), at);
    }

    /// Lets a function answer these bytes.
    pub(crate) fn answer(&mut self, function: &str, bytes: &[u8]) {
        let at = self.bytes(bytes);
        self.results.insert(function.to_owned(), at);
    }

    /// Lets a sync send a batch, or end its stream without one, and this result.
    pub(crate) fn sync(&mut self, function: &str, batch: Option<&[u8]>, result: &[u8]) {
        let batch = batch.map(|bytes| self.bytes(bytes));
        let sync = Sync { batch, result: self.bytes(result) };
        self.syncs.insert(function.to_owned(), sync);
    }

    /// Returns the bytes of the component.
    pub(crate) fn component(&self) -> Vec<u8> {
        let resolve = interface();
        let package = resolve.packages.iter().next_back().unwrap().0;
        let world = resolve.select_world(&[package], Some("plugin")).unwrap();
        let mut module = wat::parse_str(self.wat(&resolve)).unwrap();
        embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).unwrap();
        ComponentEncoder::default().module(&module).unwrap().encode().unwrap()
    }

    fn wat(&self, resolve: &Resolve) -> String {
        let heap = (BASE as usize + self.memory.len()).next_multiple_of(8);
        let pages = heap / (64 << 10) + 32;
        let mut wat = "(module\n".to_owned();
        self.syncs.keys().for_each(|function| wat += &imports(function));
        writeln!(wat, "(memory (export \"memory\") {pages})").unwrap();
        let data: String = self.memory.iter().map(|it| format!("\\{it:02x}")).collect();
        writeln!(wat, "(data (i32.const {BASE}) \"{data}\")").unwrap();
        // Never gives anything back: an instance is called once.
        writeln!(
            wat,
            "(global $heap (mut i32) (i32.const {heap}))
             (func (export \"cabi_realloc\") (param i32 i32 i32 i32) (result i32)
                 (global.get $heap)
                 (global.set $heap (i32.and (i32.const -8)
                     (i32.add (i32.const 7) (i32.add (global.get $heap) (local.get 3))))))"
        )
        .unwrap();
        for function in functions(resolve) {
            let signature = resolve.wasm_signature(AbiVariant::GuestExport, function);
            let types = |types: &[WasmType]| -> String {
                let name = |it: &WasmType| match it {
                    WasmType::I64 | WasmType::PointerOrI64 => " i64",
                    WasmType::F32 => " f32",
                    WasmType::F64 => " f64",
                    WasmType::I32 | WasmType::Pointer | WasmType::Length => " i32",
                };
                types.iter().map(name).collect()
            };
            let answer = self.results.get(&function.name);
            let body = match (answer, self.syncs.get(&function.name)) {
                (Some(at), _) => format!("(i32.const {at})"),
                (None, Some(sync)) => sync.body(&function.name),
                (None, None) => "unreachable".to_owned(),
            };
            writeln!(
                wat,
                "(func (export \"{INTERFACE}#{}\") (param{}) (result{}) {body})",
                function.name,
                types(&signature.params),
                types(&signature.results)
            )
            .unwrap();
        }
        wat + ")"
    }
}

/// Reads the interface.
pub(crate) fn interface() -> Resolve {
    let mut resolve = Resolve::default();
    resolve.push_path(concat!(env!("CARGO_MANIFEST_DIR"), "/../wit")).unwrap();
    resolve
}

/// The functions of a plugin.
pub(crate) fn functions(resolve: &Resolve) -> impl Iterator<Item = &Function> {
    let is_plugin = |id| resolve.id_of(id).as_deref() == Some(INTERFACE);
    let found = resolve.interfaces.iter().filter(move |(id, _)| is_plugin(*id));
    found.flat_map(|(_, interface)| interface.functions.values())
}

/// What a sync needs of the component model. Its stream is the first type of that kind in its
/// signature, its future the second.
fn imports(function: &str) -> String {
    let import = |name: &str, short: &str, signature: &str| {
        format!(
            "(import \"[export]{INTERFACE}\" \"{name}]{function}\"
                 (func ${function}-{short} {signature}))\n"
        )
    };
    import("[stream-new-0", "stream", "(result i64)")
        + &import("[stream-drop-writable-0", "end", "(param i32)")
        + &import("[async-lower][stream-write-0", "send", "(param i32 i32 i32) (result i32)")
        + &import("[future-new-1", "future", "(result i64)")
        + &import("[async-lower][future-write-1", "resolve", "(param i32 i32) (result i32)")
}

impl Sync {
    /// Makes stream and future, begins to write, and returns their readable ends. The writes are
    /// done when the host reads.
    fn body(&self, function: &str) -> String {
        let Self { batch, result } = self;
        let writable =
            |end: &str| format!("(i32.wrap_i64 (i64.shr_u (local.get ${end}) (i64.const 32)))");
        let (stream, future) = (writable("stream"), writable("future"));
        let send = match batch {
            Some(at) => {
                format!("(drop (call ${function}-send {stream} (i32.const {at}) (i32.const 1)))")
            }
            None => format!("(call ${function}-end {stream})"),
        };
        format!(
            "(local $stream i64) (local $future i64)
             (local.set $stream (call ${function}-stream))
             (local.set $future (call ${function}-future))
             {send}
             (drop (call ${function}-resolve {future} (i32.const {result})))
             (i32.store (i32.const 0) (i32.wrap_i64 (local.get $stream)))
             (i32.store (i32.const 4) (i32.wrap_i64 (local.get $future)))
             (i32.const 0)"
        )
    }
}

/// The case of a result.
const OK: u32 = 0;

/// Settings of an integration that says nothing else.
pub(crate) fn settings() -> ones_host::settings::Settings {
    serde_json::json!({ "server": { "name": "Hostile" } }).into()
}
