//! The door through which users and groups of a sync enter the host.

use wasmtime::{
    AsContextMut as _, StoreContextMut,
    component::{WasmList, WasmStr},
};

use super::{CallError, bounds, packed::Packed};
use crate::{
    model::{TextUse, UserBatch, UserChange},
    secrets::Secrets,
};

/// A batch whose changes are still in the component's memory.
pub(super) type Lifted = UserBatch<WasmList<UserChange<WasmStr>>>;

/// Lets a batch into the host: within bounds and without secrets. Each change is read from the
/// component's memory, and each text copied from there, once.
///
/// # Errors
/// [`CallError::BrokeInterface`] where a part of the batch is too large, or a text that is used as
/// it is names a secret; else those of Wasmtime, where the batch cannot be read.
pub(super) fn admit_batch<D: 'static>(
    secrets: &Secrets,
    mut store: StoreContextMut<'_, D>,
    batch: Lifted,
) -> wasmtime::Result<UserBatch<Packed>> {
    let UserBatch { subject, mode, changes: lifted, checkpoint, total } = batch;
    bounds::check_batch(&checkpoint, lifted.len())?;
    let search = secrets.search();
    let leak = |name| CallError::broke(format!("{name} holds a secret of the settings"));
    if search.finds_in(&checkpoint) {
        return Err(leak("user-batch.checkpoint").into());
    }
    let mut changes = Packed::with_capacity(lifted.len());
    for position in 0..lifted.len() {
        let Some(change) = lifted.get(store.as_context_mut(), position) else { break };
        let change = change?;
        bounds::check_unknown(&change)?;
        changes.push(&change, |text, used, texts| {
            let text = text.to_str(&store)?;
            match used {
                TextUse::Key(name) => {
                    bounds::check_key(name, &text)?;
                    if search.finds_in(&text) {
                        return Err(leak(name).into());
                    }
                    texts.push_str(&text);
                }
                TextUse::Shown => {
                    texts.push_str(search.redacted(&text).as_deref().unwrap_or(&text))
                }
            }
            Ok::<_, wasmtime::Error>(())
        })?;
        if matches!(change, UserChange::UserUnreadable(_) | UserChange::GroupUnreadable(_)) {
            changes.get(position).map_or(Ok(()), |change| bounds::check_change(&change))?;
        }
    }
    Ok(UserBatch { subject, mode, changes, checkpoint, total })
}
