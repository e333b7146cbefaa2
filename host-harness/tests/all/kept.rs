//! Settings that are kept: sealed, and found again under their integration.

use std::{fs, path::Path};

use ones_host::{
    Problem,
    settings::{Settings, SettingsError},
    store::{IntegrationId, SealingKey, Store, StoreError, StoreOptions},
};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::fake::*;

const SECRET: &str = "hunter22-hunter22";

fn named(name: &str) -> Settings {
    json!({ "server": { "name": name, "clientSecret": SECRET, "note": "${HOME}" } }).into()
}

/// A key that is in the environment.
fn given(text: &str) -> Result<SealingKey, StoreError> {
    SealingKey::of(Path::new("nowhere"), |_| Some(text.to_owned()))
}

fn other_key() -> SealingKey {
    given("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=").unwrap()
}

/// An empty data folder and its key.
fn folder() -> (TempDir, Store, SealingKey) {
    let folder = TempDir::new().unwrap();
    let store = Store::open(folder.path(), StoreOptions::default()).unwrap();
    let key = SealingKey::of(folder.path(), |_| None).unwrap();
    (folder, store, key)
}

#[test]
fn stored_settings_are_read_as_they_were() {
    let (folder, mut store, key) = folder();
    let id = store.keep_settings(None, &named("Contoso"), &key).unwrap();
    drop(store);
    let store = Store::read(folder.path()).unwrap();
    let key = SealingKey::of(folder.path(), |_| None).unwrap();
    let found = store.settings(id, &key).unwrap().unwrap();
    assert_eq!(found.value(), named("Contoso").value());
    assert_eq!(found.name().unwrap(), "Contoso");
}

#[test]
fn nothing_but_the_name_is_stored_in_plain_text() {
    let (folder, mut store, key) = folder();
    store.keep_settings(None, &named("Contoso"), &key).unwrap();
    let mut names = 0;
    for file in fs::read_dir(folder.path()).unwrap() {
        let bytes = fs::read(file.unwrap().path()).unwrap();
        let holds = |text: &str| bytes.windows(text.len()).any(|it| it == text.as_bytes());
        names += usize::from(holds("Contoso"));
        assert!(!holds(SECRET) && !holds("clientSecret") && !holds("${HOME}"));
    }
    assert!(names > 0, "the files were looked at");
}

#[test]
fn with_another_key_the_settings_cannot_be_read_and_all_else_can() {
    let (_folder, mut store, key) = folder();
    let id = store.keep_settings(None, &named("Contoso"), &key).unwrap();
    let error = store.settings(id, &other_key()).unwrap_err();
    assert!(matches!(&error, StoreError::Sealed { name } if name == "Contoso"), "{error:?}");
    let problem = Problem::from(&error);
    assert_eq!(problem.code, "settings-sealed");
    assert!(problem.remedy.unwrap().contains("ones.key"));
    assert_eq!(store.integrations().unwrap(), ["Contoso"]);
    // Entered again, they are sealed with the key that is there.
    store.keep_settings(Some(id), &named("Contoso"), &other_key()).unwrap();
    assert!(store.settings(id, &other_key()).unwrap().is_some());
}

/// The database, past the store.
fn database(folder: &TempDir) -> rusqlite::Connection {
    rusqlite::Connection::open(folder.path().join("ones.db")).unwrap()
}

fn sealed(folder: &TempDir, id: IntegrationId) -> Vec<u8> {
    let sql = "SELECT sealed FROM settings WHERE integration = ?1";
    database(folder).query_row(sql, [id.get()], |row| row.get(0)).unwrap()
}

fn replace(folder: &TempDir, id: IntegrationId, sealed: &[u8]) {
    let sql = "UPDATE settings SET sealed = ?2 WHERE integration = ?1";
    assert_eq!(database(folder).execute(sql, (id.get(), sealed)).unwrap(), 1);
}

#[test]
fn settings_with_a_changed_bit_are_not_decrypted() {
    let (folder, mut store, key) = folder();
    let id = store.keep_settings(None, &named("Contoso"), &key).unwrap();
    let original = sealed(&folder, id);
    let flipped = (0..original.len()).map(|at| {
        let mut bytes = original.clone();
        bytes[at] ^= 1;
        bytes
    });
    let cut = [0, 1, 23, 24, original.len() - 1].map(|it| original[..it].to_vec());
    for changed in flipped.chain(cut) {
        replace(&folder, id, &changed);
        assert!(matches!(store.settings(id, &key), Err(StoreError::Sealed { .. })));
    }
    replace(&folder, id, &original);
    assert!(store.settings(id, &key).unwrap().is_some());
}

#[test]
fn settings_of_one_integration_are_not_decrypted_as_those_of_another() {
    let (folder, mut store, key) = folder();
    let one = store.keep_settings(None, &named("One"), &key).unwrap();
    let two = store.keep_settings(None, &named("Two"), &key).unwrap();
    replace(&folder, two, &sealed(&folder, one));
    assert!(store.settings(one, &key).unwrap().is_some());
    assert!(matches!(store.settings(two, &key), Err(StoreError::Sealed { .. })));
}

#[test]
fn the_same_settings_never_look_the_same() {
    let (folder, mut store, key) = folder();
    let mut keep = |id| store.keep_settings(id, &named("Contoso"), &key).unwrap();
    let id = keep(None);
    let before = sealed(&folder, id);
    keep(Some(id));
    assert_ne!(sealed(&folder, id), before);
}

#[test]
fn an_integration_takes_the_name_of_its_settings() {
    let (_folder, mut store, key) = folder();
    let one = store.keep_settings(None, &named("One"), &key).unwrap();
    let two = store.keep_settings(None, &named("Two"), &key).unwrap();
    assert_eq!(store.keep_settings(Some(one), &named("Uno"), &key).unwrap(), one);
    assert_eq!(store.name(one).unwrap().as_deref(), Some("Uno"));
    for id in [None, Some(one)] {
        let taken = store.keep_settings(id, &named("Two"), &key).unwrap_err();
        assert!(matches!(taken, StoreError::NameTaken { .. }));
    }
    let nameless = store.keep_settings(Some(one), &json!({}).into(), &key).unwrap_err();
    assert!(matches!(nameless, StoreError::Settings(SettingsError::NoName)));
    assert_eq!(store.settings(one, &key).unwrap().unwrap().name().unwrap(), "Uno");
    assert_eq!(store.settings(two, &key).unwrap().unwrap().name().unwrap(), "Two");
}

#[test]
fn the_overview_says_which_integrations_have_settings() {
    let ones = Ones::with_users(&ids(1));
    let mut store = ones.open();
    let key = other_key();
    let kept = store.keep_settings(None, &named("Another"), &key).unwrap();
    let rows = store.integrations_overview().unwrap();
    let rows: Vec<_> = rows.iter().map(|it| (it.name.as_str(), it.configured)).collect();
    assert_eq!(rows, [("Another", true), (NAME, false)]);
    let synced = store.integration(NAME).unwrap().unwrap();
    assert!(store.settings(synced, &key).unwrap().is_none());
    store.forget_integration(kept).unwrap();
    assert_eq!(store.integrations().unwrap(), [NAME]);
    assert_eq!(store.name(kept).unwrap(), None);
    assert!(store.settings(kept, &key).unwrap().is_none());
}

#[test]
fn a_number_in_a_url_may_belong_to_no_integration() {
    let (_folder, mut store, key) = folder();
    let unknown = IntegrationId::from(7);
    assert_eq!(store.name(unknown).unwrap(), None);
    assert!(store.settings(unknown, &key).unwrap().is_none());
    assert!(store.keep_settings(Some(unknown), &named("x"), &key).is_err());
    assert_eq!(store.integrations().unwrap(), [""; 0]);
}

#[test]
fn a_key_is_created_once() {
    let (folder, ..) = folder();
    let file = folder.path().join("ones.key");
    let text = fs::read_to_string(&file).unwrap();
    SealingKey::of(folder.path(), |_| None).unwrap();
    assert_eq!(fs::read_to_string(&file).unwrap(), text);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
}

#[test]
fn a_key_in_the_environment_needs_no_file() {
    let folder = TempDir::new().unwrap();
    let key = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=".to_owned();
    SealingKey::of(folder.path(), |name| (name == "ONES_KEY").then_some(key.clone())).unwrap();
    assert!(!folder.path().join("ones.key").exists());
}

#[test]
fn a_file_that_holds_no_key_is_not_replaced() {
    for wrong in ["", "short", "AAECAwQFBgcICQoLDA0ODw==", "§"] {
        let folder = TempDir::new().unwrap();
        let file = folder.path().join("ones.key");
        fs::write(&file, wrong).unwrap();
        let error = SealingKey::of(folder.path(), |_| None).unwrap_err();
        assert!(matches!(&error, StoreError::Key { place } if place.ends_with("ones.key")));
        assert_eq!(fs::read_to_string(&file).unwrap(), wrong);
        assert!(matches!(given(wrong), Err(StoreError::Key { place }) if place == "ONES_KEY"));
    }
}

#[test]
fn debug_output_has_no_key() {
    assert_eq!(format!("{:?}", other_key()), "SealingKey([redacted])");
}

#[test]
fn settings_from_a_form_are_stored_literally() {
    let value: Value = json!({ "server": { "name": "${NAME}" } });
    assert_eq!(Settings::from(value).name().unwrap(), "${NAME}");
}
