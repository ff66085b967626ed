//! Typed indices: an [`Arena`] makes the index of each item that it takes in, and finds the item again.
//!
//! An index fits the arena that made it and the arenas mapped from that one, which have an item for each of its items. With
//! any other one the look-up fails with a [`InternalError`]: it is never skipped, and never answered with a default.

use std::cmp::Ordering;
use std::marker::PhantomData;

use crate::domain::error::InternalError;

/// A place in an arena. Only arenas make them.
pub(in crate::domain) trait ArenaIndex: Copy {
    fn at(position: usize) -> Self;
    fn position(self) -> usize;
}

/// Declares types of indices.
macro_rules! indices {
    ($($(#[$doc:meta])+ $name:ident)*) => {$(
        $(#[$doc])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub(in crate::domain) struct $name(usize);

        impl ArenaIndex for $name {
            fn at(position: usize) -> Self {
                Self(position)
            }

            fn position(self) -> usize {
                self.0
            }
        }
    )*};
}

indices! {
    /// A recurring line of a customer; in the order of the ids.
    LineIndex
    /// A subscription of a customer; in the order of the ids.
    SubscriptionIndex
    /// A renewal by link; in the order of the dates.
    LinkIndex
    /// An atom of a date; in the order of the lines.
    AtomIndex
}

const FOREIGN: &str = "an index of another arena";

/// Items of one kind, each with an index of its own type.
#[derive(Debug)]
pub(in crate::domain) struct Arena<I, T> {
    items: Vec<T>,
    index: PhantomData<I>,
}

impl<I, T> Default for Arena<I, T> {
    fn default() -> Self {
        Self { items: Vec::new(), index: PhantomData }
    }
}

impl<I: ArenaIndex, T> Arena<I, T> {
    /// The items in their order, each with the index of its place.
    pub fn of(items: Vec<T>) -> Self {
        Self { items, index: PhantomData }
    }

    pub fn push(&mut self, item: T) -> I {
        self.push_with(|_| item)
    }

    /// Adds the item that is made with its own index.
    pub fn push_with(&mut self, make: impl FnOnce(I) -> T) -> I {
        let index = I::at(self.items.len());
        self.items.push(make(index));
        index
    }

    pub fn indices(&self) -> impl Iterator<Item = I> + use<I, T> {
        (0..self.items.len()).map(I::at)
    }

    /// # Errors
    /// [`InternalError`] for an index of another arena.
    #[track_caller]
    pub fn get(&self, index: I) -> Result<&T, InternalError> {
        match self.items.get(index.position()) {
            Some(item) => Ok(item),
            None => Err(InternalError::new(FOREIGN)),
        }
    }

    /// # Errors
    /// [`InternalError`] for an index of another arena.
    #[track_caller]
    pub fn get_mut(&mut self, index: I) -> Result<&mut T, InternalError> {
        match self.items.get_mut(index.position()) {
            Some(item) => Ok(item),
            None => Err(InternalError::new(FOREIGN)),
        }
    }

    pub fn values(&self) -> &[T] {
        &self.items
    }

    pub fn into_values(self) -> impl Iterator<Item = T> {
        self.items.into_iter()
    }

    pub fn iter(&self) -> impl Iterator<Item = (I, &T)> {
        self.items.iter().enumerate().map(|(position, item)| (I::at(position), item))
    }

    pub fn iter_mut(&mut self) -> impl Iterator<Item = (I, &mut T)> {
        self.items.iter_mut().enumerate().map(|(position, item)| (I::at(position), item))
    }

    /// As [`Arena::map`], using the items up.
    pub fn into_map<U>(self, give: impl FnMut(T) -> U) -> Arena<I, U> {
        Arena::of(self.items.into_iter().map(give).collect())
    }

    /// The arena of what each item gives, under the index of the item.
    pub fn map<U>(&self, mut give: impl FnMut(I, &T) -> U) -> Arena<I, U> {
        Arena::of(self.iter().map(|(index, item)| give(index, item)).collect())
    }

    /// As [`Arena::map`], until one item fails.
    pub fn try_map<U, E>(&self, mut give: impl FnMut(I, &T) -> Result<U, E>) -> Result<Arena<I, U>, E> {
        self.iter().map(|(index, item)| give(index, item)).collect::<Result<_, _>>().map(Arena::of)
    }

    /// The index of an item, by the order of the items.
    pub fn search(&self, compare: impl FnMut(&T) -> Ordering) -> Option<I> {
        self.items.binary_search_by(compare).ok().map(I::at)
    }
}

/// Items that stand elsewhere, under the indices of their places.
#[derive(Debug)]
pub(in crate::domain) struct Slice<'s, I, T> {
    items: &'s [T],
    index: PhantomData<I>,
}

impl<I, T> Clone for Slice<'_, I, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<I, T> Copy for Slice<'_, I, T> {}

impl<'s, I: ArenaIndex, T> Slice<'s, I, T> {
    pub fn of(items: &'s [T]) -> Self {
        Self { items, index: PhantomData }
    }

    pub fn values(self) -> &'s [T] {
        self.items
    }

    pub fn iter(self) -> impl DoubleEndedIterator<Item = (I, &'s T)> {
        self.items.iter().enumerate().map(|(position, item)| (I::at(position), item))
    }
}
