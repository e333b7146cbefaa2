//! A host of `wasi:http` services that reuses instances as Spin does, and lends what `spin.toml` says.

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
pub(crate) use self::server::{Named, serve};
use crate::manifest::root;

/// What a component is lent.
#[derive(Default)]
pub(crate) struct Lent {
    /// Spin's variables, by name.
    pub(crate) variables: BTreeMap<String, String>,
    /// Of the environment; Spin's component gets none.
    pub(crate) environment: Vec<(String, String)>,
    /// Origins that it may ask.
    pub(crate) allowed: std::collections::BTreeSet<String>,
    /// Key-value stores that it may open.
    pub(crate) stores: std::collections::BTreeSet<String>,
    /// What is in the one store.
    pub(crate) kept: Mutex<BTreeMap<String, Vec<u8>>>,
    /// How many requests of the plugin are not answered yet.
    pub(crate) unanswered: AtomicUsize,
    /// Why instances ended before their time: there must be no such reason, since a trap fails every
    /// request of its instance.
    pub(crate) traps: Mutex<Vec<String>>,
}

/// A component that is compiled, and what it is lent.
pub(crate) struct Host {
    engine: Engine,
    pre: ServicePre<State>,
    lent: Arc<Lent>,
}

/// What belongs to an instance.
pub(crate) struct State {
    table: ResourceTable,
    wasi: WasiCtx,
    http: WasiHttpCtx,
    outbound: Outbound,
    lent: Arc<Lent>,
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

/// A component that `cargo xtask build` left.
pub(crate) fn built(name: &str) -> PathBuf {
    let path = root().join("target").join(name);
    assert!(path.exists(), "{} is missing: run `cargo xtask build`", path.display());
    path
}

/// What is lent under Spin; everything is compiled once for all tests.
pub(crate) static SPIN: LazyLock<(Engine, ServicePre<State>)> =
    LazyLock::new(|| compiled("ones_office365_spin.wasm", spin::add_to_linker));

/// Without what only Spin has.
pub(crate) static SERVE: LazyLock<(Engine, ServicePre<State>)> =
    LazyLock::new(|| compiled("ones_office365_serve.wasm", |_| Ok(())));

fn compiled(
    name: &str,
    lend: fn(&mut Linker<State>) -> wasmtime::Result<()>,
) -> (Engine, ServicePre<State>) {
    let engine = Engine::default();
    let component = Component::from_file(&engine, built(name)).unwrap();
    let mut linker = Linker::new(&engine);
    wasmtime_wasi::p2::add_to_linker_async(&mut linker).unwrap();
    wasmtime_wasi::p3::add_to_linker(&mut linker).unwrap();
    wasmtime_wasi_http::p3::add_to_linker(&mut linker).unwrap();
    lend(&mut linker).unwrap();
    let pre = ServicePre::new(linker.instantiate_pre(&component).unwrap()).unwrap();
    (engine, pre)
}

impl Host {
    pub(crate) fn new(
        (engine, pre): &(Engine, ServicePre<State>),
        lent: Arc<Lent>,
    ) -> ProxyHandler<Self> {
        ProxyHandler::new(Self { engine: engine.clone(), pre: pre.clone(), lent })
    }
}

impl HandlerState for Host {
    type StoreData = State;
    type WorkerExpiration = Never;
    type WorkerState = Worker;

    async fn instantiate(&self) -> wasmtime::Result<Instance<State, Never, Worker>> {
        let state = State {
            table: ResourceTable::new(),
            wasi: WasiCtx::builder().envs(&self.lent.environment).build(),
            http: WasiHttpCtx::new(),
            outbound: Outbound::new(self.lent.clone()),
            lent: self.lent.clone(),
        };
        let mut store = Store::new(&self.engine, state);
        let proxy = ProxyPre::P3(self.pre.clone()).instantiate_async(&mut store).await?;
        Ok(Instance {
            store,
            proxy,
            view: State::http,
            expiration: Never,
            state: Worker(self.lent.clone()),
        })
    }
}

/// An instance, which answers as many requests as under Spin where nobody says otherwise.
pub(crate) struct Worker(Arc<Lent>);

impl WorkerState for Worker {
    type StoreData = State;
    type RequestData = ();

    fn should_accept_request(&self, at_once: usize, in_all: usize) -> ShouldAccept {
        match (at_once, in_all) {
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

/// Instances last as long as the test.
pub(crate) struct Never;

impl WorkerExpiration for Never {
    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>, _: WorkerStatus, _: Instant) -> Poll<()> {
        Poll::Pending
    }
}
