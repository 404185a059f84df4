//! Which pages are free: a buddy allocator over page numbers, no memory of its own to manage.

use std::ops::Range;

/// Blocks have `1 << order` pages; the largest is `1 << MAX_ORDER`.
pub(crate) const MAX_ORDER: u8 = 8;

/// A run of `1 << order` pages starting at `page`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Block {
    pub(crate) page: u32,
    pub(crate) order: u8,
}

/// The free blocks of an arena.
#[derive(Debug)]
pub(crate) struct Buddy {
    /// `free[order]` lists free blocks; the last freed is used first, for its warm cache lines.
    free: [Vec<u32>; MAX_ORDER as usize + 1],
    free_pages: u32,
}

impl Buddy {
    /// All of `pages` free; both ends are multiples of the largest block.
    pub(crate) fn new(pages: Range<u32>) -> Self {
        let mut free: [Vec<u32>; MAX_ORDER as usize + 1] = Default::default();
        let free_pages = pages.end - pages.start;
        if let Some(list) = free.last_mut() {
            // Reversed, so that the front of the arena is used first and the rest stays untouched.
            list.extend(pages.step_by(1 << MAX_ORDER));
            list.reverse();
        }
        Self { free, free_pages }
    }

    pub(crate) const fn free_pages(&self) -> u32 {
        self.free_pages
    }

    /// Takes a block of `1 << order` pages, splitting a larger one if need be.
    pub(crate) fn take(&mut self, order: u8) -> Option<Block> {
        let found = (order..=MAX_ORDER).find(|&o| !self.list(o).is_empty())?;
        let page = self.list(found).pop()?;
        for smaller in (order..found).rev() {
            self.list(smaller).push(page + (1 << smaller));
        }
        self.free_pages -= 1 << order;
        Some(Block { page, order })
    }

    /// Gives a block back and joins it with its buddy as long as that is free too.
    pub(crate) fn give(&mut self, block: Block) {
        self.free_pages += 1 << block.order;
        let Block {
            mut page,
            mut order,
        } = block;
        while order < MAX_ORDER {
            let buddy = page ^ (1 << order);
            let list = self.list(order);
            let Some(at) = list.iter().rposition(|&other| other == buddy) else {
                break;
            };
            list.swap_remove(at);
            page &= !(1 << order);
            order += 1;
        }
        self.list(order).push(page);
    }

    /// Every free block, for trimming.
    pub(crate) fn blocks(&self) -> impl Iterator<Item = Block> {
        (0_u8..)
            .zip(&self.free)
            .flat_map(|(order, list)| list.iter().map(move |&page| Block { page, order }))
    }

    #[allow(
        clippy::indexing_slicing,
        reason = "order is at most MAX_ORDER by construction"
    )]
    fn list(&mut self, order: u8) -> &mut Vec<u32> {
        &mut self.free[usize::from(order)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn blocks_given_back_join_into_the_largest_again() {
        let mut buddy = Buddy::new(0..512);
        let blocks: Vec<_> = (0..512).map(|_| buddy.take(0).unwrap()).collect();
        assert!(buddy.take(0).is_none());

        blocks.into_iter().for_each(|block| buddy.give(block));

        assert_eq!(buddy.free_pages(), 512);
        assert!(buddy.take(MAX_ORDER).is_some() && buddy.take(MAX_ORDER).is_some());
    }

    proptest! {
        #[test]
        fn blocks_in_use_never_overlap(ops in proptest::collection::vec((0_u8..=MAX_ORDER, any::<bool>(), any::<prop::sample::Index>()), 1..400)) {
            let mut buddy = Buddy::new(0..1024);
            let mut held: Vec<Block> = Vec::new();
            let mut used = vec![false; 1024];
            for (order, take, which) in ops {
                if take || held.is_empty() {
                    if let Some(block) = buddy.take(order) {
                        for page in block.page..block.page + (1 << block.order) {
                            prop_assert!(!std::mem::replace(&mut used[page as usize], true));
                        }
                        held.push(block);
                    }
                } else {
                    let block = held.swap_remove(which.index(held.len()));
                    used[block.page as usize..][..1 << block.order].fill(false);
                    buddy.give(block);
                }
                let free = used.iter().filter(|&&used| !used).count();
                prop_assert_eq!(buddy.free_pages() as usize, free);
            }
        }
    }
}
