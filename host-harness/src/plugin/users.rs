//! The door through which users and groups of a sync enter the host.

use wasmtime::{
    AsContextMut as _, StoreContextMut,
    component::{WasmList, WasmStr},
};

use super::{CallError, bounds, packed::Packed, texts};
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
    if search.finds_in(&checkpoint) {
        return Err(texts::leaks("user-batch.checkpoint").into());
    }
    let mut changes = Packed::with_capacity(lifted.len());
    let mut read = 0;
    for position in 0..lifted.len() {
        // A change is large here: it is used where it is.
        let found = lifted.get(store.as_context_mut(), position);
        let change = match found {
            Some(Ok(ref change)) => change,
            Some(Err(error)) => return Err(error),
            None => return Err(CallError::broke("a batch ends before its last change").into()),
        };
        bounds::check_unknown(change)?;
        if let UserChange::UserUnreadable(it) | UserChange::GroupUnreadable(it) = change {
            bounds::check_reason(&it.reason.to_str(&store)?)?;
        }
        changes.push(change, |text, used, buffer| {
            let text = text.to_str(&store)?;
            // Before secrets are searched for, which takes time, and can make a text shorter.
            read += text.len();
            bounds::check_texts(read)?;
            match used {
                TextUse::Key(name) => {
                    bounds::check_key(name, &text)?;
                    if search.finds_in(&text) {
                        return Err(texts::leaks(name).into());
                    }
                    buffer.push_str(&text);
                }
                TextUse::Shown => match search.redacted(&text) {
                    Some(clean) => buffer.push_str(&clean),
                    None => buffer.push_str(&text),
                },
            }
            Ok::<_, wasmtime::Error>(())
        })?;
    }
    Ok(UserBatch { subject, mode, changes, checkpoint, total })
}
