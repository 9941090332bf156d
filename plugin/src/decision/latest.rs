//! A table that can't grow: the latest value for each of a fixed number of slots.

/// So many are kept, at some 50 bytes each: far more than one worker needs between two uses of one.
const SLOTS: usize = 1024;

/// Values by the SHA-256 of what they are about. That chooses the slot, and a newer value takes it over: there is no
/// growth and no eviction to get wrong.
#[derive(Clone, Debug)]
pub(super) struct Latest<T> {
    /// None before the first value: a gateway that never asks anybody keeps no table for it.
    slots: Vec<Option<([u8; 32], T)>>,
}

impl<T: Clone> Latest<T> {
    /// The value of that name, unless another has taken its slot over.
    pub(super) fn get(&self, name: &[u8; 32]) -> Option<&T> {
        let (found, value) = self.slots.get(slot(name))?.as_ref()?;
        (found == name).then_some(value)
    }

    /// From now on, that is the value of that name.
    pub(super) fn put(&mut self, name: [u8; 32], value: T) {
        if self.slots.is_empty() {
            self.slots.resize(SLOTS, None);
        }
        if let Some(place) = self.slots.get_mut(slot(&name)) {
            *place = Some((name, value));
        }
    }
}

impl<T> Default for Latest<T> {
    fn default() -> Self {
        Self { slots: Vec::new() }
    }
}

/// SHA-256 spreads evenly, so two of its bytes choose as well as any.
fn slot(name: &[u8; 32]) -> usize {
    let [first, second, ..] = *name;
    usize::from(u16::from_le_bytes([first, second])) % SLOTS
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Another name with the slot of `[7; 32]`.
    fn other() -> [u8; 32] {
        let mut name = [7; 32];
        name[31] = 8;
        name
    }

    #[test]
    fn the_same_slot_is_not_the_same_name() {
        let mut latest = Latest::default();
        assert_eq!(latest.get(&[7; 32]), None::<&u8>);
        latest.put([7; 32], 1);
        assert_eq!((latest.get(&[7; 32]), latest.get(&other())), (Some(&1), None));
    }

    #[test]
    fn a_newer_value_takes_the_slot_over() {
        let mut latest = Latest::default();
        latest.put([7; 32], 1);
        latest.put(other(), 2);
        assert_eq!((latest.get(&[7; 32]), latest.get(&other())), (None, Some(&2)));
    }
}
