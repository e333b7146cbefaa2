#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::time::Duration;

use wasmtime::Config;

use super::*;

fn engine() -> Engine {
    Engine::new(Config::new().epoch_interruption(true)).unwrap()
}

/// A component with one export, of that name.
fn plugin(export: &str) -> Vec<u8> {
    wat::parse_str(format!(
        "(component (core module $m (func (export \"f\"))) (core instance $i (instantiate $m))
             (func (export \"{export}\") (canon lift (core func $i \"f\"))))"
    ))
    .unwrap()
}

/// Returns the only file of the folder.
fn only(folder: &Path) -> PathBuf {
    let files: Vec<_> = fs::read_dir(folder).unwrap().map(|it| it.unwrap().path()).collect();
    assert_eq!(files.len(), 1, "{files:?}");
    files[0].clone()
}

fn exports(component: &Component, engine: &Engine) -> Vec<String> {
    let ty = component.component_type();
    ty.exports(engine).map(|(name, _)| name.to_owned()).collect()
}

#[test]
fn a_plugin_is_compiled_once() {
    let folder = tempfile::tempdir().unwrap();
    let (engine, plugin) = (engine(), plugin("one"));
    assert!(stored(&engine, &folder.path().join(name(&engine, &plugin))).is_none());
    component_in(folder.path(), &engine, &plugin).unwrap();
    let file = only(folder.path());
    assert_eq!(file, folder.path().join(name(&engine, &plugin)));
    let again = stored(&self::engine(), &file).unwrap();
    assert_eq!(exports(&again, &engine), ["one"]);
}

#[test]
fn plugins_and_settings_of_the_compiler_have_files_of_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let other = Engine::new(Config::new().consume_fuel(true)).unwrap();
    for engine in [&engine(), &other] {
        for export in ["one", "other"] {
            let component = component_in(folder.path(), engine, &plugin(export)).unwrap();
            assert_eq!(exports(&component, engine), [export]);
        }
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 4);
}

#[test]
fn a_file_that_is_no_compiled_plugin_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let (engine, plugin) = (engine(), plugin("one"));
    component_in(folder.path(), &engine, &plugin).unwrap();
    let file = only(folder.path());
    let whole = fs::read(&file).unwrap();
    let other = Engine::new(Config::new().consume_fuel(true)).unwrap();
    let of_other = Component::from_binary(&other, &plugin).unwrap().serialize().unwrap();
    for wrong in [&b""[..], b"not compiled", &whole[..whole.len() / 2], &of_other] {
        // As the folder does it: never changed in place.
        fs::remove_file(&file).unwrap();
        fs::write(&file, wrong).unwrap();
        let component = component_in(folder.path(), &engine, &plugin).unwrap();
        assert_eq!(exports(&component, &engine), ["one"]);
        assert_eq!(fs::read(&file).unwrap(), whole);
    }
}

#[test]
fn what_was_not_used_for_longest_is_deleted_first() {
    let folder = tempfile::tempdir().unwrap();
    let engine = engine();
    let mut files = Vec::new();
    for (age, export) in [(30, "first"), (20, "second"), (10, "third")] {
        let plugin = plugin(export);
        component_in(folder.path(), &engine, &plugin).unwrap();
        let file = folder.path().join(name(&engine, &plugin));
        let used = SystemTime::now() - Duration::from_secs(age);
        File::open(&file).unwrap().set_modified(used).unwrap();
        files.push(file);
    }
    assert!(stored(&engine, &files[0]).is_some());
    let size = |file: &PathBuf| fs::metadata(file).unwrap().len();
    tidy(folder.path(), size(&files[0]) + size(&files[2])).unwrap();
    let left = files.iter().map(|file| file.exists()).collect::<Vec<_>>();
    assert_eq!(left, [true, false, true]);
}

#[test]
fn other_files_of_the_folder_stay() {
    let folder = tempfile::tempdir().unwrap();
    let other = folder.path().join("notes.txt");
    fs::write(&other, "mine").unwrap();
    component_in(folder.path(), &engine(), &plugin("one")).unwrap();
    tidy(folder.path(), 0).unwrap();
    assert_eq!(only(folder.path()), other);
}

#[cfg(unix)]
#[test]
fn a_file_that_others_may_write_is_not_executed() {
    use std::os::unix::fs::PermissionsExt as _;

    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("a").join("b");
    create(&folder).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder), 0o700);
    let (engine, plugin) = (engine(), plugin("one"));
    component_in(&folder, &engine, &plugin).unwrap();
    let file = only(&folder);
    assert_eq!(mode(&file), 0o600);
    assert!(stored(&engine, &file).is_some());
    fs::set_permissions(&file, fs::Permissions::from_mode(0o620)).unwrap();
    assert!(stored(&engine, &file).is_none());
    // It is replaced.
    component_in(&folder, &engine, &plugin).unwrap();
    assert_eq!(mode(&only(&folder)), 0o600);
    assert!(stored(&engine, &file).is_some());
}
