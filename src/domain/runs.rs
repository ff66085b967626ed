//! Runs of sorted items: those with one key.

use std::iter::from_fn;

/// The runs of items with equal keys, each after its first item. Items of one key stand together.
pub(in crate::domain) fn runs<T, K: PartialEq>(
    mut rest: &[T],
    key: impl Fn(&T) -> K,
) -> impl Iterator<Item = (&T, &[T])> {
    from_fn(move || {
        let first = rest.first()?;
        let of_run = key(first);
        Some((first, split_while(&mut rest, |item| key(item) == of_run)))
    })
}

/// Takes the first items off, as long as they belong.
pub(in crate::domain) fn split_while<'s, T>(rest: &mut &'s [T], belongs: impl Fn(&T) -> bool) -> &'s [T] {
    let count = rest.iter().take_while(|item| belongs(item)).count();
    let (taken, left) = rest.split_at(count);
    *rest = left;
    taken
}
