//! The order of the batches of an enumeration, which the interface demands.

use crate::{
    model::{Mode, Part},
    plugin::CallError,
};

/// Which batch may come next.
#[derive(Debug, Clone, Copy)]
pub(super) struct Order {
    /// Whether an enumeration is under way that a batch can continue.
    pub(super) enumerating: bool,
    may_be_incremental: bool,
}

impl Order {
    /// Returns the order of a run. Where it does not go on from a checkpoint, no enumeration is
    /// continued.
    pub(super) fn new(goes_on: bool, enumerating: bool) -> Self {
        Self { enumerating: goes_on && enumerating, may_be_incremental: goes_on }
    }

    /// Checks the mode of the next batch.
    pub(super) fn check(&mut self, mode: Mode) -> Result<(), CallError> {
        match mode {
            Mode::Full(Part { first: false, .. }) if !self.enumerating => {
                Err(CallError::broke("it continues an enumeration that it did not begin"))
            }
            Mode::Full(_) => {
                self.may_be_incremental = true;
                Ok(())
            }
            Mode::Incremental if !self.may_be_incremental => {
                Err(CallError::broke("it reports changes, but was given no checkpoint"))
            }
            Mode::Incremental if self.enumerating => {
                Err(CallError::broke("it reports changes in the middle of an enumeration"))
            }
            Mode::Incremental => Ok(()),
        }
    }
}
