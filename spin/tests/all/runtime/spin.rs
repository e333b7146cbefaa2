//! The interfaces of Spin: variables and a key-value store.

use wasmtime::component::{Accessor, FutureReader, HasData, Linker, Resource, StreamReader};

use super::{Resources, State};

// The part of `spin:variables@3.0.0` and `spin:key-value@3.0.0` that spin-sdk 7 imports. Where a
// name or type differs, the component does not link.
wasmtime::component::bindgen!({
    inline: r#"
        package spin:key-value@3.0.0;

        interface key-value {
          resource store {
            open: static async func(label: string) -> result<store, error>;
            get: async func(key: string) -> result<option<list<u8>>, error>;
            set: async func(key: string, value: list<u8>) -> result<_, error>;
            delete: async func(key: string) -> result<_, error>;
            exists: async func(key: string) -> result<bool, error>;
            get-keys: async func() -> tuple<stream<string>, future<result<_, error>>>;
          }

          variant error {
            store-table-full,
            no-such-store,
            access-denied,
            other(string)
          }
        }

        world spin {
          import key-value;
          import spin:variables/variables@3.0.0;
        }

        package spin:variables@3.0.0 {
          interface variables {
            get: async func(name: string) -> result<string, error>;

            variant error {
              invalid-name(string),
              undefined(string),
              provider(string),
              other(string),
            }
          }
        }
    "#,
    world: "spin:key-value/spin",
    imports: { default: async },
    with: { "spin:key-value/key-value.store": Opened },
});

use spin::{
    key_value::key_value::{self, HostStore, HostStoreWithStore},
    variables::variables,
};

/// An open key-value store. All share the same content.
#[expect(unreachable_pub, reason = "the bindings re-export it")]
pub struct Opened;

impl HasData for Resources {
    type Data<'a> = &'a mut State;
}

pub(super) fn add_to_linker(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    Spin::add_to_linker::<_, Resources>(linker, |state| state)
}

impl variables::Host for State {}

impl<T: Send> variables::HostWithStore<T> for Resources {
    async fn get(accessor: &Accessor<T, Self>, name: String) -> Result<String, variables::Error> {
        let is_allowed = |it: char| it.is_ascii_lowercase() || it.is_ascii_digit() || it == '_';
        if !name.chars().all(is_allowed) {
            return Err(variables::Error::InvalidName(name));
        }
        accessor.with(|mut it| {
            let value = it.get().resources.variables.get(&name).cloned();
            value.ok_or(variables::Error::Undefined(name))
        })
    }
}

impl key_value::Host for State {}

impl HostStore for State {
    async fn drop(&mut self, store: Resource<Opened>) -> wasmtime::Result<()> {
        self.table.delete(store)?;
        Ok(())
    }
}

impl<T: Send> HostStoreWithStore<T> for Resources {
    async fn open(
        accessor: &Accessor<T, Self>,
        label: String,
    ) -> Result<Resource<Opened>, key_value::Error> {
        accessor.with(|mut it| {
            let state = it.get();
            if !state.resources.stores.contains(&label) {
                return Err(key_value::Error::AccessDenied);
            }
            state.table.push(Opened).map_err(|_| key_value::Error::StoreTableFull)
        })
    }

    async fn get(
        accessor: &Accessor<T, Self>,
        _: Resource<Opened>,
        key: String,
    ) -> Result<Option<Vec<u8>>, key_value::Error> {
        Ok(accessor.with(|mut it| it.get().resources.stored.lock().unwrap().get(&key).cloned()))
    }

    async fn set(
        accessor: &Accessor<T, Self>,
        _: Resource<Opened>,
        key: String,
        value: Vec<u8>,
    ) -> Result<(), key_value::Error> {
        accessor.with(|mut it| it.get().resources.stored.lock().unwrap().insert(key, value));
        Ok(())
    }

    async fn delete(
        accessor: &Accessor<T, Self>,
        _: Resource<Opened>,
        key: String,
    ) -> Result<(), key_value::Error> {
        accessor.with(|mut it| it.get().resources.stored.lock().unwrap().remove(&key));
        Ok(())
    }

    async fn exists(
        accessor: &Accessor<T, Self>,
        _: Resource<Opened>,
        key: String,
    ) -> Result<bool, key_value::Error> {
        Ok(accessor.with(|mut it| it.get().resources.stored.lock().unwrap().contains_key(&key)))
    }

    async fn get_keys(
        accessor: &Accessor<T, Self>,
        _: Resource<Opened>,
    ) -> (StreamReader<String>, FutureReader<Result<(), key_value::Error>>) {
        accessor.with(|mut it| {
            let keys: Vec<_> = it.get().resources.stored.lock().unwrap().keys().cloned().collect();
            let ended = async { wasmtime::error::Ok(Ok(())) };
            (StreamReader::new(&mut it, keys).unwrap(), FutureReader::new(&mut it, ended).unwrap())
        })
    }
}
