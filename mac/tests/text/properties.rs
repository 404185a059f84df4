//! What must hold for all values.

use labelgate_mac::{Context, Label, Level, MAX_CONTEXT_LENGTH, Range};
use proptest::prelude::*;

use crate::strategy::{any_level, level, level_text, range_text};

proptest! {
    /// The canonical text names exactly this level, whatever the level; and it always fits.
    #[test]
    fn level_round_trip(level in any_level()) {
        let text = level.to_string();
        prop_assert!(text.len() <= MAX_CONTEXT_LENGTH);
        prop_assert_eq!(text.parse::<Level>().unwrap(), level);
    }

    /// Printing what was parsed and parsing it again changes nothing more.
    #[test]
    fn canonical_text_is_a_fixed_point(text in range_text()) {
        if let Ok(range) = text.parse::<Range>() {
            let canonical = range.to_string();
            prop_assert!(canonical.len() <= text.len(), "{} from {}", canonical, text);
            let again: Range = canonical.parse().unwrap();
            prop_assert_eq!(again.to_string(), canonical);
            prop_assert_eq!(again, range);
        }
    }

    /// Two levels are equal exactly when their canonical texts are, and sort as equal then.
    #[test]
    fn equality_is_equality_of_text(a in level(), b in level()) {
        prop_assert_eq!(a == b, a.to_string() == b.to_string());
        prop_assert_eq!(a == b, a.cmp(&b).is_eq());
    }

    /// Dominance is a partial order: reflexive, antisymmetric, transitive.
    #[test]
    fn dominance_is_a_partial_order(a in level(), b in level(), c in level()) {
        prop_assert!(a.dominates(&a));
        prop_assert_eq!(a.dominates(&b) && b.dominates(&a), a == b);
        if a.dominates(&b) && b.dominates(&c) {
            prop_assert!(a.dominates(&c));
        }
    }

    /// A range exists exactly when its high level dominates its low one.
    #[test]
    fn ranges_go_up(low in level(), high in level()) {
        let range = Range::new(low.clone(), high.clone());
        prop_assert_eq!(range.is_some(), high.dominates(&low));
        prop_assert_eq!(format!("{low}-{high}").parse::<Range>().ok(), range);
    }

    /// A label is a level, and no level without, or with all, categories becomes one.
    #[test]
    fn labels_are_single_levels(text in level_text()) {
        let label = text.parse::<Label>().ok();
        let level = text.parse::<Level>().ok();
        let fit = level.clone().filter(|level| (1..1024).contains(&level.categories().len()));
        prop_assert_eq!(label.map(Level::from), fit);
    }

    /// A context keeps its names to the byte and its range by value.
    #[test]
    fn context_round_trip(
        names in prop::array::uniform3("[a-zA-Z][a-z0-9_-]{0,5}([.][a-z0-9_-]{1,3})?"),
        level in level(),
    ) {
        let [user, role, kind] = &names;
        let text = format!("{user}:{role}:{kind}:{level}");
        let context: Context = text.parse().unwrap();
        prop_assert_eq!(context.to_string(), text);
        prop_assert_eq!(context.range().single(), Some(&level));
        prop_assert_eq!([context.user(), context.role(), context.type_name()], [user, role, kind]);
    }
}
