//! The allocator of the component: a list of free blocks for each small size.
//!
//! A page of users takes and returns ten thousand blocks of a few bytes. The allocator of WASI's
//! libc searches and merges blocks for each of them, and is reached through four functions, each of
//! which the host checks for running too long. Here, a block is the first one of a list. Memory of
//! small blocks is not returned for other sizes; a component runs for one call.

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
    ptr,
};

/// By how many bytes the sizes of blocks differ; also the size of the smallest ones, and the
/// alignment of all.
const STEP: usize = 16;

/// Number of sizes: 16, 32, … 512 bytes. Larger blocks are left to the system.
const SIZES: usize = 32;

/// Number of bytes that are taken from the system at once.
const CHUNK: usize = 16 * 1024;

/// An allocator for one thread.
#[derive(Debug)]
pub(crate) struct Memory {
    /// The first free block of each size. A free block begins with the address of the next one.
    free: [Cell<*mut u8>; SIZES],
    /// Where the part of the last chunk begins that was not used yet.
    rest: Cell<*mut u8>,
    /// The size of that part.
    left: Cell<usize>,
}

// SAFETY: a component has one thread.
#[cfg(target_family = "wasm")]
unsafe impl Sync for Memory {}

impl Memory {
    pub(crate) const fn new() -> Self {
        Self {
            free: [const { Cell::new(ptr::null_mut()) }; SIZES],
            rest: Cell::new(ptr::null_mut()),
            left: Cell::new(0),
        }
    }

    /// Returns the list of free blocks for a layout; `None` where it is left to the system.
    fn list(&self, layout: Layout) -> Option<&Cell<*mut u8>> {
        let list = self.free.get(layout.size().saturating_sub(1) / STEP);
        list.filter(|_| layout.align() <= STEP)
    }

    /// Cuts a block off the last chunk, or off a new one; null where the system has no memory.
    #[cold]
    fn cut(&self, size: usize) -> *mut u8 {
        if self.left.get() < size {
            let chunk = Layout::from_size_align(CHUNK, STEP);
            // SAFETY: the size is not zero.
            let chunk = chunk.map_or(ptr::null_mut(), |layout| unsafe { System.alloc(layout) });
            if chunk.is_null() {
                return chunk;
            }
            self.rest.set(chunk);
            self.left.set(CHUNK);
        }
        let block = self.rest.get();
        self.rest.set(block.wrapping_add(size));
        self.left.set(self.left.get() - size);
        block
    }
}

// SAFETY: a block is in use, or in one list. It has the size and the alignment of every layout of
// that list, and the same layout always leads to the same list.
unsafe impl GlobalAlloc for Memory {
    #[inline(never)]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let Some(list) = self.list(layout) else {
            // SAFETY: the conditions are those of this function.
            return unsafe { System.alloc(layout) };
        };
        let block = list.get();
        if block.is_null() {
            return self.cut(layout.size().next_multiple_of(STEP));
        }
        // SAFETY: a block of the list begins with the address of the next one.
        list.set(unsafe { block.cast::<*mut u8>().read() });
        block
    }

    #[inline(never)]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        let Some(list) = self.list(layout) else {
            // SAFETY: the block was taken from the system.
            return unsafe { System.dealloc(block, layout) };
        };
        // SAFETY: the block is large enough for an address, aligned, and no longer in use.
        unsafe { block.cast::<*mut u8>().write(list.get()) };
        list.set(block);
    }

    #[inline(never)]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller has checked the size.
        let larger = unsafe { Layout::from_size_align_unchecked(size, layout.align()) };
        match (self.list(layout), self.list(larger)) {
            // SAFETY: the block was taken from the system.
            (None, None) => unsafe { System.realloc(block, layout, size) },
            (Some(list), Some(same)) if ptr::eq(list, same) => block,
            _ => {
                // SAFETY: the conditions are those of this function. The new block is another one,
                // and both have the copied length.
                unsafe {
                    let copy = self.alloc(larger);
                    if !copy.is_null() {
                        copy.copy_from_nonoverlapping(block, size.min(layout.size()));
                        self.dealloc(block, layout);
                    }
                    copy
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A block in use, all bytes of which have one value.
    struct Block {
        at: *mut u8,
        layout: Layout,
        value: u8,
    }

    impl Block {
        fn is_intact(&self, length: usize) -> bool {
            // SAFETY: the block has at least this length, and was filled.
            (0..length).all(|at| unsafe { self.at.add(at).read() } == self.value)
        }
    }

    /// Takes, grows, shrinks and returns blocks, and checks that no other block changes.
    fn play(steps: &[(usize, usize, usize)]) {
        let memory = Memory::new();
        let mut blocks = Vec::new();
        for (value, (pick, size, align)) in (0_u8..=u8::MAX).cycle().zip(steps) {
            let picked = (!blocks.is_empty()).then(|| blocks.swap_remove(pick % blocks.len()));
            let block = match picked {
                Some(block) if pick % 3 == 0 => {
                    let Block { at, layout, .. } = block;
                    assert!(block.is_intact(layout.size()));
                    // SAFETY: it was taken with this layout, and is not used again.
                    unsafe { memory.dealloc(at, layout) };
                    continue;
                }
                Some(block) if pick % 3 == 1 => {
                    let Block { at, layout, value } = block;
                    // SAFETY: it was taken with this layout, and is not used again.
                    let at = unsafe { memory.realloc(at, layout, *size) };
                    let layout_after = Layout::from_size_align(*size, layout.align());
                    let block = Block { at, layout: layout_after.expect("a layout"), value };
                    assert!(block.is_intact(layout.size().min(*size)));
                    block
                }
                other => {
                    blocks.extend(other);
                    let layout = Layout::from_size_align(*size, 1 << align).expect("a layout");
                    // SAFETY: the size is not zero.
                    Block { at: unsafe { memory.alloc(layout) }, layout, value }
                }
            };
            assert!(!block.at.is_null() && block.at.addr().is_multiple_of(block.layout.align()));
            // SAFETY: the block has this size.
            unsafe { block.at.write_bytes(block.value, block.layout.size()) };
            blocks.push(block);
        }
        for Block { at, layout, value } in blocks {
            assert!(Block { at, layout, value }.is_intact(layout.size()));
            // SAFETY: it was taken with this layout, and is not used again.
            unsafe { memory.dealloc(at, layout) };
        }
    }

    proptest! {
        #[test]
        fn blocks_are_aligned_and_keep_their_bytes(
            steps in prop::collection::vec((0_usize..1000, 1_usize..700, 0_usize..7), 0..300),
        ) {
            play(&steps);
        }
    }

    #[test]
    fn a_returned_block_is_used_again() {
        let memory = Memory::new();
        let layout = |size| Layout::from_size_align(size, 1).expect("a layout");
        // SAFETY: each block is returned with its layout, and not used after that.
        unsafe {
            let block = memory.alloc(layout(20));
            memory.dealloc(block, layout(20));
            assert_eq!(memory.alloc(layout(32)), block, "both take 32 bytes");
            assert_ne!(memory.alloc(layout(32)), block);
        }
    }
}
