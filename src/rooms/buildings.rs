//! The section, floor and building of a room, in tenants that have them.
//!
//! Source: <https://learn.microsoft.com/graph/api/resources/places-api-overview>.

use std::{collections::BTreeMap, iter::successors};

use crate::{
    error::Error,
    graph::{
        Graph,
        places::{reason_to_continue, try_each_page},
    },
    host::Host,
    model::{Room, RoomField},
    payload::{Space, read_space},
};

/// Maximum number of places that contain each other: a section, a floor, a building, and what
/// Microsoft may add. It also ends a loop.
const DEEPEST: usize = 8;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Building,
    Floor,
    Section,
}

impl Kind {
    /// Returns the name of the type in Graph.
    fn name(self) -> &'static str {
        match self {
            Self::Building => "building",
            Self::Floor => "floor",
            Self::Section => "section",
        }
    }
}

/// All buildings, floors and sections. They are read when the first room names one: most tenants
/// have none.
#[derive(Default)]
pub struct Buildings {
    spaces: Option<BTreeMap<String, (Kind, Space)>>,
    /// Kinds that could not be read, and why the first of them could not.
    failed: Vec<Kind>,
    why: Option<String>,
    /// Whether a later run can read a kind that could not be read.
    are_unknown: bool,
}

impl Buildings {
    /// Completes a room that `parent` contains. Names of building and floor take precedence over
    /// those in the room itself; address and position do not. What could not be read this time is
    /// unknown.
    ///
    /// # Errors
    /// Only where Microsoft throttles or refuses the credentials: otherwise the room is reported
    /// without these places.
    pub async fn complete<H: Host>(
        &mut self,
        graph: &Graph<'_, H>,
        room: &mut Room,
        parent: Option<&str>,
    ) -> Result<(), Error> {
        let Some(parent) = parent else {
            return Ok(());
        };
        if self.spaces.is_none() {
            self.spaces = Some(self.read(graph).await?);
        }
        let find = |id: &str| self.spaces.as_ref()?.get(&id.to_lowercase());
        let way = successors(find(parent), |(_, space)| find(space.parent.as_deref()?));
        let (mut building, mut floor) = (None, None);
        let mut last = Some(parent);
        for (kind, space) in way.take(DEEPEST) {
            match kind {
                Kind::Building => building = building.or_else(|| space.name.clone()),
                Kind::Floor => floor = floor.or_else(|| space.name.clone()),
                Kind::Section => {}
            }
            room.address = room.address.take().or_else(|| space.address.clone());
            room.position = room.position.or(space.position);
            last = space.parent.as_deref();
        }
        if self.are_unknown && last.is_some_and(|id| find(id).is_none()) {
            // The last known place names another one, which was not read.
            let fields = [
                (RoomField::Building, building.is_none()),
                (RoomField::FloorLabel, floor.is_none()),
                (RoomField::Address, room.address.is_none()),
                (RoomField::Position, room.position.is_none()),
            ];
            room.unknown.extend(fields.into_iter().filter_map(|(field, is)| is.then_some(field)));
        }
        room.building = building.or(room.building.take());
        room.floor_label = floor.or(room.floor_label.take());
        Ok(())
    }

    async fn read<H: Host>(
        &mut self,
        graph: &Graph<'_, H>,
    ) -> Result<BTreeMap<String, (Kind, Space)>, Error> {
        let mut spaces = BTreeMap::new();
        for kind in [Kind::Building, Kind::Floor, Kind::Section] {
            let read = try_each_page(
                graph,
                |skip| graph.endpoints().spaces(kind.name(), skip),
                async |page| {
                    let before = spaces.len();
                    for raw in page {
                        let space = read_space(raw);
                        // A parent is named by either id; most often the two are equal.
                        for id in &space.ids {
                            spaces.insert(id.to_lowercase(), (kind, space.clone()));
                        }
                    }
                    Ok(spaces.len() - before)
                },
            )
            .await;
            if let Err(trouble) = read {
                self.are_unknown |= trouble.is_passing;
                let why = reason_to_continue(trouble.error)?;
                self.failed.push(kind);
                self.why.get_or_insert(why);
            }
        }
        Ok(spaces)
    }

    /// Returns the warning about kinds that could not be read.
    pub fn warning(self) -> Option<String> {
        let why = self.why?;
        let kinds: Vec<_> = self.failed.iter().map(|kind| format!("{}s", kind.name())).collect();
        let kinds = match kinds.split_last() {
            Some((last, [])) => last.clone(),
            Some((last, others)) => format!("{} and {last}", others.join(", ")),
            None => return None,
        };
        let effect = match self.are_unknown {
            true => "rooms in them keep what was read before",
            false => "rooms in them have only the location that is entered in the room itself",
        };
        Some(format!("The {kinds} could not be read; {effect}: {why}"))
    }
}
