//! A host of `wasi:http` services. It reuses instances as Spin does, and gives the component what
//! `spin.toml` allows.

mod outbound;
mod server;
mod spin;

use std::{
    collections::BTreeMap,
    path::PathBuf,
    pin::Pin,
    sync::{Arc, LazyLock, Mutex, atomic::AtomicUsize},
    task::{Context, Poll},
    time::Instant,
};

use wasmtime::{
    Engine, Store, StoreContextMut,
    component::{Component, GuestTaskId, Linker, ResourceTable},
};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::{
    WasiHttpCtx, WasiHttpCtxView, WasiHttpView,
    handler::{
        HandlerState, Instance, ProxyHandler, ProxyPre, ShouldAccept, WorkerExpiration,
        WorkerState, WorkerStatus,
    },
    p3::bindings::ServicePre,
};

use self::outbound::Outbound;
pub(crate) use self::server::{Address, serve};
use crate::manifest::root;

/// What a component can use.
#[derive(Default)]
pub(crate) struct Resources {
    /// Variables of Spin, by name.
    pub(crate) variables: BTreeMap<String, String>,
    /// Environment variables; under Spin there are none.
    pub(crate) environment: Vec<(String, String)>,
    /// Origins to which it may send requests.
    pub(crate) allowed: std::collections::BTreeSet<String>,
    /// Key-value stores that it may open.
    pub(crate) stores: std::collections::BTreeSet<String>,
    /// Content of the one key-value store.
    pub(crate) stored: Mutex<BTreeMap<String, Vec<u8>>>,
    /// Number of requests of the plugin that are not answered yet.
    pub(crate) pending_requests: AtomicUsize,
    /// Errors that ended an instance. Tests fail where there are any: a trap fails all requests of
    /// its instance.
    pub(crate) traps: Mutex<Vec<String>>,
}

/// A compiled component, and what it can use.
pub(crate) struct Host {
    engine: Engine,
    pre: ServicePre<State>,
    resources: Arc<Resources>,
}

/// State of an instance.
pub(crate) struct State {
    table: ResourceTable,
    wasi: WasiCtx,
    http: WasiHttpCtx,
    outbound: Outbound,
    resources: Arc<Resources>,
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

impl WasiHttpView for State {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView { ctx: &mut self.http, table: &mut self.table, hooks: &mut self.outbound }
    }
}

/// Returns the path of a component that `cargo xtask build` has built.
pub(crate) fn built(name: &str) -> PathBuf {
    let path = root().join("target").join(name);
    assert!(path.exists(), "{} is missing: run `cargo xtask build`", path.display());
    path
}

/// The component for Spin. It is compiled once for all tests.
pub(crate) static SPIN: LazyLock<(Engine, ServicePre<State>)> =
    LazyLock::new(|| compiled("ones_office365_spin.wasm", spin::add_to_linker));

/// The component for other hosts.
pub(crate) static SERVE: LazyLock<(Engine, ServicePre<State>)> =
    LazyLock::new(|| compiled("ones_office365_serve.wasm", |_| Ok(())));

fn compiled(
    name: &str,
    add_interfaces: fn(&mut Linker<State>) -> wasmtime::Result<()>,
) -> (Engine, ServicePre<State>) {
    let engine = Engine::default();
    let component = Component::from_file(&engine, built(name)).unwrap();
    let mut linker = Linker::new(&engine);
    wasmtime_wasi::p2::add_to_linker_async(&mut linker).unwrap();
    wasmtime_wasi::p3::add_to_linker(&mut linker).unwrap();
    wasmtime_wasi_http::p3::add_to_linker(&mut linker).unwrap();
    add_interfaces(&mut linker).unwrap();
    let pre = ServicePre::new(linker.instantiate_pre(&component).unwrap()).unwrap();
    (engine, pre)
}

impl Host {
    pub(crate) fn new(
        (engine, pre): &(Engine, ServicePre<State>),
        resources: Arc<Resources>,
    ) -> ProxyHandler<Self> {
        ProxyHandler::new(Self { engine: engine.clone(), pre: pre.clone(), resources })
    }
}

impl HandlerState for Host {
    type StoreData = State;
    type WorkerExpiration = Never;
    type WorkerState = Worker;

    async fn instantiate(&self) -> wasmtime::Result<Instance<State, Never, Worker>> {
        let state = State {
            table: ResourceTable::new(),
            wasi: WasiCtx::builder().envs(&self.resources.environment).build(),
            http: WasiHttpCtx::new(),
            outbound: Outbound::new(self.resources.clone()),
            resources: self.resources.clone(),
        };
        let mut store = Store::new(&self.engine, state);
        let proxy = ProxyPre::P3(self.pre.clone()).instantiate_async(&mut store).await?;
        Ok(Instance {
            store,
            proxy,
            view: State::http,
            expiration: Never,
            state: Worker(self.resources.clone()),
        })
    }
}

/// An instance. Its limits are the defaults of Spin.
pub(crate) struct Worker(Arc<Resources>);

impl WorkerState for Worker {
    type StoreData = State;
    type RequestData = ();

    fn should_accept_request(&self, simultaneous: usize, total: usize) -> ShouldAccept {
        match (simultaneous, total) {
            (_, 128..) => ShouldAccept::Never,
            (16.., _) => ShouldAccept::No,
            _ => ShouldAccept::Yes,
        }
    }

    fn on_request_start(
        &self,
        _: StoreContextMut<'_, State>,
        (): (),
        _: GuestTaskId,
    ) -> Pin<Box<dyn Future<Output = ()> + 'static + Send + Sync>> {
        Box::pin(std::future::pending())
    }

    fn drop(&self, _: Store<State>, result: wasmtime::Result<()>) {
        if let Err(error) = result {
            self.0.traps.lock().unwrap().push(format!("{error:?}"));
        }
    }
}

/// Instances do not expire.
pub(crate) struct Never;

impl WorkerExpiration for Never {
    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>, _: WorkerStatus, _: Instant) -> Poll<()> {
        Poll::Pending
    }
}
