//! Texts and values to try.

use labelgate_mac::{Categories, Category, Level, Sensitivity};
use proptest::collection::vec;
use proptest::prelude::*;

/// Categories, most of them close together, so that runs of every length come up.
pub fn category() -> impl Strategy<Value = Category> {
    prop_oneof![8 => 0_u16..12, 1 => 1016_u16..1024, 2 => 0_u16..1024]
        .prop_map(|number| Category::new(number).expect("below 1024"))
}

pub fn categories() -> impl Strategy<Value = Categories> {
    vec(category(), 0..12).prop_map(Categories::from_iter)
}

pub fn level() -> impl Strategy<Value = Level> {
    let sensitivity = prop_oneof![4 => Just(0_u8), 1 => 0_u8..16]
        .prop_map(|number| Sensitivity::new(number).expect("below 16"));
    (sensitivity, categories()).prop_map(|(sensitivity, set)| Level::new(sensitivity, set))
}

/// Anything at all within the 1024 bits, dense or sparse.
pub fn any_level() -> impl Strategy<Value = Level> {
    (
        0_u8..16,
        any::<[u64; 16]>(),
        any::<[u64; 16]>(),
        any::<bool>(),
    )
        .prop_map(|(sensitivity, a, b, dense)| {
            let bit = |words: &[u64; 16], n: u16| words[usize::from(n / 64)] >> (n % 64) & 1 == 1;
            let holds = |n: &u16| {
                if dense {
                    bit(&a, *n) || bit(&b, *n)
                } else {
                    bit(&a, *n)
                }
            };
            let set = (0..Category::COUNT)
                .filter(holds)
                .filter_map(Category::new)
                .collect();
            Level::new(Sensitivity::new(sensitivity).expect("below 16"), set)
        })
}

/// What stands for a category in a text: most are good, some do not exist.
fn category_text() -> impl Strategy<Value = String> {
    prop_oneof![
        20 => category().prop_map(|category| category.to_string()),
        1 => Just("c1024".to_owned()),
        1 => Just("c01".to_owned()),
        1 => Just(String::new()),
    ]
}

/// A level as somebody might write it: unsorted, with duplicates, reversed or one-element runs.
pub fn level_text() -> impl Strategy<Value = String> {
    let item = prop_oneof![
        3 => category_text(),
        2 => (category_text(), category_text()).prop_map(|(a, b)| format!("{a}.{b}")),
    ];
    let sensitivity = prop_oneof![20 => 0_u8..4, 1 => 14_u8..18];
    (sensitivity, vec(item, 0..6)).prop_map(|(sensitivity, items)| {
        let colon = if items.is_empty() { "" } else { ":" };
        format!("s{sensitivity}{colon}{}", items.join(","))
    })
}

/// A range as somebody might write it, and noise from the same alphabet.
pub fn range_text() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => level_text(),
        2 => (level_text(), level_text()).prop_map(|(low, high)| format!("{low}-{high}")),
        // Ranges whose high level holds what the low one holds.
        3 => (level(), level()).prop_map(|(low, high)| {
            let all = low.categories().iter().chain(high.categories().iter()).collect();
            let top = low.sensitivity().max(high.sensitivity());
            format!("{low}-{}", Level::new(top, all))
        }),
        2 => "[sc0-9.,:-]{0,20}",
    ]
}
