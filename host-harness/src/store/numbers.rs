//! Numbers of ids of the directory, remembered during a run.

use std::collections::HashMap;

use super::StoreError;

/// Largest number of members that are remembered. They take about 4 MiB.
const REMEMBERED: usize = 100_000;

/// Numbers of the group whose members were stored last, and of members. The numbers of a
/// transaction that failed are wrong: a run ends with it.
#[derive(Default)]
pub(crate) struct Numbers {
    group: Option<(String, i64)>,
    /// By GUID. Members with other ids are looked up each time.
    members: HashMap<u128, i64>,
}

impl Numbers {
    /// Returns the number of a group, which `look_up` returns where it is not remembered.
    pub(super) fn of_group(
        &mut self,
        id: &str,
        look_up: impl FnOnce(&str) -> Result<i64, StoreError>,
    ) -> Result<i64, StoreError> {
        match &self.group {
            Some((group, number)) if group == id => Ok(*number),
            _ => {
                let number = look_up(id)?;
                self.group = Some((id.to_owned(), number));
                Ok(number)
            }
        }
    }

    /// Returns the number of a member, which `look_up` returns where it is not remembered.
    pub(super) fn of_member(
        &mut self,
        id: &str,
        look_up: impl FnOnce(&str) -> Result<i64, StoreError>,
    ) -> Result<i64, StoreError> {
        let Some(guid) = guid(id) else { return look_up(id) };
        if let Some(number) = self.members.get(&guid) {
            return Ok(*number);
        }
        let number = look_up(id)?;
        if self.members.len() >= REMEMBERED {
            self.members.clear();
        }
        self.members.insert(guid, number);
        Ok(number)
    }
}

/// Returns a GUID as a number. `None` where it is written in another way than with lower-case
/// digits and four hyphens: then two ids could be one number.
fn guid(id: &str) -> Option<u128> {
    if id.len() != 36 {
        return None;
    }
    let mut number = 0;
    for (position, byte) in id.bytes().enumerate() {
        match (position, byte) {
            (8 | 13 | 18 | 23, b'-') => {}
            (8 | 13 | 18 | 23, _) => return None,
            (_, b'0'..=b'9') => number = number << 4 | u128::from(byte - b'0'),
            (_, b'a'..=b'f') => number = number << 4 | u128::from(byte - b'a' + 10),
            _ => return None,
        }
    }
    Some(number)
}

#[test]
fn different_ids_are_different_numbers() {
    assert_eq!(guid("00000000-0000-0000-0000-0000000000ff"), Some(255));
    assert_eq!(guid("ffffffff-ffff-ffff-ffff-ffffffffffff"), Some(u128::MAX));
    for id in [
        "",
        "00000000-0000-0000-0000-0000000000FF",
        "000000000-000-0000-0000-0000000000ff",
        "000000000000000000000000000000000000",
        "00000000-0000-0000-0000-0000000000f\u{e9}",
        "00000000-0000-0000-0000-0000000000ff0",
    ] {
        assert_eq!(guid(id), None, "{id}");
    }
}
