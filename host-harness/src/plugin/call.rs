//! One call: in a fresh instance with limits, which is discarded afterwards.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use wasmtime::{
    Store,
    component::{Accessor, ResourceTable},
};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpView};

use super::{
    CallError, Plugin, bindings, bounds,
    limits::{HOSTCALL, Limiter, Meter, Stderr},
    outbound::Outbound,
};

/// Number of resources, streams and futures that a guest can have open.
const HANDLES: usize = 1_000;

/// State of one call.
pub(super) struct State {
    table: ResourceTable,
    wasi: WasiCtx,
    http: WasiHttpCtx,
    outbound: Outbound,
    limiter: Limiter,
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

impl Plugin {
    /// Runs `work` in a fresh instance, within the limits and `time`.
    pub(super) async fn call<R>(
        &self,
        outbound: Outbound,
        meter: &Arc<Meter>,
        time: Duration,
        work: impl AsyncFnOnce(&Accessor<State>, &bindings::Plugin) -> wasmtime::Result<R>,
    ) -> Result<R, CallError> {
        let stderr = Stderr::default();
        let denied = Arc::new(AtomicBool::new(false));
        let mut table = ResourceTable::new();
        table.set_max_capacity(HANDLES);
        // The guest gets no folder, environment, arguments or sockets.
        let mut wasi = WasiCtx::builder();
        wasi.stderr(stderr.clone()).allow_tcp(false).allow_udp(false);
        if let Some(clock) = self.0.clock.get() {
            wasi.wall_clock(clock.clone());
        }
        let state = State {
            table,
            wasi: wasi.build(),
            http: WasiHttpCtx::new(),
            outbound,
            limiter: Limiter::new(self.0.limits.memory, denied.clone(), meter.clone()),
        };
        let mut store = Store::new(&self.0.engine, state);
        store.limiter(|state| &mut state.limiter);
        store.epoch_deadline_async_yield_and_update(1);
        store.set_hostcall_fuel(HOSTCALL);
        store.set_max_component_handles(HANDLES);

        self.0.instances.fetch_add(1, Ordering::Relaxed);
        let call = async {
            let instance = self.0.pre.instantiate_async(&mut store).await?;
            store.run_concurrent(async |accessor| work(accessor, &instance).await).await?
        };
        let time = time.min(self.0.limits.time);
        // Around the complete call, since a time-out within it may not fire.
        let outcome = tokio::time::timeout(time, call).await;
        let plugin = self.0.file.display().to_string();
        match outcome {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(_)) if denied.load(Ordering::Relaxed) => {
                Err(CallError::OutOfMemory { plugin, limit: self.0.limits.memory >> 20 })
            }
            Ok(Err(error)) => Err(match error.downcast::<CallError>() {
                Ok(error) => error,
                Err(error) => CallError::Trapped {
                    plugin,
                    cause: {
                        // The text names functions as the plugin does, of any length.
                        let mut cause = format!("{error:#}");
                        bounds::cut_detail(&mut cause);
                        cause
                    },
                    stderr: stderr.text(),
                },
            }),
            Err(_) => Err(CallError::OutOfTime { plugin, seconds: time.as_secs(), goes_on: false }),
        }
    }
}
