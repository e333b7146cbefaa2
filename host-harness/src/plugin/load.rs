//! Loading: from a file to a plugin that can be called.

use std::{
    fs::File,
    io::Read as _,
    path::Path,
    sync::{Arc, OnceLock, atomic::AtomicU64},
    time::Duration,
};

use wasmtime::{
    Config, Engine,
    component::{Component, Linker},
};

use crate::problem::{Case, Problem};

use super::{
    Client, ClientError, Inner, Limits, Plugin, bindings, call::State, compiled, known::Known,
    origins::OwnPages,
};

/// Largest file that is compiled, in bytes.
pub const LARGEST_PLUGIN: u64 = 64 << 20;

/// Time after which guests have to yield.
const EPOCH: Duration = Duration::from_millis(10);

/// Why a plugin cannot be used.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the fields are the file, and what is said of it")]
pub enum LoadError {
    /// It is missing, or not readable.
    #[error("cannot read the plugin {file}: {cause}")]
    Unreadable { file: String, cause: std::io::Error },
    /// It is larger than [`LARGEST_PLUGIN`].
    #[error("the plugin {file} is larger than {} MiB", LARGEST_PLUGIN >> 20)]
    TooLarge { file: String },
    /// It does not begin as WebAssembly does.
    #[error("{file} is no WebAssembly component")]
    NotWebAssembly { file: String },
    /// It is WebAssembly, but not a component.
    #[error("{file} is a WebAssembly core module, not a component")]
    CoreModule { file: String },
    /// Wasmtime cannot compile it.
    #[error("{file} is no valid WebAssembly component")]
    Invalid { file: String, cause: String },
    /// It exports another interface.
    #[error("{file} is no plugin: it does not export {}, but {found}", bindings::EXPORT)]
    OtherWorld { file: String, found: String },
    /// It exports another version of the interface.
    #[error(
        "{file} was made for another version: it does not export {}, but {found}",
        bindings::EXPORT
    )]
    OtherVersion { file: String, found: String },
    /// It exports the interface under the right name, but with other functions or types.
    #[error("{file} exports {}, but not as this host knows it", bindings::EXPORT)]
    OtherShape { file: String, cause: String },
    /// It imports something that plugins do not get.
    #[error("{file} imports something that plugins do not get")]
    Import { file: String, cause: String },
    /// This machine cannot run plugins.
    #[error("cannot run plugins here: {0}")]
    Host(String),
}

impl From<ClientError> for LoadError {
    fn from(error: ClientError) -> Self {
        Self::Host(error.to_string())
    }
}

impl From<&LoadError> for Problem {
    fn from(error: &LoadError) -> Self {
        let code = match error {
            LoadError::Unreadable { .. } => "plugin-unreadable",
            LoadError::TooLarge { .. } => "plugin-too-large",
            LoadError::NotWebAssembly { .. } => "plugin-not-webassembly",
            LoadError::CoreModule { .. } => "plugin-not-a-component",
            LoadError::Invalid { .. } => "plugin-invalid",
            LoadError::OtherWorld { .. } => "plugin-other-world",
            LoadError::OtherVersion { .. } => "plugin-other-version",
            LoadError::OtherShape { .. } => "plugin-other-shape",
            LoadError::Import { .. } => "plugin-import",
            LoadError::Host(_) => "host",
        };
        let problem = Self::new(Case::Plugin, code, error);
        match error {
            LoadError::CoreModule { .. } => {
                problem.remedy("Build it for the target wasm32-wasip2, which gives a component")
            }
            LoadError::OtherWorld { .. } | LoadError::OtherVersion { .. } => problem
                .remedy("Use a plugin that was built against this host's wit/integration.wit"),
            LoadError::OtherShape { cause, .. }
            | LoadError::Invalid { cause, .. }
            | LoadError::Import { cause, .. } => problem.detail(cause),
            _ => problem,
        }
    }
}

impl Plugin {
    /// Loads the component in `file`. The compiled code is stored in the user's cache folder, where
    /// there is one.
    ///
    /// # Errors
    /// Any [`LoadError`].
    pub fn load(file: &Path, limits: Limits, client: Client) -> Result<Self, LoadError> {
        let name = file.display().to_string();
        let bytes = read(file)?;
        let engine = engine()?;
        let component = compiled::component(&engine, &bytes)
            .map_err(|it| LoadError::Invalid { file: name.clone(), cause: format!("{it:#}") })?;
        drop(bytes);
        check_exports(&engine, &component, &name)?;

        let host = |it: wasmtime::Error| LoadError::Host(format!("{it:#}"));
        let mut linker = Linker::<State>::new(&engine);
        // Rust's std imports it. `State` provides nothing through it.
        wasmtime_wasi::p2::add_to_linker_async(&mut linker).map_err(host)?;
        wasmtime_wasi::p3::add_to_linker(&mut linker).map_err(host)?;
        wasmtime_wasi_http::p3::add_to_linker(&mut linker).map_err(host)?;
        let pre = linker
            .instantiate_pre(&component)
            .map_err(|it| LoadError::Import { file: name.clone(), cause: format!("{it:#}") })?;
        let pre = bindings::PluginPre::new(pre)
            .map_err(|it| LoadError::OtherShape { file: name, cause: format!("{it:#}") })?;
        Ok(Self(Arc::new(Inner {
            file: file.to_owned(),
            engine,
            pre,
            client,
            limits,
            known: Known::default(),
            stored: Default::default(),
            own_pages: OwnPages::default(),
            instances: AtomicU64::new(0),
            clock: OnceLock::new(),
        })))
    }
}

fn read(path: &Path) -> Result<Vec<u8>, LoadError> {
    let file = path.display().to_string();
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|it| it.take(LARGEST_PLUGIN + 1).read_to_end(&mut bytes))
        .map_err(|cause| LoadError::Unreadable { file: file.clone(), cause })?;
    if bytes.len() as u64 > LARGEST_PLUGIN {
        return Err(LoadError::TooLarge { file });
    }
    // Magic, 16 bits of version, 16 bits of layer: 0 is a core module, 1 a component.
    // Source: the component model's Binary.md.
    match bytes.get(..8) {
        Some([0, b'a', b's', b'm', _, _, 1, 0]) => Ok(bytes),
        Some([0, b'a', b's', b'm', _, _, 0, 0]) => Err(LoadError::CoreModule { file }),
        _ => Err(LoadError::NotWebAssembly { file }),
    }
}

fn engine() -> Result<Engine, LoadError> {
    let mut config = Config::new();
    config.epoch_interruption(true);
    // The places of instructions in the file, which only backtraces show, would make a compiled
    // plugin larger, and slower to load.
    config.generate_address_map(false);
    let engine = Engine::new(&config).map_err(|it| LoadError::Host(format!("{it:#}")))?;
    let ticked = engine.weak();
    std::thread::Builder::new()
        .name("epochs".to_owned())
        .spawn(move || {
            while let Some(engine) = ticked.upgrade() {
                engine.increment_epoch();
                drop(engine);
                std::thread::sleep(EPOCH);
            }
        })
        .map_err(|it| LoadError::Host(it.to_string()))?;
    Ok(engine)
}

fn check_exports(engine: &Engine, component: &Component, file: &str) -> Result<(), LoadError> {
    let ty = component.component_type();
    let exports: Vec<&str> = ty.exports(engine).map(|(name, _)| name).collect();
    if exports.contains(&bindings::EXPORT) {
        return Ok(());
    }
    let file = file.to_owned();
    let unversioned = |name: &str| name.split('@').next().unwrap_or_default().to_owned();
    let other = exports.iter().find(|it| unversioned(it) == unversioned(bindings::EXPORT));
    Err(match other {
        Some(found) => LoadError::OtherVersion { file, found: (*found).to_owned() },
        None if exports.is_empty() => LoadError::OtherWorld { file, found: "nothing".to_owned() },
        None => LoadError::OtherWorld { file, found: exports.join(", ") },
    })
}
