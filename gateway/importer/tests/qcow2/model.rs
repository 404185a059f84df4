//! Disks of random places, read as a model says.

use proptest::prelude::*;

use super::forge::{CLUSTER, DATA, Forge};

/// Where a cluster is.
#[derive(Debug, Clone, Copy)]
enum Where {
    Nowhere,
    /// Said to be zeros, over data.
    Zeros(u8),
    Plain(u8),
    Compressed(u8),
}

fn place() -> impl Strategy<Value = Where> {
    prop_oneof![
        Just(Where::Nowhere),
        (0..8_u8).prop_map(Where::Zeros),
        (0..8_u8).prop_map(Where::Plain),
        (1..=255_u8).prop_map(Where::Compressed),
    ]
}

proptest! {
    #[test]
    fn every_cluster_is_found_where_it_is(
        places in prop::collection::vec(place(), 1..=64),
        cut in 0..512_u64,
    ) {
        let clusters = places.len() as u64;
        let mut end = DATA + 8 * CLUSTER;
        let mut image = Forge::new(clusters, &[]);
        image.size -= cut;
        image.at.clear();
        for number in 0..8_u8 {
            image.at.push((DATA + u64::from(number) * CLUSTER, vec![number + 1; 512]));
        }
        let (mut l2, mut expected) = (Vec::new(), Vec::new());
        for place in places {
            let plain = |number: u8| DATA + u64::from(number) * CLUSTER;
            let (entry, byte) = match place {
                Where::Nowhere => (0, 0),
                Where::Zeros(number) => (plain(number) | 1, 0),
                Where::Plain(number) => (plain(number) | 1 << 63, number + 1),
                Where::Compressed(byte) => {
                    // Neither aligned nor of a whole number of sectors.
                    let bytes = miniz_oxide::deflate::compress_to_vec(&[byte; 512], 9);
                    let at = end;
                    end += bytes.len() as u64;
                    let sectors = (end - 1) / 512 - at / 512;
                    image.at.push((at, bytes));
                    (1 << 62 | sectors << 61 | at, byte)
                }
            };
            l2.push(entry);
            expected.extend([byte; 512]);
        }
        expected.truncate(image.size as usize);
        image.at.push((super::forge::L2, super::forge::numbers(&l2)));
        let disk = image.read().unwrap();
        let (disk, rest) = disk.split_at(expected.len());
        prop_assert!(disk == expected);
        prop_assert!(rest.len() < 512 && rest.iter().all(|&byte| byte == 0));
    }
}
